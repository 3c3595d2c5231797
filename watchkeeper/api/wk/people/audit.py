"""Who did what in an organisation."""

from __future__ import annotations

from watchkeeper.api.auth import Caller, RoomsHere
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer

PAGE = 100

router = LateRouter(tags=["audit"], responses=ERRORS)


class AuditEntry(Answer):
    """actor: e-mail, or the name of the token; target: what it was done to."""

    id: int
    at_ms: int
    actor: str
    action: str
    target: str
    facts: dict[str, object]


class AuditAnswer(Answer):
    """next_cursor: null on the last page."""

    entries: list[AuditEntry]
    next_cursor: int | None


@router.get("/orgs/{org}/audit")
def list_audit(
    rooms: RoomsHere, caller: Caller, org: str, cursor: int | None = None
) -> AuditAnswer:
    """The audit log, newest first, a page at a time. Needs role admin."""
    page = rooms.access.audit_entries(caller, org, cursor=cursor, limit=PAGE)
    return AuditAnswer(
        entries=[
            AuditEntry(
                id=each.id,
                at_ms=each.at_ms,
                actor=each.actor,
                action=each.action,
                target=each.target,
                facts=dict(each.facts),
            )
            for each in page.entries
        ],
        next_cursor=page.next_cursor,
    )
