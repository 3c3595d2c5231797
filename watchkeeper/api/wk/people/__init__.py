"""Who is there: sign-in, the first account, members, tokens, the audit log."""

from __future__ import annotations

from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.people import audit, first_run, members, session, setup, tokens
from watchkeeper.api.wk.people.session import ProjectAnswer, project_answer

ROUTERS: tuple[LateRouter, ...] = (
    session.router,
    first_run.router,
    setup.router,
    members.router,
    tokens.router,
    audit.router,
)

__all__ = ["ROUTERS", "ProjectAnswer", "project_answer"]
