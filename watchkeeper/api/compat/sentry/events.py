"""Events of a project or an issue, and one event in full."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from watchkeeper.api.compat.sentry.desk import Asked, json_answer
from watchkeeper.api.compat.sentry.found import FoundIssue, Place, issue_named, one_place, places
from watchkeeper.api.compat.sentry.paging import link_to, offset_of, per_page
from watchkeeper.api.compat.sentry.period import range_of
from watchkeeper.api.compat.sentry.shown_events import listed_event, whole_event
from watchkeeper.issues import IssueRef, NewEvent
from watchkeeper.lib.errors import NotFound

_TRUE = {"1", "true"}


def events(asked: Asked) -> Response:
    """Events of the project, the newest first; with `full=1` each with its payload."""
    return _listed(asked, one_place(asked), None)


def events_of_issue(asked: Asked) -> Response:
    """Events of one issue, the newest first."""
    found = issue_named(asked)
    return _listed(asked, found.place, found.ref)


def _listed(asked: Asked, place: Place, issue: IssueRef | None) -> Response:
    offset = offset_of(asked.query.get("cursor", ""))
    limit = per_page(asked.query.get("per_page") or asked.query.get("limit", ""))
    found = asked.desk.issues.newest_events(
        place.scope, range_of(asked), issue=issue, limit=limit + 1, offset=offset
    )
    shown = found[:limit]
    issue_of = asked.desk.issues.issues_of(place.scope, [one.grouping_hash for one in shown])
    is_full = asked.query.get("full", "").lower() in _TRUE
    told = (
        _full(asked, place, shown, issue_of)
        if is_full
        else [listed_event(place.project.id, issue_of.get(e.grouping_hash), e) for e in shown]
    )
    link = link_to(asked.address, asked.sent, offset, limit, has_more=len(found) > limit)
    return json_answer(told, headers={"link": link})


def _full(
    asked: Asked, place: Place, shown: Sequence[NewEvent], issue_of: dict[int, int]
) -> list[dict[str, object]]:
    return [
        _whole(asked, place, issue_of[one.grouping_hash], one.event_id)
        for one in shown
        if one.grouping_hash in issue_of
    ]


def event(asked: Asked) -> Response:
    """One event of a project, by its id."""
    place, event_id = one_place(asked), asked.params["event"]
    issue_id = asked.desk.issues.issue_of_event(place.scope, event_id)
    return json_answer(_whole(asked, place, issue_id, event_id))


def event_of_issue(asked: Asked) -> Response:
    """One event of an issue: `latest`, `oldest`, `recommended` or its id."""
    found = issue_named(asked)
    return json_answer(_whole(asked, found.place, _number(asked, found), asked.params["event"]))


def by_event_id(asked: Asked) -> Response:
    """Which project and issue an event belongs to."""
    event_id = asked.params["event"]
    for place in places(asked):
        try:
            issue_id = asked.desk.issues.issue_of_event(place.scope, event_id)
        except NotFound:
            continue
        return json_answer(
            {
                "organizationSlug": place.org.slug,
                "projectSlug": place.project.slug,
                "groupId": str(issue_id),
                "eventId": event_id,
                "event": _whole(asked, place, issue_id, event_id),
            }
        )
    raise NotFound(f"There is no event {event_id!r} here, or it is no longer kept.")


def _number(asked: Asked, found: FoundIssue) -> int:
    return asked.desk.issues.get(found.place.scope, found.ref, range_of(asked)).id


def _whole(asked: Asked, place: Place, issue_id: int, which: str) -> dict[str, object]:
    found = asked.desk.issues.event(place.scope, issue_id, which)
    return whole_event(place.project.id, issue_id, found)
