"""Tags of an issue or of projects, with their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from starlette.responses import Response

from watchkeeper.api.compat.sentry.desk import Asked, iso, json_answer
from watchkeeper.api.compat.sentry.found import FoundIssue, issue_named, places
from watchkeeper.api.compat.sentry.paging import link_to, offset_of, per_page
from watchkeeper.api.compat.sentry.period import range_of
from watchkeeper.issues import ValuesOfTag
from watchkeeper.lib.errors import NotFound

Told = dict[str, object]
_TOP = 10
_NAMES = {"server": "server_name"}
"""Tags that this API calls otherwise."""
_OURS = {name: ours for ours, name in _NAMES.items()}


def tags_of_issue(asked: Asked) -> Response:
    """Every tag of the issue's events with its commonest values."""
    found = issue_named(asked)
    keys = [one for one in asked.queries("key") if one]
    listed = asked.desk.issues.tags(found.place.scope, found.ref, range_of(asked), values=1)
    names = [_OURS.get(key, key) for key in keys] or sorted(one.key for one in listed)
    told = [_tag(_values(asked, found, name), _TOP) for name in names]
    return json_answer([one for one in told if one["totalValues"]])


def tag_of_issue(asked: Asked) -> Response:
    """One tag of the issue's events."""
    return json_answer(_tag(_of_issue(asked), _TOP))


def tag_values_of_issue(asked: Asked) -> Response:
    """The values of one tag of the issue's events, the commonest first."""
    return _page(asked, _of_issue(asked))


def tags(asked: Asked) -> Response:
    """The tags of projects, each with how many of the newest events have it."""
    totals: Counter[str] = Counter()
    for place in places(asked):
        totals.update(asked.desk.issues.tags_of_project(place.scope, range_of(asked)))
    return json_answer(
        [
            {"key": _NAMES.get(key, key), "name": _title(key), "totalValues": number}
            for key, number in sorted(totals.items())
        ]
    )


def tag_values(asked: Asked) -> Response:
    """The values of one tag in projects, the commonest first."""
    key = _OURS.get(asked.params["key"], asked.params["key"])
    found = [
        asked.desk.issues.tag_values(place.scope, None, range_of(asked), key)
        for place in places(asked)
    ]
    return _page(asked, _together(key, found))


def _of_issue(asked: Asked) -> ValuesOfTag:
    key = asked.params["key"]
    values = _values(asked, issue_named(asked), _OURS.get(key, key))
    if not values.total:
        raise NotFound(f"No event of this issue has the tag {key!r}.")
    return values


def _values(asked: Asked, found: FoundIssue, key: str) -> ValuesOfTag:
    return asked.desk.issues.tag_values(found.place.scope, found.ref, range_of(asked), key)


def _together(key: str, found: Sequence[ValuesOfTag]) -> ValuesOfTag:
    by_value: dict[str, tuple[int, int, int]] = {}
    for each in found:
        for value, number, first_ms, last_ms in each.values:
            n, first, last = by_value.get(value, (0, first_ms, last_ms))
            by_value[value] = (n + number, min(first, first_ms), max(last, last_ms))
    values = sorted(((v, *facts) for v, facts in by_value.items()), key=lambda one: (-one[1], one))
    return ValuesOfTag(key=key, total=sum(each.total for each in found), values=values)


def _page(asked: Asked, values: ValuesOfTag) -> Response:
    offset = offset_of(asked.query.get("cursor", ""))
    limit = per_page(asked.query.get("per_page", ""))
    wanted = asked.query.get("query", "").strip("*").lower()
    listed = [one for one in _listed(values) if wanted in str(one["value"]).lower()]
    link = link_to(asked.address, asked.sent, offset, limit, has_more=len(listed) > offset + limit)
    return json_answer(listed[offset : offset + limit], headers={"link": link})


def _tag(values: ValuesOfTag, most: int) -> Told:
    return {
        "key": _NAMES.get(values.key, values.key),
        "name": _title(values.key),
        "uniqueValues": len(values.values),
        "totalValues": values.total,
        "topValues": _listed(values)[:most],
    }


def _listed(values: ValuesOfTag) -> list[Told]:
    key = _NAMES.get(values.key, values.key)
    return [
        {
            "key": key,
            "name": value,
            "value": value,
            "count": number,
            "query": f'{key}:"{value}"',
            "firstSeen": iso(first_ms),
            "lastSeen": iso(last_ms),
        }
        for value, number, first_ms, last_ms in values.values
    ]


def _title(key: str) -> str:
    return key.replace("_", " ").replace(".", " ").title()
