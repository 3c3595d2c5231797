"""/api/v1/rules a page at a time, as Prometheus hands it out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from watchkeeper.api.compat.prometheus_params import BadParameter, Params

Group = Mapping[str, object]


def page_of_groups(groups: Sequence[Group], params: Params) -> dict[str, object]:
    """`groups`, by file and name; with `groupNextToken` where `group_limit` left some out.

    group_next_token: the token of the page before. Raises BadParameter.
    """
    limit, token = _group_limit(params), params.text("group_next_token")
    ordered = sorted(groups, key=lambda group: (str(group["file"]), str(group["name"])))
    if limit is None:
        if token:
            raise BadParameter(
                "group_next_token",
                "group_limit needs to be present in order to paginate over the groups",
            )
        return {"groups": ordered}
    start = _start(ordered, token) if token else 0
    page: dict[str, object] = {"groups": ordered[start : start + limit]}
    if start + limit < len(ordered):
        page["groupNextToken"] = _token(ordered[start + limit])
    return page


def _group_limit(params: Params) -> int | None:
    text = params.text("group_limit")
    if not text:
        return None
    try:
        limit = int(text)
    except ValueError:
        problem = f'group_limit needs to be a valid number: "{text}"'
        raise BadParameter("group_limit", problem) from None
    if limit <= 0:
        raise BadParameter("group_limit", "group_limit needs to be greater than 0")
    return limit


def _start(groups: Sequence[Group], token: str) -> int:
    for index, group in enumerate(groups):
        if _token(group) == token:
            return index
    raise BadParameter(
        "group_next_token", f"invalid group_next_token '{token}'. were rule groups changed?"
    )


def _token(group: Group) -> str:
    """Names a group between two requests; says nothing to outsiders and grants nothing."""
    named = f"{group['file']};{group['name']}"
    return hashlib.sha256(named.encode()).hexdigest()
