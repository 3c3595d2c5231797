"""Home, part by part: each from what one or two rooms say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from watchkeeper.alerting import ActiveAlert
from watchkeeper.api import repo
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.alerts import fingerprint_of
from watchkeeper.api.wk.home.shapes import (
    Counts,
    Host,
    Link,
    NeedsYou,
    SetupDone,
    TargetRow,
)
from watchkeeper.api.wk.up_history import UpHistory
from watchkeeper.ingest.scrape import Health, TargetStatus
from watchkeeper.issues import IssueRow, IssueStatus
from watchkeeper.model import Scope

MOST_TARGETS = 50
_WORST_FIRST = ("critical", "high", "error", "warning", "medium", "low", "info")


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
    alerts: Iterable[ActiveAlert],
    targets: Iterable[TargetStatus],
    history: UpHistory,
    issues: Iterable[IssueRow],
) -> list[NeedsYou]:
    """What asks for somebody: active alerts, jobs with targets down, regressed issues."""
    found = [
        *(_alert(each) for each in alerts),
        *_jobs_down(targets, history),
        *(_issue(each) for each in issues if each.is_regressed),
    ]
    return sorted(found, key=_urgency)


def target_rows(targets: Sequence[TargetStatus], history: UpHistory) -> list[TargetRow]:
    """Targets with how they did over the range, those that are down first."""
    shown = sorted(targets, key=lambda each: each.health is not Health.DOWN)[:MOST_TARGETS]
    return [
        TargetRow(
            job=each.job,
            instance=each.instance,
            health=each.health.value,
            last_scrape_ms=each.last_scrape_ms,
            last_error=each.last_error,
            up_ratio=history.ratios.get((each.job, each.instance)),
            strip=history.strip(each.job, each.instance),
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


def hosts(measured: Mapping[str, Mapping[str, float]]) -> list[Host]:
    """Every machine that is measured, by name. measured: HOST_QUERIES' answers by instance."""
    cpu, memory, disk = (measured[key] for key in HOST_QUERIES)
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
    summary = alert.annotations.get("summary") or alert.annotations.get("description")
    return NeedsYou(
        kind="alert",
        state="firing" if alert.state == "firing" else "pending",
        severity=alert.severity,
        title=alert.rule,
        detail=summary or _named_by(alert.labels),
        since_ms=alert.fired_ms or alert.active_ms,
        link=Link(page="alerts", id=fingerprint_of(alert.labels)),
    )


_SAID_ELSEWHERE = frozenset({"alertname", "severity", "project", "__name__"})


def _named_by(labels: Mapping[str, str]) -> str:
    """What tells an alert without a summary from others of its rule: "job api, instance a:1"."""
    told = [f"{name} {value}" for name, value in labels.items() if name not in _SAID_ELSEWHERE]
    return ", ".join(told)


def _jobs_down(targets: Iterable[TargetStatus], history: UpHistory) -> list[NeedsYou]:
    """An entry for each job of which something is down."""
    jobs: dict[str, list[TargetStatus]] = {}
    for target in targets:
        jobs.setdefault(target.job, []).append(target)
    return [
        _job_down(job, down, len(all_), history)
        for job, all_ in jobs.items()
        if (down := [each for each in all_ if each.health is Health.DOWN])
    ]


def _job_down(job: str, down: Sequence[TargetStatus], of: int, history: UpHistory) -> NeedsYou:
    """down: its targets that are, at least one; of: how many it has."""
    first = down[0]
    if len(down) == 1:
        title, detail = f"{job} on {first.instance} is down", first.last_error
    else:
        title = f"{len(down)} of {of} targets of {job} are down"
        detail = f"{first.instance}: {first.last_error}"
    since = [history.down_since_ms(job, each.instance) or each.failing_since_ms for each in down]
    return NeedsYou(
        kind="target",
        state="down",
        severity="high",
        title=title,
        detail=detail,
        since_ms=min(filter(None, since), default=0),
        link=Link(page="targets", id=job if len(down) > 1 else f"{job}/{first.instance}"),
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
