"""What the parser takes, how it refuses, and that a second parser agrees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import promql_parser
import pytest
from hypothesis import HealthCheck, given, settings

from tests.unit.query.promql_texts import expressions, modern_expressions, mutations, soups
from watchkeeper.query.promql import ParseError, ast, format_expr, parse, prettify

SLOW_IS_FINE = [HealthCheck.too_slow]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "1:1: parse error: no expression found in input"),
        ("# nothing", "1:1: parse error: no expression found in input"),
        ("sum(", "1:5: parse error: unclosed left parenthesis"),
        ("up)", "1:4: parse error: unexpected right parenthesis ')'"),
        ("foo bar", '1:5: parse error: unexpected identifier "bar"'),
        ("1 +", "1:4: parse error: unexpected end of input"),
        ("\n\nup +\n  *", "4:3: parse error: unexpected <op:*>"),
        ("'é' + up{", "1:11: parse error: unexpected end of input inside braces"),
        ('up{a="b', "1:6: parse error: unterminated quoted string"),
        ("up{a}", '1:5: parse error: unexpected "}" in label matching, '
         "expected label matching operator"),
        ("up{a=b}", '1:6: parse error: unexpected identifier "b" in label matching, '
         "expected string"),
        ('up{a=~"("}', "1:4: parse error: error parsing regexp: missing closing ): `(`"),
        ('{a="",b=~".*"}',
         "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("nope(1)", '1:1: parse error: unknown function with name "nope"'),
        ("rate(up)", "1:6: parse error: expected type range vector in call to function "
         '"rate", got instant vector'),
        ("rate()", '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'),
        ("round()", '1:1: parse error: expected at least 1 argument(s) in call to "round", got 0'),
        ("year(up, up)",
         '1:1: parse error: expected at most 1 argument(s) in call to "year", got 2'),
        ("topk(up)", "1:1: parse error: wrong number of arguments for aggregate expression "
         "provided, expected 2, got 1"),
        ("1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("1 + bool 1", "1:3: parse error: bool modifier can only be used on comparison operators"),
        ("up + on(a) group_left(a) up",
         '1:4: parse error: label "a" must not occur in ON and GROUP clause at once'),
        ("1 or up", '1:1: parse error: set operator "or" not allowed in binary scalar expression'),
        ("up and on(a) group_left up", '1:1: parse error: no grouping allowed for "and" operation'),
        ("up[5m]offset 1h[1m]", "1:16: parse error: ranges only allowed for vector selectors"),
        ("up offset 1h[1m]", "1:13: parse error: no offset modifiers allowed before range"),
        ("rate(up[5m])[5m]", "1:13: parse error: ranges only allowed for vector selectors"),
        ("1[5m:1m]", "1:1: parse error: subquery is only allowed on instant vector, "
         "got scalar instead"),
        ("up offset 1m offset 1m", "1:1: parse error: offset may not be set multiple times"),
        ("sum(up) offset 1m", "1:1: parse error: offset modifier must be preceded by an instant "
         "vector selector or range vector selector or a subquery"),
        ("up[0s]", "1:4: parse error: duration must be greater than 0"),
        ("up[5m5m]", '1:4: parse error: not a valid duration string: "5m5m"'),
        ("5foo", '1:1: parse error: bad number or duration syntax: "5"'),
        ('-"a"', "1:1: parse error: unary expression only allowed on expressions of type scalar "
         'or instant vector, got "string"'),
        ('foo{__name__="bar"}',
         '1:1: parse error: metric name must not be set twice: "foo" or "bar"'),
        ("up @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_place_and_the_reason(text: str, error: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parse(text)

    assert str(refusal.value) == error


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("sum(up)by(job)", "sum by (job) (up)"),
        ("SUM without () (up)", "sum without () (up)"),
        ('up{ b = "2", a!~\'x\', }', 'up{a!~"x",b="2"}'),
        ('{"http.requests", "host.name"="a"}', '{"host.name"="a",__name__="http.requests"}'),
        ("a+on(x)group_left(y)b", "a + on (x) group_left (y) b"),
        ("a>bool ignoring(x)b", "a > bool ignoring (x) b"),
        ("a+b*c^d^-e", "a + b * c ^ d ^ -e"),
        ("up[300]offset -90s@start()", "up[5m] @ start() offset -1m30s"),
        ("rate(up[5m])[1h:]@1.5", "rate(up[5m])[1h:] @ 1.500"),
        ("1_000 + 0x1F + 1e-7 + 1h", "1000 + 31 + 0.0000001 + 1h"),
        ("'a\"\\n' # note", '"a\\"\\n"'),
        ("--up", "--up"),
        ("by{by=\"by\"}", 'by{by="by"}'),
    ],
)  # fmt: skip
def test_the_normal_form(text: str, normal: str) -> None:
    assert format_expr(parse(text)) == normal
    assert format_expr(parse(normal)) == normal


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "1" + ")" * 5000, "-" * 5000 + "1", "1" + "^1" * 5000, "a" * 70_000]
)
def test_depth_and_length_are_bounded(text: str) -> None:
    with pytest.raises(ParseError, match=r"nested too deeply|longer than"):
        parse(text)


def test_a_long_chain_is_not_deep() -> None:
    text = " + ".join(["up"] * 3000)

    assert format_expr(parse(text)) == text


def test_long_expressions_are_broken_over_lines() -> None:
    metric = "a_rather_long_metric_name_for_a_test"
    text = f"sum by (job) (rate({metric}[5m])) / (count({metric}) + {metric})"

    assert prettify(parse(text)) == (
        f"  sum by (job) (rate({metric}[5m]))\n/\n  (count({metric}) + {metric})"
    )


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(modern_expressions)
def test_what_is_printed_parses_to_the_same(text: str) -> None:
    normal = format_expr(parse(text))

    assert format_expr(parse(normal)) == normal
    assert shape(parse(normal)) == shape(parse(text))


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(soups)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    refusal = refusal_of(text)

    assert refusal is None or (refusal.line >= 1 and refusal.column >= 1)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(expressions)
def test_another_parser_sees_the_same_tree(text: str) -> None:
    assert shape(parse(text)) == other_shape(promql_parser.parse(text))


OTHER_IS_DIFFERENT = {
    "it takes no colon in a label of a list": "is not valid label in grouping",
    "it takes durations in brackets only as plain numbers": "unexpected character inside brackets",
    "it does not know trimming": "invalid promql query",
    "it gives up on a word that is a metric elsewhere": "invalid promql query",
}
"""Where the other parser refuses what Prometheus 3.14 takes: why, and its words."""
OTHER_TAKES = {
    "it joins matchers by `or`": 'unexpected identifier "or" in label matching',
    "it takes signs before range vectors": "unary expression only allowed on expressions of type",
}
"""Where it takes what Prometheus 3.14 refuses: why, and our words, which are Prometheus's."""


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(mutations)
def test_another_parser_takes_and_refuses_the_same(text: str) -> None:
    ours, other = refusal_of(text), other_refusal(text)

    if ours is None and other is not None:
        assert any(words in other for words in OTHER_IS_DIFFERENT.values()), (text, other)
    if ours is not None and other is None:
        assert any(words in str(ours) for words in OTHER_TAKES.values()), (text, str(ours))


