"""Home, part by part: each from what one or two rooms say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from watchkeeper.alerting import ActiveAlert
from watchkeeper.api import repo
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.alerts import fingerprint_of
from watchkeeper.api.wk.charts import Grid, by_label, change, instant, latest, lines
from watchkeeper.api.wk.home_shapes import (
    Chart,
    Counts,
    Host,
    Link,
    NeedsYou,
    Points,
    SetupDone,
    TargetRow,
)
from watchkeeper.ingest.scrape import Health, TargetStatus
from watchkeeper.issues import IssueRow, IssueStatus
from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.query.promql import Engine

STRIP_BUCKETS = 24
MOST_TARGETS = 50
_WORST_FIRST = ("critical", "high", "error", "warning", "medium", "low", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPlan:
    """A chart of Home. queries: the first that has data is drawn."""

    key: str
    title: str
    unit: str
    queries: tuple[str, ...]
    empty_hint: str


CHARTS = (
    ChartPlan(
        key="errors",
        title="Errors",
        unit="/min",
        queries=("sum(rate(watchkeeper_errors_total[5m])) * 60",),
        empty_hint="No error has arrived. Put the DSN of the set-up page into a Sentry SDK.",
    ),
    ChartPlan(
        key="requests",
        title="Requests",
        unit="/s",
        queries=(
            "sum(rate(http_requests_total[5m]))",
            "sum(rate(http_request_duration_seconds_count[5m]))",
            "sum(rate(http_server_request_duration_seconds_count[5m]))",
        ),
        empty_hint="No request counter has arrived. Scrape an app that exports one.",
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

HOST_QUERIES = {
    "cpu": '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
    "memory": (
        "1 - sum by (instance) (node_memory_MemAvailable_bytes)"
        " / sum by (instance) (node_memory_MemTotal_bytes)"
    ),
    "disk": (
        'max by (instance) (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"}'
        ' / node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs"})'
    ),
}


def needs_you(
    alerts: Iterable[ActiveAlert], targets: Iterable[TargetStatus], issues: Iterable[IssueRow]
) -> list[NeedsYou]:
    """What asks for somebody: firing and pending alerts, targets down, regressed issues."""
    found = [
        *(_alert(each) for each in alerts),
        *(_target(each) for each in targets if each.health is Health.DOWN),
        *(_issue(each) for each in issues if each.is_regressed),
    ]
    return sorted(found, key=_urgency)


def charts(engine: Engine, scope: Scope, span: TimeRange) -> list[Chart]:
    """The four charts over the range; `series` is null where nothing was measured."""
    grid = Grid.over(span)
    return [_chart(engine, scope, grid, plan) for plan in CHARTS]


def target_rows(
    engine: Engine, scope: Scope, span: TimeRange, targets: Sequence[TargetStatus]
) -> list[TargetRow]:
    """Targets with how they did over the range, those that are down first."""
    shown = sorted(targets, key=lambda each: each.health is not Health.DOWN)[:MOST_TARGETS]
    strips = _strips(engine, scope, span)
    seconds = max(span.length_ms // SECOND_MS, 1)
    ratios = _by_target(instant(engine, scope, f"avg_over_time(up[{seconds}s])", span.end_ms))
    return [
        TargetRow(
            job=each.job,
            instance=each.instance,
            health=each.health.value,
            last_scrape_ms=each.last_scrape_ms,
            last_error=each.last_error,
            up_ratio=ratios.get((each.job, each.instance)),
            strip=strips.get((each.job, each.instance), [None] * STRIP_BUCKETS),
        )
        for each in shown
    ]


def counts(
    alerts: Iterable[ActiveAlert],
    targets: Sequence[TargetStatus],
    issues: Mapping[IssueStatus, int],
) -> Counts:
    """The numbers at the head of the page."""
    return Counts(
        unresolved=issues.get(IssueStatus.UNRESOLVED, 0),
        firing=sum(each.state == "firing" for each in alerts),
        targets_down=sum(each.health is Health.DOWN for each in targets),
        targets=len(targets),
    )


def hosts(engine: Engine, scope: Scope, at_ms: int) -> list[Host]:
    """Every machine that is measured, by name."""
    cpu, memory, disk = (
        by_label(engine, scope, query, at_ms, "instance") for query in HOST_QUERIES.values()
    )
    return [
        Host(
            instance=name,
            cpu_ratio=cpu.get(name),
            memory_ratio=memory.get(name),
            disk_ratio=disk.get(name),
        )
        for name in sorted({*cpu, *memory, *disk})
    ]


def setup_done(rooms: Rooms, scope: Scope) -> SetupDone:
    """Which of the five first steps are done. Whoever asks has an account and a project."""
    now_ms = rooms.clock()
    with rooms.meta.read() as conn:
        has_rules, has_channel = repo.has_rules(conn, scope), repo.has_channel(conn, scope)
        has_issue = repo.has_issue(conn, scope)
    return SetupDone(
        account=True,
        project=True,
        first_record=has_issue or bool(repo.seen(rooms.columns, scope, now_ms)),
        rules=has_rules,
        channel=has_channel,
    )


def _alert(alert: ActiveAlert) -> NeedsYou:
    summary = alert.annotations.get("summary") or alert.annotations.get("description", "")
    return NeedsYou(
        kind="alert",
        state="firing" if alert.state == "firing" else "pending",
        severity=alert.severity,
        title=alert.rule,
        detail=summary,
        since_ms=alert.fired_ms or alert.active_ms,
        link=Link(page="alerts", id=fingerprint_of(alert.labels)),
    )


def _target(target: TargetStatus) -> NeedsYou:
    return NeedsYou(
        kind="target",
        state="down",
        severity="high",
        title=f"{target.job} on {target.instance} is down",
        detail=target.last_error,
        since_ms=target.last_scrape_ms or 0,
        link=Link(page="targets", id=f"{target.job}/{target.instance}"),
    )


def _issue(issue: IssueRow) -> NeedsYou:
    return NeedsYou(
        kind="issue",
        state="regressed",
        severity=issue.severity.value,
        title=issue.title,
        detail=issue.culprit,
        since_ms=issue.last_seen_ms,
        link=Link(page="errors", id=issue.short_id),
    )


def _urgency(entry: NeedsYou) -> tuple[int, int, int]:
    """Pending after what has happened; the worst first; among equals the oldest first."""
    place = _WORST_FIRST.index(entry.severity) if entry.severity in _WORST_FIRST else 3
    return entry.state == "pending", place, entry.since_ms


def _chart(engine: Engine, scope: Scope, grid: Grid, plan: ChartPlan) -> Chart:
    values: list[float | None] = []
    query = plan.queries[0]
    for query in plan.queries:
        found = lines(engine, scope, query, grid).lines
        if found:
            values = found[0].values
            break
    else:
        query = plan.queries[0]
    return Chart(
        key=plan.key,
        title=plan.title,
        unit=plan.unit,
        query=query,
        value=latest(values),
        series=Points(times_ms=grid.times_ms, values=values) if values else None,
        change=change(values),
        empty_hint=plan.empty_hint,
    )


def _strips(
    engine: Engine, scope: Scope, span: TimeRange
) -> dict[tuple[str, str], list[float | None]]:
    """Each target's share of good scrapes in STRIP_BUCKETS equal buckets of the range."""
    bucket_s = max(math.ceil(span.length_ms / STRIP_BUCKETS / SECOND_MS), 1)
    step_ms = bucket_s * SECOND_MS
    grid = Grid(span.end_ms - (STRIP_BUCKETS - 1) * step_ms, span.end_ms, step_ms)
    found = lines(engine, scope, f"avg_over_time(up[{bucket_s}s])", grid)
    return {_target_of(dict(line.labels)): line.values for line in found.lines}


def _by_target(
    found: Iterable[tuple[dict[str, str], float]],
) -> dict[tuple[str, str], float]:
    return {_target_of(labels): value for labels, value in found}


def _target_of(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("job", ""), labels.get("instance", "")
