"""Issues as `sentry-cli`, dashboards and scripts list, read and change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from starlette.responses import Response

from watchkeeper.access import Member, Organisation
from watchkeeper.api.compat.sentry import paging
from watchkeeper.api.compat.sentry.desk import Asked, iso, json_answer
from watchkeeper.api.compat.sentry.found import (
    Place,
    in_orgs,
    issue_named,
    may_change,
    one_place,
    places,
)
from watchkeeper.api.compat.sentry.intent import STATUSES, Wanted, wanted_of
from watchkeeper.api.compat.sentry.period import period_ms, range_of
from watchkeeper.api.compat.sentry.shown import issue_told
from watchkeeper.issues import Activity, IssueQuery, IssueRow, IssueSort
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, SECOND_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import LiveEvent, LiveTopic, TimeRange

_PERIODS = {"24h": (HOUR_MS, 24), "14d": (DAY_MS, 14), "30d": (DAY_MS, 30), "90d": (DAY_MS, 90)}
_SORTS = {
    "date": IssueSort.LAST_SEEN,
    "new": IssueSort.FIRST_SEEN,
    "freq": IssueSort.EVENTS,
    "user": IssueSort.USERS,
}
_OPEN = "is:unresolved"
"""What is meant by no `query` at all; an empty one means every issue."""
_MOST_SKIPPED = 1_000
"""Issues of several projects on the pages before: they are put in order anew for each page."""
_PAGE = 100
Point = tuple[int, int]


def issues(asked: Asked) -> Response:
    """Issues of a project or of several, `Link` leads to the next page."""
    limit = paging.per_page(asked.query.get("limit") or asked.query.get("per_page", ""))
    if (direct := _by_short_id(asked)) is not None:
        return direct
    where = places(asked)
    if len(where) == 1:
        return _of_one(asked, where[0], limit)
    return _of_several(asked, where, limit)


def _by_short_id(asked: Asked) -> Response | None:
    """The one issue whose short id is the whole search, if that was asked for."""
    text = asked.query.get("query", "").strip()
    if asked.query.get("shortIdLookup") not in {"1", "true"} or "-" not in text or " " in text:
        return None
    found = in_orgs(asked, text)
    if found is None:
        return None
    one = asked.desk.issues.get(found.place.scope, found.ref, range_of(asked))
    headers = {"x-sentry-direct-hit": "1", "x-hits": "1", "x-max-hits": "1"}
    return json_answer(_all_told(asked, [(found.place, one)]), headers=headers)


def _of_one(asked: Asked, place: Place, limit: int) -> Response:
    sent = asked.query.get("cursor", "")
    cursor = "" if sent in {paging.FIRST, "0:0:0"} else sent
    page = asked.desk.issues.list(place.scope, _query(asked, cursor=cursor, limit=limit))
    link = paging.link_by(
        asked.address,
        asked.sent,
        before=(paging.FIRST, bool(cursor)),
        behind=(page.next_cursor or f"0:{limit}:0", page.next_cursor is not None),
    )
    told = _all_told(asked, [(place, one) for one in page.issues])
    return json_answer(told, headers=_counted(page.total) | {"link": link})


def _of_several(asked: Asked, where: Sequence[Place], limit: int) -> Response:
    offset = paging.offset_of(asked.query.get("cursor", ""))
    if offset > _MOST_SKIPPED:
        raise Invalid(f"Over {_MOST_SKIPPED} issues of several projects: name one `project`.")
    total, found = 0, []
    for place in where:
        query = _query(asked, cursor="", limit=min(_PAGE, offset + limit + 1))
        first = asked.desk.issues.list(place.scope, query)
        total += first.total
        rows = _all_rows(asked, place, first.issues, first.next_cursor)
        found += [(place, one) for one in islice(rows, offset + limit + 1)]
    sort = _sort(asked)
    found.sort(key=lambda each: _rank(each[1], sort), reverse=True)
    link = paging.link_to(
        asked.address, asked.sent, offset, limit, has_more=len(found) > offset + limit
    )
    told = _all_told(asked, found[offset : offset + limit])
    return json_answer(told, headers=_counted(total) | {"link": link})


def _all_rows(
    asked: Asked, place: Place, rows: Sequence[IssueRow], cursor: str | None
) -> Iterator[IssueRow]:
    """A project's issues, page after page as they are taken."""
    yield from rows
    while cursor:
        page = asked.desk.issues.list(place.scope, _query(asked, cursor=cursor, limit=_PAGE))
        yield from page.issues
        cursor = page.next_cursor


