"""Lines that say the same. The engine gives each line a pattern; alike patterns become one here.

The engine's pattern leaves out words with digits in them. What differs by other words (names of
people, of files) is found as drain does it: patterns of as many words that begin alike and agree
in most words are one, with `<*>` where they differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from watchkeeper.lib.side_by_side import side_by_side
from watchkeeper.logs.language import Always, Node, columns_used
from watchkeeper.logs.repo import (
    PatternCount,
    condition_of,
    count_lines,
    first_seen,
    pattern_counts,
    patterned_lines,
    rolled_patterns,
)
from watchkeeper.logs.slices import newest_stretch
from watchkeeper.logs.types import Line
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

SLOTS = 24
"""Buckets of a sparkline."""
NEWEST_LINES = 25_000
"""Lines in which the patterns of a search are counted."""
MOST_PATTERNS = 2_000
"""Of the engine's patterns that are looked at, the commonest."""
HOLE = "<*>"
_ALIKE = 0.6
"""Share of equal words from which on two patterns are one."""
_LEADING_WORDS = 1
_MOST_IDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Lines that say the same. ids: the engine's patterns among them. lines: in the range,
    estimated if the answer is of a sample. first_ms: the first that is still known."""

    ids: tuple[int, ...]
    template: str
    lines: int
    by_severity: dict[str, int]
    services: tuple[str, ...]
    spark: tuple[int, ...]
    first_ms: int
    last_ms: int
    newest_id: int
    example: Line | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """total: lines in the range; counted: those looked at. patterns_total: before the limit."""

    patterns: Sequence[Pattern]
    total: int
    counted: int
    patterns_total: int


@dataclass(slots=True)
class _Cluster:
    words: list[str]
    members: list[PatternCount] = field(default_factory=list)


class LogPatterns:
    """Patterns of one caller's project."""

    def __init__(self, columns: Columns, scope: Scope) -> None:
        self._columns, self._scope = columns, scope

    def of(self, span: TimeRange, node: Node, *, limit: int) -> Patterns:
        """The commonest patterns of a range, from a roll-up or from the newest lines that match."""
        columns, scope, condition = self._columns, self._scope, condition_of(node)
        is_rolled = columns_used(node) <= {"severity", "service"}
        if is_rolled:
            counts = rolled_patterns(
                columns, scope, span, condition, slots=SLOTS, most=MOST_PATTERNS
            )
        else:
            stretch = newest_stretch(columns, scope, span, condition, most=NEWEST_LINES)
            counts = pattern_counts(
                columns, scope, span, condition, slots=SLOTS, most=MOST_PATTERNS,
                newest=NEWEST_LINES, since_ms=stretch.start_ms,
            )  # fmt: skip
        found = clustered(counts)
        shown = self._told(found[:limit])
        counted = sum(each.lines for each in found)
        is_whole = isinstance(node, Always)
        total = count_lines(columns, scope, span) if is_rolled and is_whole else counted
        return Patterns(
            patterns=shown,
            total=max(total, counted),
            counted=counted,
            patterns_total=len(found),
        )

    def _told(self, patterns: Sequence[Pattern]) -> list[Pattern]:
        """With an example, and with when each came up first."""
        newest = [(each.newest_id, each.last_ms) for each in patterns]
        ids = [one for each in patterns for one in each.ids]
        lines, first = side_by_side(
            lambda: patterned_lines(self._columns, self._scope, newest),
            lambda: first_seen(self._columns, self._scope, ids) if ids else {},
        )
        return [
            replace(
                each,
                example=lines.get(each.newest_id),
                first_ms=min([each.first_ms, *(first[one] for one in each.ids if one in first)]),
            )
            for each in patterns
        ]


def clustered(counts: Iterable[PatternCount]) -> list[Pattern]:
    """Patterns that are alike as one, the commonest first. The same counts give the same answer."""
    by_shape: dict[tuple[int, str], list[_Cluster]] = defaultdict(list)
    clusters: list[_Cluster] = []
    for count in counts:
        words = count.template.split()
        lead = " ".join(words[:_LEADING_WORDS])
        alike = by_shape[len(words), lead]
        home = next((one for one in alike if _agree(one.words, words)), None)
        if home is None:
            home = _Cluster(words)
            alike.append(home)
            clusters.append(home)
        home.words = [a if a == b else HOLE for a, b in zip(home.words, words, strict=True)]
        home.members.append(count)
    found = [_pattern(cluster) for cluster in clusters]
    return sorted(found, key=lambda each: (-each.lines, each.template))


def _agree(one: Sequence[str], other: Sequence[str]) -> bool:
    """Drain's similarity: equal words among all, where a hole counts as equal to a hole."""
    if one == other:
        return True
    if len(one) < 4:
        return False
    equal = sum(a == b for a, b in zip(one, other, strict=True))
    return equal / len(one) >= _ALIKE and any(
        a == b and HOLE not in a for a, b in zip(one, other, strict=True)
    )


def _pattern(cluster: _Cluster) -> Pattern:
    members = cluster.members
    newest = max(members, key=lambda one: (one.last_ms, one.pattern))
    by_severity: dict[str, int] = defaultdict(int)
    for member in members:
        for severity, lines in member.by_severity.items():
            by_severity[severity] += lines
    template = members[0].template if len(members) == 1 else " ".join(cluster.words)
    return Pattern(
        ids=tuple(member.pattern for member in members)[:_MOST_IDS],
        template=template,
        lines=sum(member.lines for member in members),
        by_severity=dict(by_severity),
        services=tuple(sorted({one for member in members for one in member.services}))[:5],
        spark=tuple(map(sum, zip(*(member.spark for member in members), strict=True))),
        first_ms=min(member.first_ms for member in members),
        last_ms=newest.last_ms,
        newest_id=newest.pattern,
    )
