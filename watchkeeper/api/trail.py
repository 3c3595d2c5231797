"""The audit log's lines for changes that their rooms do not note themselves."""

from __future__ import annotations

from collections.abc import Mapping

from watchkeeper.access import Principal, audit
from watchkeeper.api.rooms import Rooms
from watchkeeper.model import Scope


def note(
    rooms: Rooms,
    scope: Scope,
    caller: Principal,
    action: str,
    target: str = "",
    *,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write down that the caller changed something of the project. facts: its id if none."""
    with rooms.meta.write() as conn:
        audit(
            conn,
            org_id=scope.org_id,
            at_ms=rooms.clock(),
            actor=caller.email,
            action=action,
            target=target,
            facts={"project_id": scope.project_id} if facts is None else facts,
        )
