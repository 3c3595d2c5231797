"""Error events as issues: lists, detail, changes, facts, saved searches, rates, feedback."""

from __future__ import annotations

from watchkeeper.api.wk.issues import acts, attachments, errors, facts, feedback, issues, searches
from watchkeeper.api.wk.issues.answers import issue_answer
from watchkeeper.api.wk.issues.shapes import IssueAnswer
from watchkeeper.api.wk.late import LateRouter

ROUTERS: tuple[LateRouter, ...] = (
    issues.router,
    acts.router,
    facts.router,
    searches.router,
    errors.router,
    feedback.router,
    attachments.router,
)

__all__ = ["ROUTERS", "IssueAnswer", "issue_answer"]
