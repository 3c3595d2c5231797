"""The PromQL of Home, side by side instead of one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from watchkeeper.api.wk.charts import Grid, by_label
from watchkeeper.api.wk.home_charts import CHARTS, chart
from watchkeeper.api.wk.home_parts import HOST_QUERIES
from watchkeeper.api.wk.home_services import SPARK_POINTS, services
from watchkeeper.api.wk.home_shapes import Chart, ServiceRow
from watchkeeper.api.wk.up_history import TargetKey, UpHistory, bucket_ms, ratios, strips
from watchkeeper.model import Scope, TimeRange
from watchkeeper.query.promql import Engine

AT_ONCE = 3
"""Below the engine's own bound, so that Home leaves a place to whoever asks meanwhile."""

_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="home")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeQueries:
    """Answers under way. hosts: by the keys of HOST_QUERIES."""

    span: TimeRange
    charts: Sequence[Future[Chart]]
    services: Future[list[ServiceRow]]
    hosts: Mapping[str, Future[dict[str, float]]]
    ratios: Future[dict[TargetKey, float]]
    strips: Future[dict[TargetKey, list[float | None]]]

    def history(self) -> UpHistory:
        """Of the targets, once it is there."""
        return UpHistory(
            ratios=self.ratios.result(),
            strips=self.strips.result(),
            end_ms=self.span.end_ms,
            bucket_ms=bucket_ms(self.span),
        )


def ask(engine: Engine, scope: Scope, span: TimeRange, *, back_ms: int) -> HomeQueries:
    """Start every query of the page. A refusal is raised where its answer is taken.

    back_ms: how long before the range lies what charts are compared with; 0 compares nothing.
    """
    grid, end_ms = Grid.over(span), span.end_ms
    coarse = Grid.over(span, points=SPARK_POINTS)
    return HomeQueries(
        span=span,
        services=_pool.submit(services, engine, scope, coarse, end_ms=end_ms),
        charts=[
            _pool.submit(chart, engine, scope, grid, plan, end_ms=end_ms, back_ms=back_ms)
            for plan in CHARTS
        ],
        hosts={
            key: _pool.submit(by_label, engine, scope, query, span.end_ms, "instance")
            for key, query in HOST_QUERIES.items()
        },
        ratios=_pool.submit(ratios, engine, scope, span),
        strips=_pool.submit(strips, engine, scope, span),
    )
