"""Go's syntax, Go's matches, Go's words of refusal, and time that is linear in the value."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.lib.go_regex import BadRegex, compile_anchored, compile_search, expand


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("a.c", "a\nc", True),
        ("abc", "xabc", False),
        ("((?i)PRO).*", "production", True),
        ("(?i:PRO)x", "prox", True),
        ("(?i)a(?-i)b", "Ab", True),
        ("(?i)a(?-i)b", "AB", False),
        ("[[:alpha:]_]+", "ab_", True),
        ("[^[:digit:]]", "7", False),
        (r"\Qa.b\E+", "a.b", True),
        (r"\d+", "٣", False),
        (r"\pN+", "٣", True),
        ("(?P<x>a)|b", "b", True),
        ("(?<x>a)|b", "a", True),
        ("a{2,3}", "aaaa", False),
        ("a{,3}", "a{,3}", True),
        (r"\x{263a}", "☺", True),
        (".", "☺", True),
        ("[]a]+", "]a", True),
        ("a$", "a\n", False),
        ("web|api", "apiweb", False),
        ("web|api|", "", True),
        ("(web|api)", "web", True),
        ("(?:web|a\\|b)", "a|b", True),
        (r"a\.b|c", "axb", False),
        ("pre.*", "prefix", True),
        ("pre.+", "pre", False),
        (".*fix", "prefix", True),
        (".+refi.+", "prefix", True),
        (".+refi.+", "refix", False),
        (".*", "", True),
        (".+", "", False),
        ("(.*)", "anything\n", True),
    ],
)
def test_patterns_match_whole_values(pattern: str, value: str, matches: bool) -> None:
    regex = compile_anchored(pattern)

    assert regex.matches(value) is matches
    assert (regex.fullmatch(value) is not None) is matches


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "missing closing ): `(`"),
        ("a)", "unexpected ): `a)`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("[a", "missing closing ]: `[a`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?<!a)b", "invalid or unsupported Perl syntax: `(?<!`"),
        (r"(a)\1", r"invalid escape sequence: `\1`"),
        (r"\C", r"invalid escape sequence: `\C`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        ("((a{100}){100}){100}", "invalid repeat count: `{100}`"),
        ("\ud800", "invalid UTF-8: `?`"),
    ],
)
def test_what_go_refuses_is_refused_in_its_words(pattern: str, words: str) -> None:
    with pytest.raises(BadRegex) as refusal:
        compile_anchored(pattern)

    assert str(refusal.value) == f"error parsing regexp: {words}"


def test_references_are_expanded_as_go_does() -> None:
    match = compile_anchored("(?P<first>[a-z]+)-(.*)").fullmatch("ab-9")

    assert match is not None
    assert expand("$2/${1}/$first/$$/$9/$1x/$/$0", match) == "9/ab/ab/$///$/ab-9"


def test_a_simple_group_is_the_whole_value() -> None:
    match = compile_anchored("(.*)").fullmatch("a-b")

    assert match is not None
    assert expand("<$1>", match) == "<a-b>"


@pytest.mark.parametrize(
    ("pattern", "value", "result"),
    [
        ("a", "banana", "b<a>n<a>n<a>"),
        ("x*", "abc", "<>a<>b<>c<>"),
        ("b*", "abc", "<>a<b>c<>"),
        ("é?", "aéb", "<>a<é>b<>"),
        ("z", "abc", "abc"),
        ("a.c", "a\nc", "a\nc"),
    ],
)
def test_every_match_is_replaced_as_go_does(pattern: str, value: str, result: str) -> None:
    assert compile_search(pattern).sub(value, lambda match: f"<{match.group(0)}>") == result


_ATOMS = st.sampled_from(["a", "b", r"\.", r"\|", ".*", ".+", "|", "c", r"\\", "é"])
_VALUES = st.text(alphabet="abc.|\\éx\n", max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(_ATOMS, max_size=6).map("".join), _VALUES)
def test_shortcuts_agree_with_the_language(pattern: str, value: str) -> None:
    expected = re.fullmatch(pattern, value, re.DOTALL) if "**" not in pattern else None

    assert compile_anchored(pattern).matches(value) is (expected is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b", "(a|a)*b", "(a|aa)+$", "(?:a?){30}b", "((a+)b?)+c", "(.*)(.*)(.*)(.*)(.*)x"],
)
def test_hostile_patterns_take_linear_time(pattern: str) -> None:
    """A backtracking engine would need more years than there are; ten times as long is ten times
    the work, here with room for noise."""
    regex = compile_anchored(pattern)

    assert cpu_s(lambda: regex.matches("a" * 100_000)) < 100 * cpu_s(
        lambda: regex.matches("a" * 10_000)
    )


def cpu_s(work: object) -> float:
    """CPU seconds of the fastest of three runs, at least a tenth of a millisecond."""
    assert callable(work)
    times: list[float] = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return max(min(times), 1e-4)
