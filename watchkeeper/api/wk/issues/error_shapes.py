"""Bodies of the routes that count errors over a whole project."""

from __future__ import annotations

from typing import Literal

from watchkeeper.api.wk.shapes import Answer

ByName = Literal[
    "endpoint", "user", "feature", "type", "function", "severity", "release", "environment",
    "server", "platform", "issue",
]  # fmt: skip


class ErrorGroup(Answer):
    """events and users in the range; ratio: 0..1 of all events; per_minute: events a minute.

    previous_events: in the range of the same length before. series: as long as times_ms. requests
    and error_pct (two decimals): entry spans of the endpoint; null where none were stored.
    short_id: of an issue; label says it otherwise.
    """

    value: str
    label: str
    short_id: str | None
    events: int
    users: int
    ratio: float
    per_minute: float
    previous_events: int
    requests: int | None
    error_pct: float | None
    series: list[int]


class ErrorGroupsAnswer(Answer):
    """The most frequent first; other: events beyond the groups shown. times_ms: bucket starts."""

    by: ByName
    tag: str
    total: int
    other: int
    times_ms: list[int]
    groups: list[ErrorGroup]


class ErrorTotals(Answer):
    """error_pct: errors of 100 requests, two decimals; null where no request was stored."""

    events: int
    users: int
    issues: int
    requests: int | None
    error_pct: float | None


class ErrorSummaryAnswer(Answer):
    """Totals of the range and of the one before. change_pct: of events; null after none.

    events, users: as long as times_ms. new_issues, regressions: in the range.
    """

    now: ErrorTotals
    before: ErrorTotals
    change_pct: float | None
    times_ms: list[int]
    events: list[int]
    users: list[int]
    new_issues: int
    regressions: int
    unresolved: int
    resolved: int
    ignored: int
