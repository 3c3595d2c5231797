"""The search language: completion, kept searches, severity rules."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from watchkeeper.api.auth import AdminScope, Caller, RoomsHere, ViewerScope
from watchkeeper.api.wk.issues.search_shapes import (
    CompletionAnswer,
    SearchAnswer,
    SearchBody,
    SearchesAnswer,
    SearchPatch,
    SeverityRulesAnswer,
    SeverityRulesBody,
    Suggestion,
)
from watchkeeper.api.wk.issues.search_shapes import SeverityRule as RuleShape
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Done, RangeQuery
from watchkeeper.issues import IssueSort, SavedSearch, SearchDraft, SeverityRule
from watchkeeper.lib.clock import DAY_MS

router = LateRouter(tags=["issues"], responses=ERRORS)


class CompletionQuery(RangeQuery):
    """q: the text as typed; at: where the cursor stands, its end if not given."""

    q: str = Field(default="", max_length=500)
    at: int | None = Field(default=None, ge=0)


@router.get("/projects/{project_id}/issue-search/complete")
def complete_search(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[CompletionQuery, Query()]
) -> CompletionAnswer:
    """What may be typed next: keys, tags, then values of the range (7 d if none is given)."""
    span = query.within(rooms.clock(), default_ms=7 * DAY_MS)
    at = len(query.q) if query.at is None else query.at
    found = rooms.issues.searches.complete(scope, query.q, at, span)
    return CompletionAnswer(
        start=found.start,
        end=found.end,
        suggestions=[
            Suggestion(
                text=one.text, label=one.label, about=one.about, kind=one.kind, count=one.count
            )
            for one in found.suggestions
        ],
    )


@router.get("/projects/{project_id}/issue-searches")
def list_searches(rooms: RoomsHere, scope: ViewerScope) -> SearchesAnswer:
    """The caller's own searches and the shared ones, by name."""
    found = rooms.issues.searches.list(scope)
    defaults = sorted((one for one in found if one.is_default), key=lambda one: one.is_shared)
    return SearchesAnswer(
        searches=[_search(one) for one in found],
        default_id=defaults[0].id if defaults else None,
    )


@router.post("/projects/{project_id}/issue-searches", status_code=201)
def add_search(
    rooms: RoomsHere, scope: ViewerScope, caller: Caller, body: SearchBody
) -> SearchAnswer:
    """Keep a search. Sharing it needs role member."""
    draft = SearchDraft(
        name=body.name,
        query=body.query,
        sort=IssueSort(body.sort),
        is_shared=body.is_shared,
        is_default=body.is_default,
    )
    return _search(rooms.issues.searches.add(scope, draft, actor=caller.email))


@router.patch("/projects/{project_id}/issue-searches/{search_id}")
def change_search(
    rooms: RoomsHere, scope: ViewerScope, search_id: int, body: SearchPatch
) -> SearchAnswer:
    """Change a kept search of one's own, or as an admin a shared one."""
    before = rooms.issues.searches.get(scope, search_id)
    draft = SearchDraft(
        name=before.name if body.name is None else body.name,
        query=before.query if body.query is None else body.query,
        sort=before.sort if body.sort is None else IssueSort(body.sort),
        is_shared=before.is_shared if body.is_shared is None else body.is_shared,
        is_default=before.is_default if body.is_default is None else body.is_default,
    )
    return _search(rooms.issues.searches.change(scope, search_id, draft))


@router.delete("/projects/{project_id}/issue-searches/{search_id}")
def delete_search(rooms: RoomsHere, scope: ViewerScope, search_id: int) -> Done:
    """Forget a kept search of one's own, or as an admin a shared one."""
    rooms.issues.searches.delete(scope, search_id)
    return Done()


@router.get("/projects/{project_id}/severity-rules")
def get_severity_rules(rooms: RoomsHere, scope: ViewerScope) -> SeverityRulesAnswer:
    """Which events are how bad in this project."""
    found = rooms.issues.searches.severity_rules(scope)
    return SeverityRulesAnswer(
        rules=[RuleShape(query=one.query, severity=one.severity) for one in found]
    )


@router.put("/projects/{project_id}/severity-rules")
def set_severity_rules(
    rooms: RoomsHere, scope: AdminScope, caller: Caller, body: SeverityRulesBody
) -> SeverityRulesAnswer:
    """Replace the rules; they hold for events from now on. Needs role admin."""
    rules = [SeverityRule(query=one.query, severity=one.severity) for one in body.rules]
    rooms.issues.searches.set_severity_rules(scope, rules, actor=caller.email)
    return SeverityRulesAnswer(rules=body.rules)


def _search(one: SavedSearch) -> SearchAnswer:
    return SearchAnswer(
        id=one.id,
        name=one.name,
        query=one.query,
        sort=one.sort.value,
        is_shared=one.is_shared,
        is_default=one.is_default,
        is_own=one.is_own,
        created_by=one.created_by,
        changed_ms=one.changed_ms,
    )
