"""The search field's text: what is read, and what a bad one is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.issues.search import (
    Count,
    Flag,
    Has,
    Phrase,
    Search,
    Term,
    Text,
    Time,
    parse,
)
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.lib.search import BadSearch

NOW_MS = 1_795_224_000_000
NOV_1_MS = 1_793_491_200_000


def only(text: str) -> Term:
    [term] = parse(text, now_ms=NOW_MS)
    return term


def shape(term: Term) -> tuple[object, ...]:
    """A term without its place."""
    match term:
        case Flag():
            return ("is", term.name, term.negated)
        case Has():
            return ("has", term.key, term.tag, term.negated)
        case Text():
            return (term.key, tuple(term.patterns), term.tag, term.negated)
        case Count():
            return (term.key, term.compare, term.number, term.negated)
        case Time():
            return (term.key, term.compare, term.at_ms, term.end_ms)
        case Phrase():
            return (term.text, term.negated)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("is:unresolved", ("is", "unresolved", False)),
        ("!is:Resolved", ("is", "resolved", True)),
        ("-is:ignored", ("is", "ignored", True)),
        ("level:error", ("level", ("error",), "", False)),
        ("level:[error, fatal]", ("level", ("error", "fatal"), "", False)),
        ("release:1.0*", ("release", ("1.0*",), "", False)),
        ('release:["a b", c]', ("release", ("a b", "c"), "", False)),
        ("env:prod", ("environment", ("prod",), "", False)),
        ("firstRelease:latest", ("first_release", ("latest",), "", False)),
        ("user.email:ann@acme.io", ("user.email", ("ann@acme.io",), "", False)),
        ('tag[my tag]:x', ("tag", ("x",), "my tag", False)),
        ("tag[browser.name]:Fire*", ("tag", ("Fire*",), "browser.name", False)),
        ("tags[browser]:x", ("tag", ("x",), "browser", False)),
        ("!browser:Firefox", ("tag", ("Firefox",), "browser", True)),
        ("has:user.email", ("has", "user.email", "", False)),
        ("!has:device", ("has", "tag", "device", True)),
        ('transaction:""', ("has", "transaction", "", True)),
        ('!transaction:""', ("has", "transaction", "", False)),
        ("events:>100", ("events", ">", 100, False)),
        ("timesSeen:>=2k", ("events", ">=", 2_000, False)),
        ("users:3", ("users", "=", 3, False)),
        ("error.handled:no", ("error.handled", ("0",), "", False)),
        ("trace:" + "AB" * 16, ("trace", ("ab" * 16,), "", False)),
        ("id:abc*", ("id", ("abc*",), "", False)),
        ("stack.function:load_*", ("stack.function", ("load_*",), "", False)),
        ("message:\"it's \\\"odd\\\"\"", ("message", ('it\'s "odd"',), "", False)),
        ("payment failed", ("payment failed", False)),
        ('"payment failed"', ("payment failed", False)),
        ("!timeout", ("timeout", True)),
        ("Error: no such file", ("Error: no such file", False)),
        ("https://acme.io/a?b=1", ("https://acme.io/a?b=1", False)),
        ("-5", ("5", True)),
        ("-timeout", ("timeout", True)),
        ("x of undefined (reading 'map')", ("x of undefined (reading 'map')", False)),
        ("f(a, b) -> c", ("f(a, b) -> c", False)),
        ("level:error OR level:fatal", ("level", ("error", "fatal"), "", False)),
        ("level:error,fatal", ("level", ("error", "fatal"), "", False)),
        ('release:"1,5"', ("release", ("1,5",), "", False)),
        ("transaction:*", ("has", "transaction", "", False)),
        ("NOT is:new", ("is", "new", True)),
    ],
)  # fmt: skip
def test_what_is_written_is_what_is_asked(text: str, read: tuple[object, ...]) -> None:
    assert shape(only(text)) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("first_seen:-24h", ("first_seen", ">=", NOW_MS - DAY_MS, None)),
        ("age:+7d", ("first_seen", "<=", NOW_MS - 7 * DAY_MS, None)),
        ("last_seen:>2026-11-01", ("last_seen", ">", NOV_1_MS + DAY_MS - 1, None)),
        ("last_seen:>=2026-11-01", ("last_seen", ">=", NOV_1_MS, None)),
        ("last_seen:<2026-11-01", ("last_seen", "<", NOV_1_MS, None)),
        ("last_seen:<=2026-11-01", ("last_seen", "<=", NOV_1_MS + DAY_MS - 1, None)),
        ("last_seen:2026-11-01", ("last_seen", "=", NOV_1_MS, NOV_1_MS + DAY_MS)),
        ("last_seen:<2026-11-01T01:00:00+01:00", ("last_seen", "<", NOV_1_MS, None)),
        ("lastSeen:-1h", ("last_seen", ">=", NOW_MS - HOUR_MS, None)),
    ],
)
def test_times_are_counted_back_or_are_days(text: str, read: tuple[object, ...]) -> None:
    assert shape(only(text)) == read


def test_terms_keep_their_order_and_neighbouring_words_are_one_phrase() -> None:
    terms = list(parse('checkout broke is:new "by itself" !ok  level:fatal', now_ms=NOW_MS))

    assert [shape(term) for term in terms] == [
        ("checkout broke", False),
        ("is", "new", False),
        ("by itself", False),
        ("ok", True),
        ("level", ("fatal",), "", False),
    ]
    assert (terms[1].start, terms[1].end) == (15, 21)


def test_nothing_is_a_search_for_all() -> None:
    assert not parse("   ", now_ms=NOW_MS)
    assert list(parse("", now_ms=NOW_MS)) == list(Search())


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("is:unresolvd", 3, "Did you mean is:unresolved?"),
        ("a level:eror", 8, "Did you mean level:error?"),
        ("severity:urgent", 9, "critical, high, medium, low"),
        ("is:[new, resolved]", 3, "one value"),
        ("events:many", 7, "a number such as >100"),
        ("users:>", 6, "a number such as"),
        ("first_seen:yesterday", 11, ">2026-11-01"),
        ("last_seen:>", 10, "not nothing"),
        ("trace:xyz", 6, "32 hex digits"),
        ("trace:abc", 6, "the first ones and a *"),
        ('message:"open', 8, 'add a "'),
        ("level:[error", 6, "add a ]"),
        ("level:[]", 6, "at least one value"),
        ("error.handled:maybe", 14, "yes or no"),
        ("has:is", 4, "always holds"),
        ("is:new OR is:ignored", 3, "one value"),
        ("is:new OR level:fatal", 7, "key:(a OR b)"),
        ("title: x", 6, "needs a value right after it"),
        ("a " * 260, 500, "at most 500"),
        ("x:1 " * 31, 120, "at most 30 terms"),
    ],
)
def test_a_bad_search_says_what_and_where(text: str, position: int, says: str) -> None:
    with pytest.raises(BadSearch) as caught:
        parse(text, now_ms=NOW_MS)

    assert says in str(caught.value)
    assert caught.value.position == position


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    found = read_or_refused(text)
    if isinstance(found, BadSearch):
        assert 0 <= found.position <= len(text)
    else:
        assert all(0 <= term.start < term.end <= len(text) for term in found)


def read_or_refused(text: str) -> Search | BadSearch:
    try:
        return parse(text, now_ms=NOW_MS)
    except BadSearch as error:
        return error
