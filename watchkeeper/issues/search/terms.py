"""A search as it was read: terms that must all hold. Times are Unix ms UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from watchkeeper.lib.search import Compare


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """negated: the term must not hold. start, end: its place in the text."""

    negated: bool = False
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(_At):
    """`is:unresolved`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Has(_At):
    """`has:user.email`: the thing is there at all. tag: a tag's name when key is `tag`."""

    key: str
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(_At):
    """`release:1.*`: one of the patterns fits. `*` stands for anything; tag as in Has."""

    key: str
    patterns: Sequence[str]
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(_At):
    """`events:>100`."""

    key: str
    compare: Compare
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Time(_At):
    """`first_seen:>2026-11-01`; a day stands for all of it: `end_ms` is None but for `=`."""

    key: str
    compare: Compare
    at_ms: int
    end_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase(_At):
    """Words without a key: they stand in the title, type, culprit or message, in this order.

    quoted: it stood in quotes, so that its neighbours are phrases of their own.
    """

    text: str
    quoted: bool = False


Term = Flag | Has | Text | Count | Time | Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Every term must hold; without any, everything fits."""

    terms: Sequence[Term] = field(default=())

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)
