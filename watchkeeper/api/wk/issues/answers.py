"""From the issues room's nouns to bodies. What an SDK sent in a wrong shape becomes empty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from watchkeeper.api.wk.issues.act_shapes import Ignoring as IgnoringShape
from watchkeeper.api.wk.issues.act_shapes import Resolution as ResolutionShape
from watchkeeper.api.wk.issues.shapes import (
    ActivityEntry,
    Breadcrumb,
    EventAnswer,
    ExceptionAnswer,
    Frame,
    IssueAnswer,
    IssueDetail,
    IssuesAnswer,
    IssueStats,
    Mechanism,
    Scrubbed,
    SeverityStats,
    TagFacet,
    TagValue,
)
from watchkeeper.api.wk.issues.stack_shapes import stacks_answer
from watchkeeper.issues import (
    Activity,
    ErrorEvent,
    Ignoring,
    Issue,
    IssuePage,
    IssueRow,
    Resolution,
    TagBreakdown,
)
from watchkeeper.issues import IssueStats as StatsOfIssue
from watchkeeper.issues import SeverityStats as StatsBySeverity

Json = Mapping[str, Any]
"""A JSON object as it was stored: any value may be missing or of a wrong kind."""


def issues_answer(page: IssuePage, stats: StatsBySeverity) -> IssuesAnswer:
    """A page of a list."""
    return IssuesAnswer(
        issues=[issue_answer(each) for each in page.issues],
        next_cursor=page.next_cursor,
        total=page.total,
        stats=SeverityStats(
            times_ms=list(stats.times_ms),
            by_severity={severity: list(found) for severity, found in stats.by_severity.items()},
        ),
        hints=list(page.hints),
    )


def issue_answer(row: IssueRow) -> IssueAnswer:
    """One issue of a list."""
    return IssueAnswer(**_row(row))


def detail_answer(
    issue: Issue, stats: StatsOfIssue, tags: list[TagBreakdown], activity: list[Activity]
) -> IssueDetail:
    """The page of one issue."""
    return IssueDetail(
        **_row(issue),
        value=issue.value,
        platform=issue.platform,
        total_events=issue.total_events,
        status_changed_ms=issue.status_changed_ms,
        grouping_version=issue.grouping_version,
        stats=IssueStats(
            times_ms=list(stats.times_ms), events=list(stats.events), users=list(stats.users)
        ),
        tags=[_facet(each) for each in tags],
        activity=[_activity(each) for each in activity],
        releases=list(issue.releases),
        environments=list(issue.environments),
    )


def event_answer(event: ErrorEvent) -> EventAnswer:
    """One event."""
    return EventAnswer(
        event_id=event.event_id,
        ts_ms=event.ts_ms,
        index=event.index,
        total=event.total,
        previous_id=event.previous_id,
        next_id=event.next_id,
        level=event.level,
        title=event.title,
        message=event.message,
        exceptions=[_exception(each) for each in event.exceptions],
        stacks=stacks_answer(event.stacks),
        breadcrumbs=[_breadcrumb(each) for each in event.breadcrumbs],
        request=_object_or_none(event.request),
        user=_object_or_none(event.user),
        tags=dict(event.tags),
        contexts=dict(event.contexts),
        sdk=_object_or_none(event.sdk),
        release=event.release,
        environment=event.environment,
        trace_id=event.trace_id,
        span_id=event.span_id,
        scrubbed=[Scrubbed(path=each["path"], rule=each["rule"]) for each in event.scrubbed],
        raw=dict(event.raw),
    )


def _row(row: IssueRow) -> dict[str, Any]:
    """The fields of IssueAnswer."""
    return {
        "id": row.id,
        "short_id": row.short_id,
        "title": row.title,
        "type": row.type,
        "culprit": row.culprit,
        "level": row.level,
        "severity": row.severity,
        "status": row.status.value,
        "is_regressed": row.is_regressed,
        "is_handled": row.is_handled,
        "first_seen_ms": row.first_seen_ms,
        "last_seen_ms": row.last_seen_ms,
        "events": row.events,
        "users": row.users,
        "spark": list(row.spark),
        "environment": row.environment,
        "release": row.release,
        "assignee": row.assignee,
        "severity_by": row.severity_by,
        "is_new": row.is_new,
        "is_since_deploy": row.is_since_deploy,
        "is_escalating": row.is_escalating,
        "first_release": row.first_release,
        "comments": row.comments,
        "merged": row.merged,
        "resolution": _resolution(row.resolution),
        "ignoring": _ignoring(row.ignoring),
    }


def _resolution(found: Resolution | None) -> ResolutionShape | None:
    if found is None:
        return None
    return ResolutionShape(kind=found.kind.value, release=found.release, commit=found.commit)


def _ignoring(found: Ignoring | None) -> IgnoringShape | None:
    if found is None:
        return None
    return IgnoringShape(
        until_ms=found.until_ms,
        events=found.events,
        window_ms=found.window_ms,
        users=found.users,
        is_escalating=found.is_escalating,
        seen_events=found.seen,
    )


def _facet(tag: TagBreakdown) -> TagFacet:
    values = [
        TagValue(value=v.value, count=v.count, ratio=v.ratio, usual_ratio=v.usual_ratio)
        for v in tag.values
    ]
    return TagFacet(key=tag.key, values=values, is_sampled=tag.is_sampled)


def _activity(entry: Activity) -> ActivityEntry:
    return ActivityEntry(
        at_ms=entry.at_ms, actor=entry.actor, kind=entry.kind, facts=dict(entry.facts)
    )


def _exception(one: Json) -> ExceptionAnswer:
    mechanism = one.get("mechanism")
    return ExceptionAnswer(
        type=_text(one.get("type")),
        value=_text(one.get("value")),
        mechanism=_mechanism(mechanism) if isinstance(mechanism, Mapping) else None,
        frames=[_frame(each) for each in _objects(one.get("frames"))],
    )


def _mechanism(one: Json) -> Mechanism:
    handled = one.get("handled")
    return Mechanism(
        type=_text(one.get("type")), handled=handled if isinstance(handled, bool) else None
    )


def _frame(one: Json) -> Frame:
    line = one.get("context_line")
    return Frame(
        filename=_text(one.get("filename")),
        abs_path=_text(one.get("abs_path")),
        module=_text(one.get("module")),
        function=_text(one.get("function")),
        lineno=_number(one.get("lineno")),
        colno=_number(one.get("colno")),
        in_app=one.get("in_app") is True,
        pre_context=_texts(one.get("pre_context")),
        context_line=line if isinstance(line, str) else None,
        post_context=_texts(one.get("post_context")),
        vars=_object(one.get("vars")),
    )


def _breadcrumb(one: Json) -> Breadcrumb:
    return Breadcrumb(
        ts_ms=time_ms(one.get("timestamp")),
        type=_text(one.get("type")),
        category=_text(one.get("category")),
        level=_text(one.get("level")),
        message=_text(one.get("message")),
        data=_object(one.get("data")),
    )


def time_ms(value: object) -> int | None:
    """Unix ms of a Sentry timestamp: seconds as a number, or ISO 8601; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value * 1000) if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.fromisoformat(f"{value}+00:00")
    return int(aware.timestamp() * 1000)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)


def _texts(value: object) -> list[str]:
    return [_text(each) for each in value] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, Mapping) else {}


def _object_or_none(value: Json | None) -> dict[str, object] | None:
    return None if value is None else dict(value)


def _objects(value: object) -> list[Json]:
    if not isinstance(value, list | tuple):
        return []
    return [each for each in value if isinstance(each, Mapping)]
