"""What people change: status, severity, assignee. Each change is an activity and an audit fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from watchkeeper.issues.repo import rows
from watchkeeper.issues.types import IssueStatus
from watchkeeper.lib.errors import Forbidden, Invalid
from watchkeeper.model import Role, Scope, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChange:
    """What to set; None leaves it. assignee: an e-mail address, or empty for nobody."""

    status: IssueStatus | None = None
    severity: Severity | None = None
    assignee: str | None = None

    def __post_init__(self) -> None:
        if self.status is None and self.severity is None and self.assignee is None:
            raise Invalid("Name at least one of status, severity and assignee_email.")


@dataclass(frozen=True, slots=True)
class Step:
    """One column's change and what the activity says of it."""

    kind: str
    values: dict[str, Any]
    facts: dict[str, Any]


def apply_change(
    conn: Connection,
    scope: Scope,
    ids: Sequence[int],
    change: IssueChange,
    *,
    actor: str,
    now_ms: int,
) -> list[tuple[int, Step]]:
    """Change the issues; returns what really changed, one entry a step.

    Raises Forbidden for a viewer, Invalid for an assignee outside the organisation.
    """
    if scope.role < Role.MEMBER:
        raise Forbidden("Viewers cannot change issues; ask an admin for the role of a member.")
    assignee_id = _assignee_id(conn, scope, change.assignee)
    done = []
    for row in rows.lock(conn, scope, ids):
        for step in _steps(row, change, assignee_id=assignee_id, now_ms=now_ms):
            rows.set_values(conn, row.id, step.values)
            rows.add_activity(
                conn, row.id, at_ms=now_ms, actor=actor, kind=step.kind, facts=step.facts
            )
            done.append((row.id, step))
    return done


def _assignee_id(conn: Connection, scope: Scope, email: str | None) -> int | None:
    if not email:
        return None
    found = rows.member_id(conn, scope, email)
    if found is None:
        raise Invalid(f"{email} is not a member of this organisation.")
    return found


def _steps(
    row: Row[Any], change: IssueChange, *, assignee_id: int | None, now_ms: int
) -> list[Step]:
    steps = []
    if change.status is not None and change.status != row.status:
        values = {"status": change.status.value, "status_changed_ms": now_ms, "is_regressed": False}
        steps.append(Step("status", values, {"from": row.status, "to": change.status.value}))
    if change.severity is not None and change.severity != row.severity:
        facts = {"from": row.severity, "to": change.severity.value}
        steps.append(Step("severity", {"severity": change.severity.value}, facts))
    if change.assignee is not None and assignee_id != row.assignee_id:
        steps.append(
            Step("assignee", {"assignee_id": assignee_id}, {"to": change.assignee or None})
        )
    return steps
