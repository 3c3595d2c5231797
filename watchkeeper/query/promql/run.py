"""What belongs to one run of one query, and the stretch of steps being evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from watchkeeper.model import Scope
from watchkeeper.query.budget import Budget
from watchkeeper.query.language import EngineOptions
from watchkeeper.query.promql.ast import Matcher
from watchkeeper.query.promql.errors import line_and_column
from watchkeeper.query.promql.source import SeriesSource
from watchkeeper.query.promql.types import I64, SeriesBlock

if TYPE_CHECKING:
    from watchkeeper.query.promql.rollups import RollupSource


class Notes:
    """Warnings and infos of one query, each once, in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._warnings: dict[str, None] = {}
        self._infos: dict[str, None] = {}

    def warn(self, message: str, position: int) -> None:
        self._warnings.setdefault(f"PromQL warning: {message} {self._place(position)}")

    def inform(self, message: str, position: int) -> None:
        self._infos.setdefault(f"PromQL info: {message} {self._place(position)}")

    def _place(self, position: int) -> str:
        line, column = line_and_column(self._text, position)
        return f"({line}:{column})"

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self._warnings)

    @property
    def infos(self) -> tuple[str, ...]:
        return tuple(self._infos)


@dataclass(slots=True, kw_only=True)
class Run:
    """One query. start_ms, end_ms, step_ms: as asked; an instant query has start == end, step 0.

    began: when its place at the gate was free; queued_s: seconds that it had waited for it.
    bucketless: `id` of the selectors whose native histograms may come without buckets.
    resolution_ms: width of the widest roll-ups that were read; 0: samples alone.
    """

    scope: Scope
    source: SeriesSource
    options: EngineOptions
    budget: Budget
    notes: Notes
    start_ms: int
    end_ms: int
    step_ms: int
    began: float = 0.0
    queued_s: float = 0.0
    series: int = 0
    samples: int = 0
    pushed_down: bool = False
    bucketless: frozenset[int] = frozenset()
    rollups: RollupSource | None = None
    resolution_ms: int = 0
    _blocks: dict[tuple[Sequence[Matcher], int, int], SeriesBlock] = field(default_factory=dict)

    def select(self, matchers: tuple[Matcher, ...], start_ms: int, end_ms: int) -> SeriesBlock:
        """Raw samples, read once however often the query names them."""
        key = (matchers, start_ms, end_ms)
        block = self._blocks.get(key)
        if block is None:
            self.budget.check()
            block = self.source.select(self.scope, matchers, start_ms=start_ms, end_ms=end_ms)
            self._blocks[key] = block
            self.series += len(block.labels)
            self.samples += block.samples
        self.budget.check()
        return block


@dataclass(frozen=True, slots=True)
class Frame:
    """The steps being evaluated: the query's own, or those of a subquery.

    times: Unix ms, evenly ascending, at least one.
    """

    run: Run
    times: I64

    @property
    def steps(self) -> int:
        return len(self.times)

    @property
    def is_range(self) -> bool:
        return len(self.times) > 1

    def first_step(self) -> Frame:
        return Frame(self.run, self.times[:1])


def steps_between(start_ms: int, end_ms: int, step_ms: int) -> I64:
    """start, start + step, … up to end, both ends in."""
    if start_ms == end_ms or step_ms <= 0:
        return np.array([start_ms], dtype=np.int64)
    return np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64)
