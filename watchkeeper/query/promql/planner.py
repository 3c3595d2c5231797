"""What the store may compute itself: range functions over plain selectors, a grid at a time.

The numpy evaluator is the reference and the fallback. A function stands in PUSHED_DOWN only
while tests/contract/test_push_down.py shows that both answer alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.model import Scope
from watchkeeper.query.promql.ast import Call, Matcher, MatrixSelector, unwrap
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import Grid

PUSHED_DOWN = frozenset(
    {
        "avg_over_time",
        "count_over_time",
        "delta",
        "increase",
        "max_over_time",
        "min_over_time",
        "rate",
        "sum_over_time",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRequest:
    """`function` over the windows (end - range_ms, end] of evenly spaced ends, Unix ms."""

    function: str
    matchers: Sequence[Matcher]
    range_ms: int
    first_ms: int
    last_ms: int
    step_ms: int

    @property
    def steps(self) -> int:
        return (self.last_ms - self.first_ms) // self.step_ms + 1


@runtime_checkable
class GridSource(Protocol):
    """A source that computes range functions itself."""

    def grid(self, scope: Scope, request: GridRequest) -> tuple[Grid, int] | None:
        """The function at every step, metric names kept, and how many samples were read.

        Series without a value at any step may be there or not. None: these samples the
        evaluator must look at itself.
        """
        ...


def plan(frame: Frame, node: Call) -> GridRequest | None:
    """The request that answers this call, or None if the evaluator must do it.

    Whole seconds only, and range queries only: one step of a selector is read as fast as computed.
    """
    argument = unwrap(node.args[0]) if len(node.args) == 1 else None
    if node.func not in PUSHED_DOWN or not isinstance(argument, MatrixSelector):
        return None
    if not isinstance(frame.run.source, GridSource) or not frame.is_range:
        return None
    step_ms = int(frame.times[1] - frame.times[0])
    selector = argument.selector
    if step_ms % SECOND_MS or argument.range_ms % SECOND_MS:
        return None
    if selector.at is not None or selector.extended or frame.run.options.use_start_timestamps:
        return None
    return GridRequest(
        function=node.func,
        matchers=selector.matchers,
        range_ms=argument.range_ms,
        first_ms=int(frame.times[0]) - selector.offset_ms,
        last_ms=int(frame.times[-1]) - selector.offset_ms,
        step_ms=step_ms,
    )


def push_down(frame: Frame, request: GridRequest) -> Grid | None:
    """The store's answer to a planned request; None if it has none."""
    run = frame.run
    if not isinstance(run.source, GridSource):
        raise TypeError("this source computes no grids")
    run.budget.check()
    answer = run.source.grid(run.scope, request)
    if answer is None:
        return None
    grid, samples = answer
    run.pushed_down = True
    run.series += len(grid.labels)
    run.samples += samples
    run.budget.check()
    return grid.without_absent()