def _rank(one: IssueRow, sort: IssueSort) -> tuple[int, int]:
    match sort:
        case IssueSort.FIRST_SEEN:
            return one.first_seen_ms, one.id
        case IssueSort.EVENTS:
            return one.events, one.id
        case IssueSort.USERS:
            return one.users, one.id
        case _:
            return one.last_seen_ms, one.id


def _query(asked: Asked, *, cursor: str, limit: int) -> IssueQuery:
    environments = [one for one in asked.queries("environment") if one]
    if len(environments) > 1:
        raise Invalid("Name one environment, or none: issues are not listed of several.")
    return IssueQuery(
        range=range_of(asked),
        text=asked.query.get("query", _OPEN),
        environment=environments[0] if environments else "",
        sort=_sort(asked),
        cursor=cursor,
        limit=limit,
    )


def _sort(asked: Asked) -> IssueSort:
    """Orders that are not known here are by date, as lists are."""
    return _SORTS.get(asked.query.get("sort", "date"), IssueSort.LAST_SEEN)


def _counted(total: int) -> dict[str, str]:
    return {"x-hits": str(total), "x-max-hits": "1000"}


def change_issues(asked: Asked) -> Response:
    """Change the issues that `id` names, or all of a `status` or `query` in one project."""
    wanted = wanted_of(asked, _people(asked, asked.org()))
    named = list(asked.queries("id"))
    if named:
        for one in places(asked):
            may_change(one.scope)
        _change_named(asked, [_number(one) for one in named], wanted)
        return json_answer(wanted.told)
    place = one_place(asked)
    may_change(place.scope)
    status = asked.query.get("status", "")
    if status and status not in STATUSES:
        raise Invalid(f"status must be one of {', '.join(STATUSES)}.")
    query = IssueQuery(
        range=range_of(asked), status=STATUSES.get(status), text=asked.query.get("query", "")
    )
    asked.desk.issues.acts.change_found(
        place.scope, query, wanted.change, actor=asked.caller.email, intent=wanted.intent
    )
    _tell(asked, place)
    return json_answer(wanted.told)


def _change_named(asked: Asked, numbers: Sequence[int], wanted: Wanted) -> None:
    """Issues of a project are changed together, all or none; an unknown one is refused first."""
    where = places(asked)
    by_place: dict[int, list[int]] = {}
    for number in numbers:
        at = next(
            (n for n, one in enumerate(where) if asked.desk.issues.is_here(one.scope, number)), 0
        )
        by_place.setdefault(at, []).append(number)
    for at, refs in sorted(by_place.items()):
        asked.desk.issues.acts.change(
            where[at].scope, refs, wanted.change, actor=asked.caller.email, intent=wanted.intent
        )
        _tell(asked, where[at])


def issue(asked: Asked) -> Response:
    """One issue, by its number or short id, with what happened to it."""
    found = issue_named(asked)
    return json_answer(_detail(asked, found.place, found.ref))


def change_issue(asked: Asked) -> Response:
    """Resolve, ignore, reopen or assign one issue."""
    found = issue_named(asked)
    may_change(found.place.scope)
    wanted = wanted_of(asked, _people(asked, found.place.org))
    asked.desk.issues.acts.change(
        found.place.scope,
        [found.ref],
        wanted.change,
        actor=asked.caller.email,
        intent=wanted.intent,
    )
    _tell(asked, found.place)
    return json_answer(_detail(asked, found.place, found.ref))


def by_short_id(asked: Asked) -> Response:
    """Which issue a short id names."""
    found = issue_named(asked)
    place = found.place
    group = _detail(asked, place, found.ref)
    return json_answer(
        {
            "organizationSlug": place.org.slug,
            "projectSlug": place.project.slug,
            "groupId": group["id"],
            "group": group,
            "shortId": group["shortId"],
        }
    )


def hashes(asked: Asked) -> Response:
    """The fingerprints whose events are the issue."""
    found = issue_named(asked)
    known = asked.desk.issues.fingerprints(found.place.scope, found.ref)
    return json_answer([{"id": f"{one:016x}", "latestEvent": None} for one in known])


