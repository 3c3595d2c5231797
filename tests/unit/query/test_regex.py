"""RE2's syntax, matched as RE2 matches it, and never for ever."""

from __future__ import annotations

import pytest

from watchkeeper.model import Role, Scope, labels_of
from watchkeeper.query.promql import Engine, ExecutionError, MemorySource, Vector
from watchkeeper.query.promql.regex import BadRegex, TooCostly, compile_whole, expand


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
        ("(?P<x>a)|b", "b", True),
        ("a{2,3}", "aaaa", False),
        ("a{,3}", "a{,3}", True),
        (r"\x{263a}", "☺", True),
        ("[]a]+", "]a", True),
        ("a$", "a\n", False),
        ("web|api", "apiweb", False),
    ],
)
def test_patterns_match_whole_values(pattern: str, value: str, matches: bool) -> None:
    assert (compile_whole(pattern).fullmatch(value) is not None) is matches


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "a**", "[a", "(?=a)", "(?<!a)b", r"(a)\1", "a{1001}", r"\pN", "*a", "x" * 9999],
)
def test_what_re2_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(BadRegex, match="error parsing regexp"):
        compile_whole(pattern)


def test_references_are_expanded_as_go_does() -> None:
    match = compile_whole("(?P<first>[a-z]+)-(.*)").fullmatch("ab-9")

    assert match is not None
    assert expand(match, "$2/${1}/$first/$$/$9/$1x/$") == "9/ab/ab/$///$"


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b", "(a|a)*b", "(a|aa)+$", "(?:a?){30}b", "((a+)b?)+c", "(.*)(.*)(.*)(.*)(.*)x"],
)
def test_a_pattern_that_could_run_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(TooCostly):
        compile_whole(pattern).fullmatch("a" * 300)
    source = MemorySource()
    source.append(labels_of({"__name__": "m", "l": "a" * 300}), [(0, 1.0)])
    scope = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)

    with pytest.raises(ExecutionError, match="may take too long"):
        Engine(source).instant(scope, f'label_replace(m, "x", "$1", "l", "{pattern}")', 0)


def test_everyday_patterns_run() -> None:
    source = MemorySource()
    source.append(labels_of({"__name__": "m", "l": "node-1.example.com:9100"}), [(0, 1.0)])
    scope = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
    query = 'label_replace(m, "x", "$2", "l", "([^.]+)\\\\.(.*)(:[0-9]+)?")'

    answer = Engine(source).instant(scope, query, 0).value

    assert isinstance(answer, Vector)
    assert dict(answer.labels[0])["x"] == "example.com:9100"
