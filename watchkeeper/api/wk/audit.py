"""Who did what in an organisation."""

from __future__ import annotations

from fastapi import APIRouter

from watchkeeper.api.wk.shapes import ERRORS, Answer

router = APIRouter(tags=["audit"], responses=ERRORS)


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
    next_cursor: str | None


@router.get("/orgs/{org}/audit")
def list_audit(org: str, cursor: str | None = None) -> AuditAnswer:
    """The audit log, newest first, 100 a page. Needs role admin."""
    raise NotImplementedError
