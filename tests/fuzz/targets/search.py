"""The search fields of issues, logs and traces: one syntax, read as each of them means it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from tests.fuzz.target import Run, Target
from watchkeeper.issues.search import parse as parse_issues
from watchkeeper.lib.search import BadSearch
from watchkeeper.logs import parse_search as parse_logs
from watchkeeper.logs.repo import condition_of
from watchkeeper.traces.language import parse_search as parse_traces

_KEYS = (
    "service:", "level:", "is:", "has:", "attr.a:", "@a:", "a.b:", "tag[a b]:", "duration:",
    "events:", "first_seen:", "trace:", "pattern:", "status:", "x:", "environment:", "body:",
)  # fmt: skip
_VALUES = (
    "shop", ">=5k", "<1.5s", "[a, b]", '"a b"', "a,b", "(a OR b)", "-24h", ">2026-11-01", "*",
    "a*b", '""', "error", "unresolved", "é", r"\*", "f(x)", "0123456789abcdef",
)  # fmt: skip
_JOINS = (" ", " OR ", " AND ", " NOT ", " -", " !", " (", ") ", "")
_TOKENS = tuple(text.encode() for text in (*_KEYS, *_VALUES, *_JOINS, '"', "\\", "[", "]", ","))


def _reader(read: Callable[[str], object]) -> Run:
    def run(data: bytes) -> str:
        text = data.decode("utf-8", "replace")
        try:
            read(text)
        except BadSearch as refused:
            _check(refused, text)
            raise
        return "read"

    return run


def _check(refused: BadSearch, text: str) -> None:
    assert 0 <= refused.position <= len(text), "the place is outside of the text"
    assert str(refused).endswith((".", "?")), "not a sentence"


def _generate(rng: Random) -> bytes:
    parts = [rng.choice(_JOINS)]
    for _ in range(int(rng.random() * 6) + 1):
        parts += [rng.choice((*_KEYS, "")), rng.choice(_VALUES), rng.choice(_JOINS)]
    return "".join(parts).encode()


_READERS: dict[str, Callable[[str], object]] = {
    "search-issues": lambda text: parse_issues(text, now_ms=1_795_224_000_000),
    "search-logs": lambda text: condition_of(parse_logs(text)),
    "search-traces": parse_traces,
}
TARGETS = tuple(
    Target(
        name=name,
        make=partial(_reader, read),
        refusals=(BadSearch,),
        generate=_generate,
        tokens=_TOKENS,
    )
    for name, read in _READERS.items()
)
