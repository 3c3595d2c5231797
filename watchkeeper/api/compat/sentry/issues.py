"""Issues and events, as `sentry-cli issues` and `events` list and change them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from watchkeeper.access import Organisation
from watchkeeper.api.compat.sentry.desk import Asked, iso, json_answer, text
from watchkeeper.api.compat.sentry.paging import link_to, offset_of, per_page
from watchkeeper.issues import (
    Ignoring,
    Intent,
    IssueChange,
    IssueQuery,
    IssueRow,
    IssueStatus,
    NewEvent,
    ResolvedIn,
)
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import LiveEvent, LiveTopic, Role, Scope, TimeRange

_SHOWN_MS = 90 * DAY_MS
_STATUSES = {
    "resolved": IssueStatus.RESOLVED,
    "resolvedInNextRelease": IssueStatus.RESOLVED,
    "unresolved": IssueStatus.UNRESOLVED,
    "ignored": IssueStatus.IGNORED,
    "muted": IssueStatus.IGNORED,
}
"""Words of this API, older ones among them, for a status to set or to look for."""


def issues(asked: Asked) -> Response:
    """Issues of a project, the last seen first; `Link` leads to the next page."""
    org, scope = asked.org(), _one_project(asked)
    limit = per_page(asked.query.get("limit") or asked.query.get("per_page", ""))
    page = asked.desk.issues.list(
        scope,
        IssueQuery(
            range=_shown(asked),
            text=asked.query.get("query", ""),
            environment=asked.query.get("environment", ""),
            cursor=asked.query.get("cursor", ""),
            limit=limit,
        ),
    )
    told = [_told(asked, org, scope, one) for one in page.issues]
    headers = {"x-hits": str(page.total)}
    if page.next_cursor:
        headers["link"] = (
            f'<{_address(asked)}?cursor={page.next_cursor}>; rel="next"; results="true"; '
            f'cursor="{page.next_cursor}"'
        )
    return json_answer(told, headers=headers)


def change_issues(asked: Asked) -> Response:
    """Resolve, ignore or reopen the issues that `id` names, or all of a `status`."""
    scope = _one_project(asked)
    _may_change(scope)
    change, intent, told = _change(asked)
    named = list(asked.queries("id"))
    if named:
        refs = [_number(one) for one in named]
        asked.desk.issues.acts.change(scope, refs, change, actor=asked.caller.email, intent=intent)
    else:
        wanted = asked.query.get("status", "")
        if wanted and wanted not in _STATUSES:
            raise Invalid(f"status must be one of {', '.join(_STATUSES)}.")
        query = IssueQuery(
            range=_shown(asked),
            status=_STATUSES.get(wanted),
            text=asked.query.get("query", ""),
        )
        asked.desk.issues.acts.change_found(
            scope, query, change, actor=asked.caller.email, intent=intent
        )
    asked.desk.tell(LiveEvent(scope.project_id, LiveTopic.ISSUES, {}))
    return json_answer(told)


def issue(asked: Asked) -> Response:
    """One issue, by its number or short id."""
    org = asked.org()
    scope, ref = _found(asked)
    return json_answer(_told(asked, org, scope, asked.desk.issues.get(scope, ref, _shown(asked))))


def change_issue(asked: Asked) -> Response:
    """Resolve, ignore or reopen one issue."""
    org = asked.org()
    scope, ref = _found(asked)
    _may_change(scope)
    change, intent, _told_back = _change(asked)
    asked.desk.issues.acts.change(scope, [ref], change, actor=asked.caller.email, intent=intent)
    asked.desk.tell(LiveEvent(scope.project_id, LiveTopic.ISSUES, {}))
    return json_answer(_told(asked, org, scope, asked.desk.issues.get(scope, ref, _shown(asked))))


def events(asked: Asked) -> Response:
    """Events of the project, the newest first, without their payload."""
    scope, offset = asked.scope(), offset_of(asked.query.get("cursor", ""))
    limit = per_page(asked.query.get("per_page", ""))
    found = asked.desk.issues.newest_events(scope, _shown(asked), limit=limit + 1, offset=offset)
    told = [_told_event(scope.project_id, one) for one in found[:limit]]
    link = link_to(_address(asked), offset, limit, has_more=len(found) > limit)
    return json_answer(told, headers={"link": link})


def _one_project(asked: Asked) -> Scope:
    """The project of the address, or the one that the query names. Raises Invalid for several."""
    scope = asked.scope(asked.queries("project") or None)
    if len(scope.project_ids) != 1:
        raise Invalid("Name one project: `?project=<slug or id>`.")
    return scope


def _may_change(scope: Scope) -> None:
    if scope.role < Role.MEMBER:
        raise Forbidden("This token may only read; make one with the role member.")


def _found(asked: Asked) -> tuple[Scope, int | str]:
    """The project and the issue that the address names. Raises NotFound."""
    named = asked.params["issue"]
    ref: int | str = int(named) if named.isdecimal() and len(named) < 16 else named
    scope = asked.scope()
    for project_id in scope.project_ids:
        only = scope.only(project_id)
        try:
            asked.desk.issues.activity(only, ref)
        except NotFound:
            continue
        return only, ref
    raise NotFound(f"There is no issue {named!r} here, or this token cannot see it.")


def _number(told: str) -> int:
    if not (told.isascii() and told.isdigit() and len(told) < 16):
        raise Invalid("id must be an issue's number, as `sentry-cli issues list` shows it.")
    return int(told)


def _shown(asked: Asked) -> TimeRange:
    now_ms = asked.desk.clock()
    return TimeRange(now_ms - _SHOWN_MS, now_ms + MINUTE_MS)


def _change(asked: Asked) -> tuple[IssueChange | None, Intent, dict[str, object]]:
    """What the body asks for, and what is told back."""
    told = asked.json()
    word = text(told, "status", 50)
    if word not in _STATUSES:
        raise Invalid(f"status must be one of {', '.join(_STATUSES)}.")
    status, details = _STATUSES[word], told.get("statusDetails")
    details = details if isinstance(details, dict) else {}
    answer: dict[str, object] = {"status": status.value, "statusDetails": details}
    if status is IssueStatus.IGNORED:
        return None, Intent(ignoring=_ignoring(asked, told, details)), answer
    if status is IssueStatus.RESOLVED:
        is_next = word == "resolvedInNextRelease" or details.get("inNextRelease") is True
        release = text(details, "inRelease", 250)
        kind = ResolvedIn.NEXT_RELEASE if is_next else ResolvedIn.NOW
        kind = ResolvedIn.RELEASE if release else kind
        return None, Intent(resolve=kind, release=release or ""), answer
    return IssueChange(status=status), Intent(), answer


def _ignoring(asked: Asked, told: Mapping[str, object], details: Mapping[str, object]) -> Ignoring:
    """For how many minutes, events or users; nothing said: for ever."""
    minutes = details.get("ignoreDuration", told.get("ignoreDuration", told.get("snoozeDuration")))
    for_ms = _whole(minutes, "ignoreDuration")
    return Ignoring(
        until_ms=asked.desk.clock() + for_ms * MINUTE_MS if for_ms else None,
        events=_whole(details.get("ignoreCount"), "ignoreCount"),
        users=_whole(details.get("ignoreUserCount"), "ignoreUserCount"),
    )


def _whole(told: object, name: str) -> int | None:
    if told is None:
        return None
    if not isinstance(told, int) or isinstance(told, bool) or not 0 < told < 10**7:
        raise Invalid(f"{name} must be a whole number above 0.")
    return told


def _address(asked: Asked) -> str:
    return f"{asked.desk.base_url}{asked.path}"


def _told(asked: Asked, org: Organisation, scope: Scope, one: IssueRow) -> dict[str, object]:
    project = next(each for each in org.projects if each.id == scope.project_id)
    page = f"errors/{one.short_id}?project={project.slug}"
    return {
        "id": str(one.id),
        "shortId": one.short_id,
        "title": one.title,
        "culprit": one.culprit,
        "level": one.level,
        "status": one.status.value,
        "statusDetails": {},
        "isUnhandled": not one.is_handled,
        "count": str(one.events),
        "userCount": one.users,
        "firstSeen": iso(one.first_seen_ms),
        "lastSeen": iso(one.last_seen_ms),
        "metadata": {"type": one.type, "title": one.title},
        "type": "default" if one.type == "message" else "error",
        "numComments": one.comments,
        "permalink": f"{asked.desk.base_url}/o/{org.slug}/{page}",
        "project": {"id": str(project.id), "slug": project.slug, "name": project.name},
    }


def _told_event(project_id: int, one: NewEvent) -> dict[str, object]:
    first_line = one.value.partition("\n")[0]
    is_message = one.type == "message"
    title = first_line if is_message else f"{one.type}: {first_line}".removesuffix(": ")
    kind, colon, value = one.user_key.partition(":")
    return {
        "id": one.event_id,
        "eventID": one.event_id,
        "projectID": str(project_id),
        "dateCreated": iso(one.ts_ms),
        "title": title,
        "message": one.value,
        "culprit": one.culprit,
        "platform": one.platform,
        "user": {kind: value} if colon else None,
        "tags": [
            {"key": key, "value": value} for key, value in [("level", one.level), *one.tags.items()]
        ],
    }