def _tell(asked: Asked, place: Place) -> None:
    asked.desk.tell(LiveEvent(place.project.id, LiveTopic.ISSUES, {}))


def _number(told: str) -> int:
    if not (told.isascii() and told.isdigit() and len(told) < 16):
        raise Invalid("id must be an issue's number, as `sentry-cli issues list` shows it.")
    return int(told)


# Telling


def _detail(asked: Asked, place: Place, ref: int | str) -> dict[str, object]:
    one = asked.desk.issues.get(place.scope, ref, range_of(asked))
    ids = [one.id]
    tags = asked.desk.issues.tags(place.scope, ref, range_of(asked), values=100)
    activity = asked.desk.issues.activity(place.scope, ref)
    first, last = one.first_release, one.release
    return issue_told(
        asked.desk.base_url,
        place.org,
        place.project,
        one,
        stats={
            name: _stats(asked, place, ids, name).get(one.id, _zeros(asked, name))
            for name in ("24h", "30d")
        },
        people=_people(asked, place.org) if one.assignee else {},
        now_ms=asked.desk.clock(),
    ) | {
        "activity": [_activity(number, each) for number, each in enumerate(activity, 1)],
        "firstRelease": {"version": first} if first else None,
        "lastRelease": {"version": last} if last else None,
        "tags": [
            {"key": each.key, "name": each.key, "totalValues": sum(v.count for v in each.values)}
            for each in tags
        ],
        "participants": [],
        "seenBy": [],
        "pluginActions": [],
        "pluginContexts": [],
        "pluginIssues": [],
        "userReportCount": 0,
        "inbox": None,
    }


def _activity(number: int, one: Activity) -> dict[str, object]:
    return {
        "id": str(number),
        "type": one.kind,
        "user": {"email": one.actor, "name": one.actor} if "@" in one.actor else None,
        "data": dict(one.facts),
        "dateCreated": iso(one.at_ms),
    }


def _all_told(asked: Asked, rows: Sequence[tuple[Place, IssueRow]]) -> list[dict[str, object]]:
    """Issues of a list, with their events over `groupStatsPeriod`."""
    period = asked.query.get("groupStatsPeriod") or asked.query.get("statsPeriod") or "24h"
    period_ms(period, "groupStatsPeriod")
    period = period if period in _PERIODS else "24h"
    by_project: dict[int, list[int]] = {}
    where = {place.project.id: place for place, _one in rows}
    for place, one in rows:
        by_project.setdefault(place.project.id, []).append(one.id)
    stats = {
        key: points
        for project_id, ids in by_project.items()
        for key, points in _stats(asked, where[project_id], ids, period).items()
    }
    assigned = any(one.assignee for _place, one in rows)
    people = _people(asked, rows[0][0].org) if assigned else {}
    zeros = _zeros(asked, period)
    return [
        issue_told(
            asked.desk.base_url,
            place.org,
            place.project,
            one,
            stats={period: stats.get(one.id, zeros)},
            people=people,
            now_ms=asked.desk.clock(),
        )
        for place, one in rows
    ]


def _stats(asked: Asked, place: Place, ids: Sequence[int], name: str) -> dict[int, list[Point]]:
    """Events by hour or day: (Unix s, events), by issue."""
    span, step_ms, buckets = _slots(asked, name)
    found = asked.desk.issues.over_time(place.scope, ids, span, buckets=buckets)
    times = [at // SECOND_MS for at in range(span.start_ms, span.end_ms, step_ms)]
    return {issue: list(zip(times, each, strict=True)) for issue, each in found.items()}


def _zeros(asked: Asked, name: str) -> list[Point]:
    span, step_ms, _buckets = _slots(asked, name)
    return [(at // SECOND_MS, 0) for at in range(span.start_ms, span.end_ms, step_ms)]


def _slots(asked: Asked, name: str) -> tuple[TimeRange, int, int]:
    step_ms, buckets = _PERIODS[name]
    end_ms = (asked.desk.clock() // step_ms + 1) * step_ms
    return TimeRange(end_ms - buckets * step_ms, end_ms), step_ms, buckets


def _people(asked: Asked, org: Organisation) -> Mapping[str, Member]:
    return {one.email: one for one in asked.desk.access.members(asked.caller, org.slug)}
