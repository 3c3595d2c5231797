"""Reading the audit log."""

from __future__ import annotations

from watchkeeper.access.desk import Desk
from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import trail
from watchkeeper.access.types import AuditPage
from watchkeeper.model import Role

MAX_LINES = 200


class Audit(Desk):
    """Who changed what, for those who answer for it."""

    def audit_entries(
        self, actor: Principal, org: str | None, *, cursor: int | None = None, limit: int = 50
    ) -> AuditPage:
        """A page of one organisation's log for its admins; org None: of the server, for its admin.

        limit: 1..200, more is cut. Raises NotFound, Forbidden.
        """
        if org is None:
            actor.require_platform_admin()
            org_id = None
        else:
            org_id = actor.membership(org, Role.ADMIN).org_id
        wanted = max(1, min(limit, MAX_LINES))
        with self._meta.read() as conn:
            lines = trail.newest(conn, org_id, before_id=cursor, limit=wanted + 1)
        is_more = len(lines) > wanted
        shown = lines[:wanted]
        return AuditPage(entries=shown, next_cursor=shown[-1].id if is_more else None)
