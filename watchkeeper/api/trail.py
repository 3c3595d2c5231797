"""The audit log's lines for changes that their rooms do not note themselves."""

from __future__ import annotations

from watchkeeper.access import Principal, audit
from watchkeeper.api.rooms import Rooms
from watchkeeper.model import Scope


def note(rooms: Rooms, scope: Scope, caller: Principal, action: str, target: str = "") -> None:
    """Write down that the caller changed something of the project."""
    with rooms.meta.write() as conn:
        audit(
            conn,
            org_id=scope.org_id,
            at_ms=rooms.clock(),
            actor=caller.email,
            action=action,
            target=target,
            facts={"project_id": scope.project_id},
        )
