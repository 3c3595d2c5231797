"""The PromQL of Home, side by side instead of one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

from watchkeeper.api.wk.charts import Grid, by_label
from watchkeeper.api.wk.home.charts import (
    CHARTS,
    ChartPlan,
    chart,
    metrics_in,
    unmeasured,
    words_of,
)
from watchkeeper.api.wk.home.parts import HOST_QUERIES
from watchkeeper.api.wk.home.services import SOURCES, SPARK_POINTS, services
from watchkeeper.api.wk.home.shapes import Chart, ServiceRow
from watchkeeper.api.wk.up_history import TargetKey, UpHistory, bucket_ms, ratios, strips
from watchkeeper.model import METRIC_NAME, Scope, TimeRange
from watchkeeper.query.promql import Engine, Matcher, MatchOp, SeriesSource

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


def ask(
    engine: Engine, source: SeriesSource, scope: Scope, span: TimeRange, *, back_ms: int
) -> HomeQueries:
    """Start every query of the page. A refusal is raised where its answer is taken.

    Most of the queries are of metrics that a project does not have; source tells which it has, at
    the price of one. back_ms: how long before the range lies what charts are compared with; 0
    compares nothing.
    """
    grid, end_ms = Grid.over(span), span.end_ms
    coarse = Grid.over(span, points=SPARK_POINTS)
    known = _known(source, scope, span)
    sources = [each for each in SOURCES if metrics_in(each.rates, known)]

    def drawn(plan: ChartPlan) -> Future[Chart]:
        queries = tuple(query for query in plan.queries if metrics_in(query, known))
        if not queries:
            return _pool.submit(unmeasured, plan)
        asked = replace(plan, queries=queries)
        return _pool.submit(chart, engine, scope, grid, asked, end_ms=end_ms, back_ms=back_ms)

    return HomeQueries(
        span=span,
        services=_pool.submit(services, engine, scope, coarse, sources, end_ms=end_ms),
        charts=[drawn(plan) for plan in CHARTS],
        hosts={
            key: _pool.submit(by_label, engine, scope, query, span.end_ms, "instance")
            if metrics_in(query, known)
            else _pool.submit(dict)
            for key, query in HOST_QUERIES.items()
        },
        ratios=_pool.submit(ratios, engine, scope, span),
        strips=_pool.submit(strips, engine, scope, span),
    )


def _known(source: SeriesSource, scope: Scope, span: TimeRange) -> frozenset[str]:
    """Those of the metrics that Home asks for which the project has had in the range."""
    named = Matcher(METRIC_NAME, MatchOp.REGEX, "|".join(sorted(_words())))
    found = source.label_values(
        scope, METRIC_NAME, [[named]], start_ms=span.start_ms, end_ms=span.end_ms
    )
    return frozenset(found)


@cache
def _words() -> frozenset[str]:
    """Every word of every query: the names of metrics are among them."""
    queries = [
        *(query for plan in CHARTS for query in plan.queries),
        *(each.rates for each in SOURCES),
        *HOST_QUERIES.values(),
    ]
    return frozenset(word for query in queries for word in words_of(query))
