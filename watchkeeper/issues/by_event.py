"""What the server itself does to an issue that it knows by one of its events."""

from __future__ import annotations

from sqlalchemy import Row

from watchkeeper.issues.acts import IssueActs
from watchkeeper.issues.change import IssueChange
from watchkeeper.issues.repo import rows
from watchkeeper.issues.repo.events import hash_of_event
from watchkeeper.issues.types import IssueStatus
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Role, Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta


class IssuesByEvent:
    """Every method blocks; False: no such event is stored. actor: who the activity names."""

    def __init__(self, meta: Meta, columns: Columns, acts: IssueActs, *, actor: str) -> None:
        self._meta, self._columns = meta, columns
        self._acts, self._actor = acts, actor

    def assign(self, project_id: int, event_id: str, email: str) -> bool:
        """Give the issue to a member, unless it is somebody's; who is no member is passed over."""
        found = self._found(project_id, event_id)
        if found is None:
            return False
        scope, row = found
        if row.assignee_id is None:
            try:
                self._acts.change(scope, [row.id], IssueChange(assignee=email), actor=self._actor)
            except Invalid:
                return True
        return True

    def resolve(self, project_id: int, event_id: str) -> bool:
        """Resolve the issue if it is open; one that a person ignores stays ignored."""
        found = self._found(project_id, event_id)
        if found is None:
            return False
        scope, row = found
        if row.status == IssueStatus.UNRESOLVED.value:
            change = IssueChange(status=IssueStatus.RESOLVED)
            self._acts.change(scope, [row.id], change, actor=self._actor)
        return True

    def _found(self, project_id: int, event_id: str) -> tuple[Scope, Row[object]] | None:
        with self._meta.read() as conn:
            org_id = rows.org_of(conn, project_id)
        if org_id is None:
            return None
        scope = Scope(org_id=org_id, project_ids=(project_id,), role=Role.MEMBER)
        grouping_hash = hash_of_event(self._columns, scope, event_id)
        if grouping_hash is None:
            return None
        with self._meta.read() as conn:
            row = rows.of_hash(conn, scope, grouping_hash)
        return None if row is None else (scope, row)
