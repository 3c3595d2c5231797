"""Issues, projects and tags in the fields of this API. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchkeeper.access import Member, Organisation, Project
from watchkeeper.api.compat.sentry.desk import iso
from watchkeeper.issues import (
    Ignoring,
    IssueRow,
    IssueStatus,
    Resolution,
    ResolvedIn,
)
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Severity

Told = dict[str, object]
_NEW_MS = 7 * DAY_MS
"""For how long an issue is new."""
_PRIORITIES = {
    Severity.CRITICAL: "high",
    Severity.HIGH: "high",
    Severity.MEDIUM: "medium",
    Severity.LOW: "low",
}


def issue_told(
    base_url: str,
    org: Organisation,
    project: Project,
    one: IssueRow,
    *,
    stats: Mapping[str, Sequence[tuple[int, int]]],
    people: Mapping[str, Member],
    now_ms: int,
) -> Told:
    """One issue. stats: by period, (Unix s, events). people: members by e-mail."""
    value = one.title.removeprefix(one.type).removeprefix(": ")
    metadata = {"title": one.title} if is_message(one) else {"type": one.type, "value": value}
    return {
        "id": str(one.id),
        "shareId": None,
        "shortId": one.short_id,
        "title": one.title,
        "culprit": one.culprit,
        "permalink": f"{base_url}/o/{org.slug}/errors/{one.short_id}?project={project.slug}",
        "logger": None,
        "level": one.level,
        "status": one.status.value,
        "statusDetails": _status_details(one.resolution, one.ignoring),
        "substatus": _substatus(one, now_ms),
        "isPublic": False,
        "platform": one.platform,
        "project": project_told(project),
        "type": "default" if is_message(one) else "error",
        "metadata": metadata,
        "numComments": one.comments,
        "assignedTo": _assigned(one.assignee, people),
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": True,
        "annotations": [],
        "issueType": "error",
        "issueCategory": "error",
        "priority": _PRIORITIES[one.severity],
        "isUnhandled": not one.is_handled,
        "count": str(one.events),
        "userCount": one.users,
        "firstSeen": iso(one.first_seen_ms),
        "lastSeen": iso(one.last_seen_ms),
        "stats": {name: list(points) for name, points in stats.items()},
    }


def is_message(one: IssueRow) -> bool:
    """True if nothing was raised: a text alone was sent."""
    return one.type in {"", "message"}


def project_told(project: Project) -> Told:
    """A project as it stands within other things."""
    return {
        "id": str(project.id),
        "name": project.name,
        "slug": project.slug,
        "platform": None,
    }


def _status_details(resolution: Resolution | None, ignoring: Ignoring | None) -> Told:
    told: Told = {}
    if resolution is not None:
        match resolution.kind:
            case ResolvedIn.NEXT_RELEASE:
                told["inNextRelease"] = True
            case ResolvedIn.RELEASE:
                told["inRelease"] = resolution.release
            case ResolvedIn.COMMIT:
                told["inCommit"] = {"id": resolution.commit}
            case ResolvedIn.NOW:
                pass
    if ignoring is not None:
        told |= {
            name: value
            for name, value in (
                ("ignoreUntil", iso(ignoring.until_ms)),
                ("ignoreCount", ignoring.events),
                ("ignoreUserCount", ignoring.users),
            )
            if value is not None
        }
    return told


def _substatus(one: IssueRow, now_ms: int) -> str | None:
    if one.status is IssueStatus.RESOLVED:
        return None
    if one.status is IssueStatus.IGNORED:
        until = one.ignoring
        if until is not None and until.is_escalating:
            return "archived_until_escalating"
        is_bound = until and any(x is not None for x in (until.until_ms, until.events, until.users))
        return "archived_until_condition_met" if is_bound else "archived_forever"
    if one.is_regressed:
        return "regressed"
    if one.is_escalating:
        return "escalating"
    return "new" if now_ms - one.first_seen_ms < _NEW_MS else "ongoing"


def _assigned(email: str | None, people: Mapping[str, Member]) -> Told | None:
    if not email:
        return None
    found = people.get(email)
    return {
        "type": "user",
        "id": str(found.user_id) if found else "",
        "name": (found.name if found else "") or email,
        "email": email,
    }
