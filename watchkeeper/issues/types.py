"""What the issues room is asked and what it answers. Times are Unix ms UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from watchkeeper.issues.frames import Stacks
from watchkeeper.issues.lapse import Ignoring, Resolution
from watchkeeper.model import Severity, TimeRange

IssueRef = int | str
"""An issue's id, or its short id such as ACADEMY-12."""


class IssueStatus(StrEnum):
    """Whether people still have to look at it."""

    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"
    IGNORED = "ignored"


class IssueSort(StrEnum):
    """Order of a list, each descending."""

    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    EVENTS = "events"
    USERS = "users"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueQuery:
    """Which issues, in which order. Empty or None: no filter.

    range: issues with an event in it; counts are of it. text: a search (docs/use/errors.md).
    cursor: `next_cursor` of the page before.
    """

    range: TimeRange
    status: IssueStatus | None = None
    text: str = ""
    environment: str = ""
    release: str = ""
    severity: Severity | None = None
    sort: IssueSort = IssueSort.LAST_SEEN
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """One issue in a list. events, users and spark (24 equal buckets) are of the asked range.

    is_new: first seen in the range; is_since_deploy: after the latest deploy; is_escalating: the
    end of the range has far more events than the rest. severity_by: events, rule or person.
    merged: issues that are part of this one.
    """

    id: int
    short_id: str
    title: str
    type: str
    culprit: str
    platform: str
    level: str
    severity: Severity
    status: IssueStatus
    is_regressed: bool
    is_handled: bool
    first_seen_ms: int
    last_seen_ms: int
    events: int
    users: int
    spark: Sequence[int]
    environment: str
    release: str
    assignee: str | None
    severity_by: str
    is_new: bool
    is_since_deploy: bool
    is_escalating: bool
    first_release: str
    comments: int
    merged: int
    resolution: Resolution | None
    ignoring: Ignoring | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityStats:
    """Events by bucket and severity. times_ms: starts of the buckets, every list as long."""

    times_ms: Sequence[int]
    by_severity: Mapping[Severity, Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """A page of a list. total: issues that match, over all pages. hints: what may be meant."""

    issues: Sequence[IssueRow]
    next_cursor: str | None
    total: int
    hints: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStats:
    """One issue over time. times_ms: starts of the buckets, every list as long."""

    times_ms: Sequence[int]
    events: Sequence[int]
    users: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagValue:
    """ratio: of the events that were looked at, 0..1. usual_ratio: in the events of other issues
    that have the tag; None where none has it.
    """

    value: str
    count: int
    ratio: float
    usual_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagBreakdown:
    """The commonest values of one tag, the commonest first. is_sampled: of the newest events."""

    key: str
    values: Sequence[TagValue]
    is_sampled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that a person or the server did to an issue."""

    at_ms: int
    actor: str
    kind: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(IssueRow):
    """One issue in full. total_events: since it was first seen; it outlives the events."""

    value: str
    grouping_version: int
    total_events: int
    status_changed_ms: int
    releases: Sequence[str]
    environments: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEvent:
    """One event as pages show it. index: 1 for the oldest of `total`.

    exceptions: the first cause first, frames outermost first, as the SDK sent them.
    stacks: the same ready to show. scrubbed: what was taken out before it was stored,
    {"path", "rule"}.
    """

    event_id: str
    ts_ms: int
    received_ms: int
    index: int
    total: int
    previous_id: str | None
    next_id: str | None
    level: str
    title: str
    message: str
    culprit: str
    release: str
    environment: str
    trace_id: str
    span_id: str
    exceptions: Sequence[Mapping[str, Any]]
    stacks: Stacks
    breadcrumbs: Sequence[Mapping[str, Any]]
    request: Mapping[str, Any] | None
    user: Mapping[str, Any] | None
    tags: Mapping[str, str]
    contexts: Mapping[str, Any]
    sdk: Mapping[str, Any] | None
    scrubbed: Sequence[Mapping[str, str]] = field(default=())
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody wrote on an issue. edited_ms: None until it was changed."""

    id: int
    at_ms: int
    edited_ms: int | None
    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesOfTag:
    """values: (value, events, first ms, last ms), the commonest first. total: with the tag."""

    key: str
    total: int
    values: Sequence[tuple[str, int, int, int]]