def other_refusal(text: str) -> str | None:
    try:
        promql_parser.parse(text)
    except ValueError as refusal:
        return str(refusal)
    return None


def refusal_of(text: str) -> ParseError | None:
    try:
        format_expr(parse(text))
    except ParseError as refusal:
        return refusal
    return None


Shape = tuple[object, ...]


def shape(node: ast.Node) -> Shape:
    if isinstance(node, ast.Binary):
        return ("binary", node.op, *_pairing(node), shape(node.lhs), shape(node.rhs))
    if isinstance(node, ast.Aggregate):
        param = None if node.param is None else shape(node.param)
        clause = (node.without, node.grouping) if node.without or node.grouping else None
        return ("aggregate", node.op, clause, param, shape(node.expr))
    if isinstance(node, ast.Call):
        return ("call", node.func, *(shape(arg) for arg in node.args))
    if isinstance(node, ast.Text):
        return ("text", node.value)
    if isinstance(node, ast.Subquery):
        return ("subquery", node.range_ms, node.step_ms, node.offset_ms, shape(node.expr))
    if isinstance(node, ast.MatrixSelector):
        return ("matrix", node.range_ms, *shape(node.selector)[1:])
    if isinstance(node, ast.Selector):
        return ("vector", node.offset_ms, node.at is not None, _matchers(node))
    if isinstance(node, ast.Paren | ast.Unary):
        return (type(node).__name__.lower(), shape(node.expr))
    assert isinstance(node, ast.Number)
    return ("number", repr(node.value))


