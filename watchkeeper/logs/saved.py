"""Saved queries: each is a counter, so that an alert on logs is a rule as any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS, Clock
from watchkeeper.lib.errors import Conflict, Invalid, NotFound
from watchkeeper.logs.language import parse_search
from watchkeeper.logs.repo import SavedRows, condition_of, match_counts, project_slugs
from watchkeeper.logs.repo.saved import SavedRow
from watchkeeper.model import (
    METRIC_NAME,
    Labels,
    MayHold,
    Scope,
    anything_may_be_there,
    labels_of,
)
from watchkeeper.store.columns import Columns, QueryTooHeavy
from watchkeeper.store.meta import Meta

MATCHES_TOTAL = "watchkeeper_log_matches_total"
INTERVAL_MS = 15 * SECOND_MS
"""Length of the intervals over which matches are counted, as for errors."""
HEARTBEAT_MS = MINUTE_MS
"""How often an unchanged counter is repeated."""
MOST_QUERIES = 50
"""Saved queries of one project: each is asked four times a minute."""
_AT_ONCE_MS = 40 * INTERVAL_MS

MatchSample = tuple[Labels, int, float]
"""(labels, Unix ms, value)"""
Writer = Callable[[int, Sequence[MatchSample]], None]
"""Keeps samples of a project."""
Passed = Callable[[], int | None]
"""Up to when all is stored, Unix ms; None while that is not known."""


class TooManyQueries(Invalid):
    """A project has as many saved queries as it may."""

    code: ClassVar[str] = "too_many_log_queries"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a counter stands. told_ms: its newest sample, 0 before the first."""

    value: int
    told_ms: int


class LogQueries:
    """The saved queries of projects."""

    def __init__(self, meta: Meta, clock: Clock) -> None:
        self._meta, self._clock, self._rows = meta, clock, SavedRows(meta)

    def of(self, scope: Scope) -> Sequence[SavedRow]:
        """By name."""
        return self._rows.of(scope)

    def slug(self, scope: Scope) -> str:
        """The scope's project, as the label `project` of the counters names it."""
        return project_slugs(self._meta)[scope.project_id]

    def add(self, scope: Scope, *, name: str, query: str, by: str) -> SavedRow:
        """Save a query, which is counted from now on.

        Raises BadSearch, Conflict for a name that is taken, TooManyQueries.
        """
        parse_search(query)
        with self._meta.write() as conn:
            if self._rows.is_taken(conn, scope, name):
                raise Conflict(f"There is a saved query {name!r}; choose another name.")
            if self._rows.count(conn, scope) >= MOST_QUERIES:
                raise TooManyQueries(
                    f"A project has at most {MOST_QUERIES} saved queries; delete one first."
                )
            now_ms = self._clock() // INTERVAL_MS * INTERVAL_MS
            added = self._rows.add(conn, scope, name=name, query=query, by=by, now_ms=now_ms)
        return next(row for row in self._rows.of(scope) if row.id == added)

    def remove(self, scope: Scope, query_id: int) -> None:
        """Forget one; its series ends. Raises NotFound."""
        with self._meta.write() as conn:
            if not self._rows.remove(conn, scope, query_id):
                raise NotFound("There is no such saved query.")


class LogMatches:
    """Counts what matches each saved query, interval by interval. One thread runs it.

    write: takes the samples of a project and returns once they are on disk. passed_ms: up to when
    every received record is stored.
    """

    def __init__(
        self,
        columns: Columns,
        meta: Meta,
        *,
        write: Writer,
        passed_ms: Passed,
        may_hold: MayHold = anything_may_be_there,
    ) -> None:
        self._columns, self._meta = columns, meta
        self._write, self._passed_ms = write, passed_ms
        self._may_hold = may_hold
        self._rows = SavedRows(meta)

    def run_once(self) -> int:
        """Write the samples of the intervals that closed since; returns how many.

        Raises StoreUnavailable and SpoolFull; the next call tries the same intervals again. The
        same interval gives the same samples, and those that are stored already are passed over.
        """
        passed_ms = self._passed_ms()
        saved = self._rows.every() if passed_ms is not None else []
        if passed_ms is None or not saved:
            return 0
        slugs = project_slugs(self._meta)
        end_ms = passed_ms // INTERVAL_MS * INTERVAL_MS
        return sum(self._advance(row, slugs.get(row.project_id, ""), end_ms) for row in saved)

    def _advance(self, row: SavedRow, slug: str, end_ms: int) -> int:
        end_ms = min(end_ms, row.counted_ms + _AT_ONCE_MS)
        if end_ms <= row.counted_ms or not slug:
            return 0
        error, found = "", {}
        try:
            if self._may_hold("logs", row.counted_ms, end_ms):
                found = self._found(row, end_ms)
        except (QueryTooHeavy, Invalid) as refused:
            error = str(refused)
        samples, stand = samples_of(
            counter_labels(slug, row.name),
            Stand(row.matches, row.told_ms),
            found,
            start_ms=row.counted_ms,
            end_ms=end_ms,
        )
        if samples:
            self._write(row.project_id, samples)
        self._rows.advance(
            row.id, matches=stand.value, told_ms=stand.told_ms, counted_ms=end_ms, error=error
        )
        return len(samples)

    def _found(self, row: SavedRow, end_ms: int) -> dict[int, int]:
        return match_counts(
            self._columns,
            row.project_id,
            condition_of(parse_search(row.query)),
            start_ms=row.counted_ms,
            end_ms=end_ms,
            step_ms=INTERVAL_MS,
        )


def counter_labels(slug: str, name: str) -> Labels:
    """The series of a saved query."""
    return labels_of({METRIC_NAME: MATCHES_TOTAL, "project": slug, "query": name})


def samples_of(
    labels: Labels, stand: Stand, found: dict[int, int], *, start_ms: int, end_ms: int
) -> tuple[list[MatchSample], Stand]:
    """The samples of closed intervals, and where the counter then stands.

    found: matches by the start of their interval. Before its first growth a counter is told as
    it was one interval earlier, so that `increase` sees all of it.
    """
    samples: list[MatchSample] = []
    value, told_ms = stand.value, stand.told_ms
    for interval_ms in range(start_ms, end_ms, INTERVAL_MS):
        closes_ms, grown = interval_ms + INTERVAL_MS, found.get(interval_ms, 0)
        if grown and told_ms < interval_ms:
            samples.append((labels, interval_ms, float(value)))
        value += grown
        if grown or closes_ms % HEARTBEAT_MS == 0:
            samples.append((labels, closes_ms, float(value)))
            told_ms = closes_ms
    return samples, Stand(value, told_ms)
