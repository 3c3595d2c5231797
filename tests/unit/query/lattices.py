"""A source in memory that offers every metric as a lattice, however few its series share."""

from __future__ import annotations

import numpy as np

from watchkeeper.model import METRIC_NAME, Scope
from watchkeeper.query.hot.block import Block
from watchkeeper.query.hot.load import sheets_of
from watchkeeper.query.promql import Matcher, MatchOp, MemorySource
from watchkeeper.query.promql.lattice import Lattice

ALWAYS_MS = 1 << 50


class LatticeMemory(MemorySource):
    """`MemorySource`, read through blocks wherever a metric is named. used: how often."""

    used = 0

    def lattice(
        self, scope: Scope, matchers: tuple[Matcher, ...], *, start_ms: int, end_ms: int
    ) -> Lattice | None:
        named = [m for m in matchers if m.name == METRIC_NAME and m.op is MatchOp.EQUAL]
        every = self.select(scope, named, start_ms=-ALWAYS_MS, end_ms=ALWAYS_MS)
        if not named or every.histograms is not None or every.starts is not None:
            return None
        ids = np.arange(len(every.labels), dtype=np.uint64)
        block = Block(ids, every.labels, sheets_of(every), start_ms=-ALWAYS_MS)
        type(self).used += 1
        return block.lattice(matchers, start_ms, end_ms)
