"""The source of every query: what is held decoded from memory, the rest from the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from watchkeeper.lib.go_regex import BadRegex
from watchkeeper.model import Labels, Scope
from watchkeeper.query.hot.block import BlockMark, shares_times
from watchkeeper.query.hot.store import HotStore
from watchkeeper.query.promql import (
    Cardinality,
    ColumnsSource,
    Grid,
    GridRequest,
    Matcher,
    MatcherSets,
    MetricMetadata,
    SeriesBlock,
    metric_of,
)
from watchkeeper.query.promql.lattice import Lattice


class HotSource:
    """`SeriesSource`, `LatticeSource` and `GridSource` over the columns and what is in memory."""

    def __init__(self, columns: ColumnsSource, hot: HotStore) -> None:
        self._columns = columns
        self._hot = hot

    def lattice(
        self, scope: Scope, matchers: tuple[Matcher, ...], *, start_ms: int, end_ms: int
    ) -> Lattice | None:
        lattice = self._held(scope, matchers, start_ms, end_ms)
        return lattice if lattice is not None and shares_times(lattice) else None

    def _held(
        self, scope: Scope, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> Lattice | None:
        if not self._hot.is_on or not metric_of(matchers) or len(scope.project_ids) != 1:
            return None
        try:
            block = self._hot.block(scope, tuple(matchers), start_ms=start_ms, end_ms=end_ms)
            return None if block is None else block.lattice(tuple(matchers), start_ms, end_ms)
        except BadRegex:
            return None

    def mark(self, scope: Scope, matchers: tuple[Matcher, ...]) -> BlockMark | None:
        metric = metric_of(matchers)
        if not metric or len(scope.project_ids) != 1:
            return None
        return self._hot.mark(scope.project_ids[0], metric)

    def select(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> SeriesBlock:
        lattice = self._held(scope, matchers, start_ms, end_ms)
        if lattice is None:
            return self._columns.select(scope, matchers, start_ms=start_ms, end_ms=end_ms)
        return _flat(lattice, start_ms, end_ms)

    def grid(self, scope: Scope, request: GridRequest) -> tuple[Grid, int] | None:
        start_ms = request.first_ms - request.range_ms + 1
        if self._held(scope, request.matchers, start_ms, request.last_ms) is not None:
            return None
        return self._columns.grid(scope, request)

    def series(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[Labels]:
        return self._columns.series(scope, matcher_sets, start_ms=start_ms, end_ms=end_ms)

    def label_names(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        return self._columns.label_names(scope, matcher_sets, start_ms=start_ms, end_ms=end_ms)

    def label_values(
        self, scope: Scope, name: str, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        return self._columns.label_values(
            scope, name, matcher_sets, start_ms=start_ms, end_ms=end_ms
        )

    def metadata(self, scope: Scope, metric: str | None) -> Mapping[str, list[MetricMetadata]]:
        return self._columns.metadata(scope, metric)

    def cardinality(self, scope: Scope, *, start_ms: int, end_ms: int, top: int) -> Cardinality:
        return self._columns.cardinality(scope, start_ms=start_ms, end_ms=end_ms, top=top)


def _flat(lattice: Lattice, start_ms: int, end_ms: int) -> SeriesBlock:
    """The samples of a range, series after series."""
    slots, counts, ts, values = [], [0], [], []
    for sheet in lattice.sheets:
        low, high = np.searchsorted(sheet.ts, (start_ms, end_ms + 1)).tolist()
        slots += sheet.slots.tolist()
        counts += [high - low] * sheet.width
        ts.append(np.tile(sheet.ts[low:high], sheet.width))
        values.append(sheet.block(low, high, 0, sheet.width).T.ravel())
    return SeriesBlock(
        [lattice.table.labels[slot] for slot in slots],
        np.cumsum(counts, dtype=np.int64),
        np.concatenate(ts or [np.zeros(0, np.int64)]),
        np.concatenate(values or [np.zeros(0)]),
    )
