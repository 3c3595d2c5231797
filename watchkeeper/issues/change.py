"""What people change: status, severity, assignee. Each change is an activity and an audit fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from watchkeeper.issues.lapse import Ignoring, Resolution
from watchkeeper.issues.repo import rows
from watchkeeper.issues.types import IssueStatus
from watchkeeper.lib.errors import Forbidden, Invalid
from watchkeeper.model import Role, Scope, Severity

ME = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChange:
    """What to set; None leaves it. assignee: an e-mail address, `me`, or empty for nobody.

    resolution: in what it is fixed, and ignoring: until what; each sets the status by itself.
    Without them a resolved issue is fixed now, and an ignored one ignored for ever.
    """

    status: IssueStatus | None = None
    severity: Severity | None = None
    assignee: str | None = None
    resolution: Resolution | None = None
    ignoring: Ignoring | None = None

    def __post_init__(self) -> None:
        if self.to_status is None and self.severity is None and self.assignee is None:
            raise Invalid(
                "Name at least one of status, severity, assignee_email, resolve and ignore."
            )
        if self.resolution is not None and self.ignoring is not None:
            raise Invalid("An issue is either resolved or ignored: send resolve or ignore.")
        if self.status not in {None, self.to_status}:
            raise Invalid(
                f"status {self.status} contradicts {'resolve' if self.resolution else 'ignore'}: "
                "leave the status out."
            )

    @property
    def to_status(self) -> IssueStatus | None:
        """The status that the issue gets; None if it keeps its own."""
        if self.resolution is not None:
            return IssueStatus.RESOLVED
        return IssueStatus.IGNORED if self.ignoring is not None else self.status


@dataclass(frozen=True, slots=True)
class Step:
    """One change and what the activity says of it."""

    kind: str
    values: dict[str, Any]
    facts: dict[str, Any]


def may_change(scope: Scope) -> None:
    """Raises Forbidden for a viewer."""
    if scope.role < Role.MEMBER:
        raise Forbidden("Viewers cannot change issues; ask an admin for the role of a member.")


def apply_change(
    conn: Connection,
    scope: Scope,
    changes: Mapping[int, IssueChange],
    *,
    actor: str,
    now_ms: int,
) -> list[tuple[Row[Any], Step]]:
    """Change issues by id; returns the rows before with what really changed, one entry a step.

    Raises Forbidden for a viewer, Invalid for an assignee outside the organisation.
    """
    may_change(scope)
    people = {one: _assignee_id(conn, scope, one) for one in _assignees(changes)}
    done = []
    for row in rows.lock(conn, scope, list(changes)):
        change = changes[row.id]
        assignee_id = people.get(change.assignee or "")
        for step in _steps(row, change, assignee_id=assignee_id, now_ms=now_ms):
            rows.set_values(conn, row.id, step.values)
            rows.add_activity(
                conn, row.id, at_ms=now_ms, actor=actor, kind=step.kind, facts=step.facts
            )
            done.append((row, step))
        if change.ignoring is not None:
            rows.forget_ignored_users(conn, row.id)
    return done


def _assignees(changes: Mapping[int, IssueChange]) -> set[str]:
    return {one.assignee for one in changes.values() if one.assignee}


def _assignee_id(conn: Connection, scope: Scope, email: str) -> int:
    if email == ME:
        if scope.user_id is None:
            raise Invalid("This token acts for no person: name the assignee by e-mail.")
        return scope.user_id
    found = rows.member_id(conn, scope, email)
    if found is None:
        raise Invalid(f"{email} is not a member of this organisation.")
    return found


def _steps(
    row: Row[Any], change: IssueChange, *, assignee_id: int | None, now_ms: int
) -> list[Step]:
    steps = []
    status = _status_step(row, change, now_ms)
    if status is not None:
        steps.append(status)
    if change.severity is not None and change.severity != row.severity:
        facts = {"from": row.severity, "to": change.severity.value}
        values = {"severity": change.severity.value, "severity_by": "person"}
        steps.append(Step("severity", values, facts))
    elif change.severity is not None and row.severity_by != "person":
        values = {"severity_by": "person"}
        steps.append(Step("severity", values, {"from": row.severity, "to": row.severity}))
    if change.assignee is not None and assignee_id != row.assignee_id:
        steps.append(
            Step("assignee", {"assignee_id": assignee_id}, {"to": change.assignee or None})
        )
    return steps


def _status_step(row: Row[Any], change: IssueChange, now_ms: int) -> Step | None:
    status = change.to_status
    if status is None:
        return None
    is_said_anew = change.resolution is not None or change.ignoring is not None
    if status == row.status and not is_said_anew:
        return None
    resolution = change.resolution if status is IssueStatus.RESOLVED else None
    ignoring = change.ignoring if status is IssueStatus.IGNORED else None
    values = {
        "status": status.value,
        "status_changed_ms": now_ms,
        "is_regressed": False,
        "resolution": resolution.as_json() if resolution else None,
        "ignoring": ignoring.as_json() if ignoring else None,
        "ignored_until_ms": ignoring.until_ms if ignoring else None,
    }
    facts = {"from": row.status, "to": status.value} | _said(resolution, ignoring)
    return Step("status", values, facts)


def _said(resolution: Resolution | None, ignoring: Ignoring | None) -> dict[str, Any]:
    """The part of it that people read in the activity."""
    if resolution is not None:
        found = {"in": resolution.kind.value, "release": resolution.release}
        return found | {"commit": resolution.commit}
    if ignoring is None:
        return {}
    names = ("until_ms", "events", "window_ms", "users", "is_escalating")
    return {"until": {name: getattr(ignoring, name) for name in names if getattr(ignoring, name)}}
