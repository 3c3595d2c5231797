"""The charts of Home: what is asked for each, and its answer as it is drawn."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from watchkeeper.api.wk.charts import Grid, change, instant, latest, lines
from watchkeeper.api.wk.home.shapes import Chart, Points
from watchkeeper.model import Scope
from watchkeeper.query.promql import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPlan:
    """A chart of Home. queries: the first that has data is drawn."""

    key: str
    title: str
    unit: str
    queries: tuple[str, ...]
    empty_hint: str


def _failed(counter: str, label: str) -> str:
    """The share of a counter's requests that were answered with 5xx; 0 where none was."""
    failed = f'sum(rate({counter}{{{label}=~"5.."}}[5m]))'
    all_ = f'sum(rate({counter}{{{label}!=""}}[5m]))'
    return f"({failed} or 0 * {all_}) / {all_}"


def _p95(histogram: str) -> str:
    return f"histogram_quantile(0.95, sum by (le) (rate({histogram}_bucket[5m])))"


_SPANS = 'watchkeeper_spans_total{kind="server"}'

CHARTS = (
    ChartPlan(
        key="requests",
        title="Requests",
        unit="/s",
        queries=(
            "sum(rate(http_requests_total[5m]))",
            "sum(rate(http_request_duration_seconds_count[5m]))",
            "sum(rate(http_server_request_duration_seconds_count[5m]))",
            f"sum(rate({_SPANS}[5m]))",
        ),
        empty_hint="No request counter has arrived. Scrape an app that exports one.",
    ),
    ChartPlan(
        key="error_rate",
        title="Error rate",
        unit="ratio",
        queries=(
            _failed("http_requests_total", "status"),
            _failed("http_requests_total", "code"),
            _failed("http_requests_total", "status_code"),
            _failed("http_request_duration_seconds_count", "status_code"),
            _failed("http_server_request_duration_seconds_count", "http_response_status_code"),
            '(sum(rate(watchkeeper_spans_total{kind="server",status="error"}[5m]))'
            f" or 0 * sum(rate({_SPANS}[5m]))) / sum(rate({_SPANS}[5m]))",
        ),
        empty_hint="No request counter with a status has arrived.",
    ),
    ChartPlan(
        key="p95",
        title="Response time p95",
        unit="seconds",
        queries=tuple(
            _p95(histogram)
            for histogram in (
                "http_request_duration_seconds",
                "http_server_request_duration_seconds",
                "watchkeeper_span_duration_seconds",
            )
        ),
        empty_hint="No histogram of request durations has arrived, and no trace.",
    ),
    ChartPlan(
        key="errors",
        title="Errors",
        unit="/min",
        queries=("sum(rate(watchkeeper_errors_total[5m])) * 60",),
        empty_hint="No error has arrived. Put the DSN of the set-up page into a Sentry SDK.",
    ),
    ChartPlan(
        key="targets",
        title="Targets up",
        unit="",
        queries=("sum(up)",),
        empty_hint="Nothing is scraped yet. Add a target to the scrape config.",
    ),
    ChartPlan(
        key="cpu",
        title="Host CPU",
        unit="ratio",
        queries=('1 - avg(rate(node_cpu_seconds_total{mode="idle"}[5m]))',),
        empty_hint="No host is measured. Switch host metrics on, or scrape a node exporter.",
    ),
)


_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def words_of(query: str) -> frozenset[str]:
    """The words of a query, among them the names of its metrics."""
    return frozenset(_WORD.findall(query))


def metrics_in(query: str, among: Collection[str]) -> frozenset[str]:
    """Which of these metrics a query names."""
    return words_of(query).intersection(among)


def chart(
    engine: Engine, scope: Scope, grid: Grid, plan: ChartPlan, *, end_ms: int, back_ms: int
) -> Chart:
    """One chart over the range; `series` is null where nothing was measured.

    end_ms: of the range, after the last step. What has just begun to arrive has its only point
    there. back_ms: how long before lies what it is compared with; 0 compares nothing.
    """
    for query in plan.queries:
        found = lines(engine, scope, query, grid).lines
        if found:
            before = _before(engine, scope, query, grid, back_ms)
            return _drawn(plan, query, grid, found[0].values, before)
    return _begun(engine, scope, plan, end_ms)


def _before(
    engine: Engine, scope: Scope, query: str, grid: Grid, back_ms: int
) -> list[float | None] | None:
    """The same steps, so much earlier."""
    if back_ms == 0:
        return None
    earlier = Grid(grid.start_ms - back_ms, grid.end_ms - back_ms, grid.step_ms)
    found = lines(engine, scope, query, earlier).lines
    return found[0].values if found else None


def _drawn(
    plan: ChartPlan,
    query: str,
    grid: Grid,
    values: list[float | None],
    before: list[float | None] | None,
) -> Chart:
    points = Points(times_ms=grid.times_ms, values=values) if values else None
    return _chart(plan, query, points, before=before, change=change(values))


def unmeasured(plan: ChartPlan) -> Chart:
    """A chart without data, which says how to have some."""
    return _chart(plan, plan.queries[0], None)


def _begun(engine: Engine, scope: Scope, plan: ChartPlan, end_ms: int) -> Chart:
    """A chart of which no step has a value yet."""
    for query in plan.queries:
        for _labels, value in instant(engine, scope, query, end_ms):
            return _chart(plan, query, Points(times_ms=[end_ms], values=[value]))
    return unmeasured(plan)


def _chart(
    plan: ChartPlan,
    query: str,
    series: Points | None,
    *,
    before: list[float | None] | None = None,
    change: float | None = None,
) -> Chart:
    return Chart(
        key=plan.key,
        title=plan.title,
        unit=plan.unit,
        query=query,
        value=latest(series.values) if series else None,
        series=series,
        before=before,
        change=change,
        empty_hint=plan.empty_hint,
    )
