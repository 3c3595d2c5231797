"""Searches that people keep, the project's severity rules, and completion while typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from watchkeeper.access import audit
from watchkeeper.issues.change import may_change
from watchkeeper.issues.complete import Completion, complete
from watchkeeper.issues.repo import searches as repo
from watchkeeper.issues.search import check_for_events, parse
from watchkeeper.issues.types import IssueSort
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Role, Scope, Severity, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST_SEARCHES = 100
MOST_RULES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """is_shared: everybody in the project has it. is_own: the caller made it."""

    id: int
    name: str
    query: str
    sort: IssueSort
    is_shared: bool
    is_default: bool
    is_own: bool
    created_by: str
    changed_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDraft:
    """What to keep. is_default: the list opens with it, for its owner or, shared, for all."""

    name: str
    query: str
    sort: IssueSort = IssueSort.LAST_SEEN
    is_shared: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """Events that fit the query are so bad."""

    query: str
    severity: Severity


class Searches:
    """Every method blocks. An own search belongs to a person: tokens keep shared ones only."""

    def __init__(self, *, meta: Meta, columns: Columns, clock: Clock) -> None:
        self._meta = meta
        self._columns = columns
        self._clock = clock

    def complete(self, scope: Scope, text: str, at: int, span: TimeRange) -> Completion:
        """What may stand at character `at` of the text; values are those of the range."""
        return complete(self._meta, self._columns, scope, text, at, span)

    def list(self, scope: Scope) -> Sequence[SavedSearch]:
        """The caller's own and the shared ones, by name."""
        with self._meta.read() as conn:
            return [_search(scope, row) for row in repo.searches(conn, scope)]

    def add(self, scope: Scope, draft: SearchDraft, *, actor: str) -> SavedSearch:
        """Keep a search. Raises BadSearch for a query that cannot be read."""
        self._check(scope, draft)
        with self._meta.write() as conn:
            if repo.count(conn, scope) >= MOST_SEARCHES:
                raise Invalid(f"A project keeps {MOST_SEARCHES} searches: delete one first.")
            found = repo.add(conn, scope, _values(scope, draft), actor=actor, at_ms=self._clock())
            if draft.is_default:
                repo.only_default(conn, found)
        return _search(scope, found)

    def change(self, scope: Scope, search_id: int, draft: SearchDraft) -> SavedSearch:
        """Replace a kept search. Shared ones: who made it, or an admin."""
        self._check(scope, draft)
        with self._meta.write() as conn:
            row = self._mine(scope, repo.find(conn, scope, search_id))
            values = _values(scope, draft)
            if row.user_id is not None and not draft.is_shared:
                values["user_id"] = row.user_id
            found = repo.change(conn, row.id, values, at_ms=self._clock())
            if draft.is_default:
                repo.only_default(conn, found)
        return _search(scope, found)

    def get(self, scope: Scope, search_id: int) -> SavedSearch:
        """Raises NotFound for one that the caller does not have."""
        with self._meta.read() as conn:
            found = repo.find(conn, scope, search_id)
        if found is None:
            raise NotFound("There is no such search in this project.")
        return _search(scope, found)

    def delete(self, scope: Scope, search_id: int) -> None:
        """Forget a kept search. Shared ones: who made it, or an admin."""
        with self._meta.write() as conn:
            repo.delete_search(conn, self._mine(scope, repo.find(conn, scope, search_id)).id)

    def severity_rules(self, scope: Scope) -> Sequence[SeverityRule]:
        """In the order in which they are tried."""
        with self._meta.read() as conn:
            return [
                SeverityRule(query=row.query, severity=Severity(row.severity))
                for row in repo.severity_rules(conn, [scope.project_id])
            ]

    def set_severity_rules(
        self, scope: Scope, rules: Sequence[SeverityRule], *, actor: str
    ) -> None:
        """Replace all rules; they hold for events from now on. Raises BadSearch."""
        if scope.role < Role.ADMIN:
            raise Forbidden("Severity rules are changed by admins.")
        if len(rules) > MOST_RULES:
            raise Invalid(f"A project has at most {MOST_RULES} severity rules.")
        for rule in rules:
            check_for_events(parse(rule.query, now_ms=self._clock()))
        listed = [(rule.query, rule.severity.value) for rule in rules]
        with self._meta.write() as conn:
            repo.set_severity_rules(conn, scope, listed)
            audit(
                conn,
                org_id=scope.org_id,
                actor=actor,
                action="issue.severity_rules_changed",
                target=str(scope.project_id),
                at_ms=self._clock(),
                facts={"rules": len(rules)},
            )

    def _check(self, scope: Scope, draft: SearchDraft) -> None:
        if not draft.name.strip():
            raise Invalid("name: give the search a name.")
        if draft.is_shared:
            may_change(scope)
        elif scope.user_id is None:
            raise Invalid("This token acts for no person: it can keep shared searches only.")
        parse(draft.query, now_ms=self._clock())

    def _mine(self, scope: Scope, row: Row[Any] | None) -> Row[Any]:
        if row is None:
            raise NotFound("There is no such search in this project.")
        if row.user_id is None:
            may_change(scope)
            if row.created_by_id != scope.user_id and scope.role < Role.ADMIN:
                raise Forbidden(f"{row.created_by} made this search: only they or an admin may.")
        return row


def _values(scope: Scope, draft: SearchDraft) -> dict[str, Any]:
    return {
        "name": draft.name.strip(),
        "query": draft.query.strip(),
        "sort": draft.sort.value,
        "is_default": draft.is_default,
        "user_id": None if draft.is_shared else scope.user_id,
    }


def _search(scope: Scope, row: Row[Any]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        name=row.name,
        query=row.query,
        sort=IssueSort(row.sort),
        is_shared=row.user_id is None,
        is_default=row.is_default,
        is_own=scope.user_id is not None and row.created_by_id == scope.user_id,
        created_by=row.created_by,
        changed_ms=row.changed_ms,
    )
