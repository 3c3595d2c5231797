"""What operations did a week before: read for each page again and again, though it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.generations import Generations
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.queries import OperationQuery, OperationSort
from watchkeeper.traces.repo import operations as repo
from watchkeeper.traces.repo.operations import Grid, Totals

WEEK_MS = 7 * DAY_MS
FRESH_S = 300.0
"""Spans that come a week late are seen by then."""
MOST_OPERATIONS = 4_000
"""Remembered, twice; some 3 kB each."""

_Key = tuple[tuple[int, ...], OperationQuery, Grid, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Read:
    """until_s: when it is read anew, by the clock of the room."""

    until_s: float
    totals: Mapping[int, Totals]


class WeeksBefore:
    """Reads and remembers them. seconds: a monotonic clock."""

    def __init__(self, columns: Columns, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._columns = columns
        self._seconds = seconds
        self._known: Generations[_Key, _Read] = Generations(MOST_OPERATIONS)

    def of(
        self, scope: Scope, query: OperationQuery, grid: Grid, ids: Sequence[int]
    ) -> Mapping[int, Totals]:
        """By operation, a week before the grid; absent where there was no call then."""
        before = grid.before(WEEK_MS)
        same = replace(query, range=before.range, sort=OperationSort.TIME, limit=0)
        key = (tuple(scope.project_ids), same, before, tuple(ids))
        known = self._known.get(key)
        if known is None or known.until_s <= self._seconds():
            totals = repo.known(self._columns, scope, query, before, ids)
            known = _Read(self._seconds() + FRESH_S, totals)
            self._known.put(key, known, weight=max(1, len(totals)))
        return known.totals
