"""Bodies of Home."""

from __future__ import annotations

from typing import Literal

from watchkeeper.api.wk.issue_shapes import IssueAnswer
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
    """value: the latest; change: against the start of the range, 0.1 = 10 % more; query: PromQL."""

    key: str
    title: str
    unit: str
    query: str
    value: float | None
    series: Points | None
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


class HomeAnswer(Answer):
    """needs_you: the worst and oldest first."""

    needs_you: list[NeedsYou]
    charts: list[Chart]
    targets: list[TargetRow]
    issues: list[IssueAnswer]
    counts: Counts
    hosts: list[Host]
    setup_done: SetupDone
