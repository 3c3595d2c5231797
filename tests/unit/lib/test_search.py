"""The syntax that every search field has, whatever its keys mean."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.issues.search import parse as parse_issues
from watchkeeper.lib.search import (
    All,
    AnyOf,
    BadSearch,
    Node,
    Not,
    Syntax,
    Term,
    Value,
    comparison_of,
    duration_ns,
    number_of,
    parse,
    side_by_side,
)
from watchkeeper.logs import parse_search as parse_logs
from watchkeeper.traces.language import parse_search as parse_traces

SYNTAX = Syntax(is_key=lambda name: name in {"service", "level"}, most_characters=200, most_terms=9)


def drawn(node: Node) -> str:
    """The tree in brackets; wildcards as `~`."""
    match node:
        case Term():
            values = "|".join("~".join(value.parts) for value in node.values)
            return f"{node.key}={values}" if node.key else values
        case Not(inner=inner):
            return f"not({drawn(inner)})"
        case All(parts=parts):
            return f"all({'; '.join(map(drawn, parts))})"
        case AnyOf(parts=parts):
            return f"any({'; '.join(map(drawn, parts))})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", "all()"),
        ("a b", "all(a; b)"),
        ("a AND b", "all(a; b)"),
        ("a b OR c", "all(any(all(a; b); c))"),
        ("a (b OR c)", "all(a; any(b; c))"),
        ("-a !b NOT c", "all(not(a); not(b); not(c))"),
        ("-(a OR b)", "all(not(any(a; b)))"),
        ("service:shop", "all(service=shop)"),
        ("service:a,b", "all(service=a|b)"),
        ('service:[a, "b c" , d e]', "all(service=a|b c|d e)"),
        ('service:(a OR "b c")', "all(any(service=a; service=b c))"),
        ("service:-5", "all(service=-5)"),
        ("service:a:b:c", "all(service=a:b:c)"),
        ("service:a*c", "all(service=a~c)"),
        (r"service:a\*c", "all(service=a*c)"),
        (r'"a \"b\" \\ c"', 'all(a "b" \\ c)'),
        ('name:"GET /cart"*', "all(name=GET /cart~)"),
        ("tag[my tag]:x", "all(tag[my tag]=x)"),
        (r"C\ D C:\temp", "all(C D; C=\\temp)"),
        ("http://a/b 12:30 a::b", "all(http://a/b; 12:30; a::b)"),
        ("Error: no such file", "all(Error:; no; such; file)"),
        ("f(x, y) a -> b --x - y", "all(f(x,; y); a; ->; b; --x; -; y)"),
        ("(f(x) OR g())", "all(any(f(x); g()))"),
        ("a != b", "all(a; !=; b)"),
        ("or and", "all(or; and)"),
        ('"OR"', "all(OR)"),
    ],
)
def test_a_search_is_a_tree_of_terms(text: str, tree: str) -> None:
    assert drawn(parse(text, SYNTAX)) == tree


def test_places_are_those_of_the_text() -> None:
    _, term = parse('a name:["x", yy]', SYNTAX).parts

    assert isinstance(term, Term)
    assert (term.start, term.value_at, term.end) == (2, 7, 16)
    assert [(value.start, value.end) for value in term.values] == [(8, 11), (13, 15)]


BAD = [
    ('a "b', 2, 'This quote is not closed: add a "'),
    ("level:[error", 6, "This list is not closed: add a ]."),
    ("level:[]", 6, "The list is empty"),
    ("level:error,", 12, "A value is missing beside this comma"),
    ("(a b", 0, "This parenthesis is not closed: add a )."),
    ("a b)", 3, "This parenthesis was never opened"),
    ("()", 0, "There is nothing between these parentheses"),
    ("a OR", 4, "Something is missing at the end."),
    ("AND a", 0, "AND needs something before and after it"),
    ("level: error", 6, "level: needs a value right after it"),
    ("level:(error release:x)", 13, "release: cannot stand inside level:(…)."),
    ("(" * 30 + "a" + ")" * 30, 20, "at most 20 levels deep"),
]
KINDS: dict[str, Callable[[str], object]] = {
    "syntax": lambda text: parse(text, SYNTAX),
    "logs": parse_logs,
    "traces": lambda text: parse_traces(text.replace("level", "route")),
    "issues": lambda text: parse_issues(text, now_ms=0),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("text", "position", "says"), BAD)
def test_what_cannot_be_read_is_told_alike_by_every_search(
    kind: str, text: str, position: int, says: str
) -> None:
    with pytest.raises(BadSearch) as refused:
        KINDS[kind](text)

    assert says in str(refused.value).replace("route", "level")
    assert refused.value.position == position


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a -service:x", [("a", False), ("service=x", True)]),
        ("service:a OR service:b,c", [("service=a|b|c", False)]),
        ("-service:(a OR b)", [("service=a", True), ("service=b", True)]),
        ("-(a OR service:b)", [("a", True), ("service=b", True)]),
        ("-(-service:a -service:b)", [("service=a|b", False)]),
        ("--a NOT -b (c d)", [("--a", False), ("b", False), ("c", False), ("d", False)]),
    ],
)
def test_terms_side_by_side_are_what_the_tree_says(
    text: str, terms: list[tuple[str, bool]]
) -> None:
    found = side_by_side(parse(text, SYNTAX))

    assert [(drawn(term), negated) for term, negated in found] == terms


@pytest.mark.parametrize(
    ("text", "position"),
    [("a OR b", 2), ("x:1 OR y:2", 4), ("x:1 OR (x:2 y:3)", 4), ("-(a b)", 1), ("x:1 OR -x:2", 4)],
)
def test_a_choice_that_no_list_can_say_is_refused(text: str, position: int) -> None:
    with pytest.raises(BadSearch) as refused:
        list(side_by_side(parse(text, SYNTAX)))

    assert refused.value.position == position


def test_numbers_durations_and_signs() -> None:
    def value(text: str, *, quoted: bool = False) -> Value:
        return Value(parts=(text,), start=0, end=len(text), quoted=quoted)

    assert comparison_of(value(">=5k")) == (">=", "5k")
    assert comparison_of(value(">5", quoted=True)) == (None, ">5")
    assert [number_of(each) for each in ("3", "-1.5", "5k", "2M", "2e3", "x", "1e999")] == [
        3, -1.5, 5_000, 2_000_000, 2_000, None, None,
    ]  # fmt: skip
    assert [duration_ns(each) for each in ("250ms", "1.5s", "2h", "1w", "5", "s")] == [
        250e6, 1.5e9, 7_200e9, 604_800e9, None, None,
    ]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.sampled_from('ab:()[],"*-!.@\\ ><=1levl:ORANDNOT'), max_size=60))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    places: list[tuple[int, int]] = []
    try:
        places = [(term.start, term.end) for term, _ in side_by_side(parse(text, SYNTAX))]
    except BadSearch as refused:
        places.append((refused.position, refused.position + 1))

    assert all(0 <= start < end <= len(text) + 1 for start, end in places)
