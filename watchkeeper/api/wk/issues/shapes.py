"""Bodies of the issue routes."""

from __future__ import annotations

from typing import Literal

from watchkeeper.api.wk.issues.act_shapes import Ignoring, Resolution, StatusName
from watchkeeper.api.wk.issues.stack_shapes import StacksAnswer
from watchkeeper.api.wk.shapes import Answer
from watchkeeper.model import Severity

SortName = Literal["last_seen", "first_seen", "events", "users"]


class IssueAnswer(Answer):
    """events, users, spark: in the asked range; spark: in 24 equal buckets. assignee: e-mail.

    severity_by: who said so. is_new: first seen in the range; is_since_deploy: after the latest
    deploy; is_escalating: the end of the range has far more than the rest. merged: issues that are
    part of this one.
    """

    id: int
    short_id: str
    title: str
    type: str
    culprit: str
    level: str
    severity: Severity
    status: StatusName
    is_regressed: bool
    is_handled: bool
    first_seen_ms: int
    last_seen_ms: int
    events: int
    users: int
    spark: list[int]
    environment: str
    release: str
    assignee: str | None
    severity_by: Literal["events", "rule", "person"]
    is_new: bool
    is_since_deploy: bool
    is_escalating: bool
    first_release: str
    comments: int
    merged: int
    resolution: Resolution | None
    ignoring: Ignoring | None


class SeverityStats(Answer):
    """Events a bucket and severity; lists are as long as times_ms."""

    times_ms: list[int]
    by_severity: dict[Severity, list[int]]


class IssuesAnswer(Answer):
    """total: issues that match on all pages; next_cursor: null on the last page.

    hints: what the search may have meant, if it names something that no event has.
    """

    issues: list[IssueAnswer]
    next_cursor: str | None
    total: int
    stats: SeverityStats
    hints: list[str]


class IssueStats(Answer):
    """Lists are as long as times_ms; times are the buckets' starts."""

    times_ms: list[int]
    events: list[int]
    users: list[int]


class TagValue(Answer):
    """ratio: 0..1 of the issue's events in the range. usual_ratio: in the events of other issues
    that have the tag; null where none has it.
    """

    value: str
    count: int
    ratio: float
    usual_ratio: float | None


class TagFacet(Answer):
    """One tag and its commonest values. is_sampled: counted in the newest events only."""

    key: str
    values: list[TagValue]
    is_sampled: bool


class ActivityEntry(Answer):
    """kind: status, severity, assignee, comment, merged, unmerged, regressed, unignored, undone.

    facts differ by kind. actor: an e-mail address, a token's name, or watchkeeper.
    """

    at_ms: int
    actor: str
    kind: str
    facts: dict[str, object]


class IssueDetail(IssueAnswer):
    """An issue with what its page shows beside it. total_events: since it was first seen."""

    value: str
    platform: str
    total_events: int
    status_changed_ms: int
    grouping_version: int
    stats: IssueStats
    tags: list[TagFacet]
    activity: list[ActivityEntry]
    releases: list[str]
    environments: list[str]


class Mechanism(Answer):
    """How the SDK caught it. handled: null when it did not say."""

    type: str
    handled: bool | None


class Frame(Answer):
    """One call, oldest first. pre_context, post_context: source lines around context_line."""

    filename: str
    abs_path: str
    module: str
    function: str
    lineno: int | None
    colno: int | None
    in_app: bool
    pre_context: list[str]
    context_line: str | None
    post_context: list[str]
    vars: dict[str, object]


class ExceptionAnswer(Answer):
    """Of a chain, in the order in which the SDK sent them: the outermost is last."""

    type: str
    value: str
    mechanism: Mechanism | None
    frames: list[Frame]


class Breadcrumb(Answer):
    """What happened before the error."""

    ts_ms: int | None
    type: str
    category: str
    level: str
    message: str
    data: dict[str, object]


class Scrubbed(Answer):
    """path: where in the event something was hidden; rule: the privacy rule that did it."""

    path: str
    rule: str


class EventAnswer(Answer):
    """index: 1 is the oldest. raw: the stored event, as scrubbed."""

    event_id: str
    ts_ms: int
    index: int
    total: int
    previous_id: str | None
    next_id: str | None
    level: str
    title: str
    message: str
    exceptions: list[ExceptionAnswer]
    stacks: StacksAnswer
    breadcrumbs: list[Breadcrumb]
    request: dict[str, object] | None
    user: dict[str, object] | None
    tags: dict[str, str]
    contexts: dict[str, object]
    sdk: dict[str, object] | None
    release: str
    environment: str
    trace_id: str
    span_id: str
    scrubbed: list[Scrubbed]
    raw: dict[str, object]
