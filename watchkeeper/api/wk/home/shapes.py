"""Bodies of Home."""

from __future__ import annotations

from typing import Literal

from watchkeeper.api.wk.issues import IssueAnswer
from watchkeeper.api.wk.shapes import Answer


class Link(Answer):
    """page: of the web UI; id: what to open there."""

    page: Literal["alerts", "targets", "errors"]
    id: str


class NeedsYou(Answer):
    """One thing that asks for somebody. severity: of its label or issue."""

    kind: Literal["alert", "target", "issue"]
    state: Literal["firing", "pending", "down", "regressed"]
    severity: str
    title: str
    detail: str
    since_ms: int
    link: Link


class Points(Answer):
    """values: null where nothing is known; as long as times_ms."""

    times_ms: list[int]
    values: list[float | None]


class Chart(Answer):
    """value: the latest; change: against the start of the range, 0.1 = 10 % more; query: PromQL.

    before: values of the steps so much earlier as `back_ms` says; null where nothing is compared
    or nothing was measured then.
    """

    key: str
    title: str
    unit: str
    query: str
    value: float | None
    series: Points | None
    before: list[float | None] | None
    change: float | None
    empty_hint: str


class TargetRow(Answer):
    """up_ratio: 0..1 over the range; strip: the same in equal buckets, null without a scrape."""

    job: str
    instance: str
    health: Literal["up", "down", "unknown"]
    last_scrape_ms: int | None
    last_error: str
    up_ratio: float | None
    strip: list[float | None]


class Counts(Answer):
    """Numbers for the head of the page, right now."""

    unresolved: int
    firing: int
    targets_down: int
    targets: int


class Host(Answer):
    """Each 0..1, null when it is not measured."""

    instance: str
    cpu_ratio: float | None
    memory_ratio: float | None
    disk_ratio: float | None


class SetupDone(Answer):
    """The list of five on Home, until all are true."""

    account: bool
    project: bool
    first_record: bool
    rules: bool
    channel: bool


class ServiceRow(Answer):
    """What a service answers. requests: a second; error_ratio: 0..1; p50_s, p95_s: seconds.

    All are of now, null for a service that says nothing any more; last_ms: when it last did, within
    the range. spark: its p95 over the range. release: as its build info says. query: PromQL of its
    requests by how they were answered.
    """

    name: str
    requests: float | None
    error_ratio: float | None
    p50_s: float | None
    p95_s: float | None
    spark: list[float | None]
    last_ms: int | None
    release: str | None
    query: str


class HomeAnswer(Answer):
    """needs_you: the worst and oldest first. services: those that fail most first.

    last_alert_ms: when an alert last fired or was resolved, of the last 90 days.
    """

    needs_you: list[NeedsYou]
    last_alert_ms: int | None
    charts: list[Chart]
    services: list[ServiceRow]
    targets: list[TargetRow]
    issues: list[IssueAnswer]
    counts: Counts
    hosts: list[Host]
    setup_done: SetupDone