def _pairing(node: ast.Binary) -> Shape:
    matching = node.matching or ast.Matching()
    labels = (matching.on, matching.labels) if matching.on or matching.labels else None
    return (matching.card.value, labels, matching.include, node.bool_modifier)


def _other_pairing(node: promql_parser.BinaryExpr) -> Shape:
    modifier = node.modifier
    if modifier is None:
        is_set = str(node.op) in ("and", "or", "unless")
        return ("many-to-many" if is_set else "one-to-one", None, (), False)
    matching = modifier.matching
    on = matching is not None and str(matching.type).endswith("Include")
    labels = (on, tuple(matching.labels)) if matching is not None else None
    card = _CARDS[str(modifier.card).rpartition(".")[2]]
    return (card, labels, tuple(modifier.group_labels or ()), modifier.return_bool)


_CARDS = {
    "OneToOne": "one-to-one",
    "ManyToOne": "many-to-one",
    "OneToMany": "one-to-many",
    "ManyToMany": "many-to-many",
}


def _other_clause(node: promql_parser.AggregateExpr) -> Shape | None:
    if node.modifier is None or str(node.modifier) == "by ()":
        return None
    return (not str(node.modifier.type).endswith("By"), tuple(node.modifier.labels))


def _matchers(node: ast.Selector) -> list[tuple[str, str, str]]:
    others = [(m.name, m.op.value, m.value) for m in node.matchers if m.name != "__name__"]
    return [("__name__", "=", node.name), *sorted(others)]


def other_shape(node: object) -> Shape:
    answer: Shape = _OTHER[type(node).__name__](node)
    return answer


def _ms(duration: timedelta | None) -> int:
    return 0 if duration is None else round(duration.total_seconds() * 1000)


def _other_vector(node: promql_parser.VectorSelector) -> Shape:
    others = [(m.name, _op(m.op), m.value) for m in node.matchers.matchers]
    matchers = [("__name__", "=", node.name), *sorted(others)]
    return ("vector", _ms(node.offset), node.at is not None, matchers)


def _op(op: object) -> str:
    names = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    return names[str(op).rpartition(".")[2]]


_OTHER: dict[str, Callable[[Any], Shape]] = {
    "BinaryExpr": lambda n: (
        "binary",
        str(n.op),
        *_other_pairing(n),
        other_shape(n.lhs),
        other_shape(n.rhs),
    ),
    "AggregateExpr": lambda n: (
        "aggregate",
        str(n.op),
        _other_clause(n),
        None if n.param is None else other_shape(n.param),
        other_shape(n.expr),
    ),
    "Call": lambda n: ("call", n.func.name, *(other_shape(arg) for arg in n.args)),
    "SubqueryExpr": lambda n: (
        "subquery",
        _ms(n.range),
        None if n.step is None else _ms(n.step),
        _ms(n.offset),
        other_shape(n.expr),
    ),
    "MatrixSelector": lambda n: (
        "matrix",
        _ms(n.range),
        *_other_vector(n.vector_selector)[1:],
    ),
    "VectorSelector": _other_vector,
    "ParenExpr": lambda n: ("paren", other_shape(n.expr)),
    "UnaryExpr": lambda n: ("unary", other_shape(n.expr)),
    "NumberLiteral": lambda n: ("number", repr(n.val)),
}
