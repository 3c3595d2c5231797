"""The PromQL of Home, side by side instead of one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from watchkeeper.api.wk.charts import Grid, by_label
from watchkeeper.api.wk.home_parts import CHARTS, HOST_QUERIES, chart
from watchkeeper.api.wk.home_shapes import Chart
from watchkeeper.api.wk.up_history import TargetKey, UpHistory, ratios, strips
from watchkeeper.model import Scope, TimeRange
from watchkeeper.query.promql import Engine

AT_ONCE = 3
"""Below the engine's own bound, so that Home leaves a place to whoever asks meanwhile."""

_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="home")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeQueries:
    """Answers under way. hosts: by the keys of HOST_QUERIES."""

    charts: Sequence[Future[Chart]]
    hosts: Mapping[str, Future[dict[str, float]]]
    ratios: Future[dict[TargetKey, float]]
    strips: Future[dict[TargetKey, list[float | None]]]

    def history(self) -> UpHistory:
        """Of the targets, once it is there."""
        return UpHistory(ratios=self.ratios.result(), strips=self.strips.result())


def ask(engine: Engine, scope: Scope, span: TimeRange) -> HomeQueries:
    """Start every query of the page. A refusal is raised where its answer is taken."""
    grid = Grid.over(span)
    return HomeQueries(
        charts=[
            _pool.submit(chart, engine, scope, grid, plan, end_ms=span.end_ms) for plan in CHARTS
        ],
        hosts={
            key: _pool.submit(by_label, engine, scope, query, span.end_ms, "instance")
            for key, query in HOST_QUERIES.items()
        },
        ratios=_pool.submit(ratios, engine, scope, span),
        strips=_pool.submit(strips, engine, scope, span),
    )
