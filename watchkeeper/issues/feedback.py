"""What people write about the product, and which errors they write about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from watchkeeper.issues.cursors import decoded, encoded
from watchkeeper.issues.listing import row_short_id
from watchkeeper.issues.repo import feedback as repo
from watchkeeper.issues.repo import rows
from watchkeeper.issues.repo.feedback import FeedbackFilter
from watchkeeper.issues.types import IssueRef
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody wrote. ts_ms: Unix ms UTC. Empty texts: not told.

    event_id: the error that it is about; short_id, title: of its issue, empty if it is not stored.
    source: what showed the form.
    """

    feedback_id: str
    ts_ms: int
    name: str
    email: str
    message: str
    url: str
    source: str
    user_key: str
    event_id: str
    replay_id: str
    trace_id: str
    environment: str
    release: str
    short_id: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPage:
    """Newest first. total: of all pages."""

    feedback: Sequence[Feedback]
    next_cursor: str | None
    total: int


class FeedbackReads:
    """Every method blocks; each may be called from any thread. Scopes name one project."""

    def __init__(self, meta: Meta, columns: Columns) -> None:
        self._meta, self._columns = meta, columns

    def page(
        self,
        scope: Scope,
        chosen: FeedbackFilter,
        *,
        issue: IssueRef | None = None,
        cursor: str = "",
        limit: int = 50,
    ) -> FeedbackPage:
        """A page of the project's feedback, or of that about one issue.

        Raises NotFound for an issue of another project, Invalid.
        """
        if not 1 <= limit <= MOST_AT_ONCE:
            raise Invalid(f"limit must be 1..{MOST_AT_ONCE}, got {limit}.")
        after = decoded(cursor, tuple[int, str]) if cursor else None
        if issue is not None:
            chosen = replace(chosen, hashes=self._hashes(scope, issue))
        found = [
            _feedback(row)
            for row in repo.page(self._columns, scope, chosen, after=after, limit=limit + 1)
        ]
        shown = found[:limit]
        more = encoded(shown[-1].ts_ms, shown[-1].feedback_id) if len(found) > limit else None
        return FeedbackPage(
            feedback=self._with_issues(scope, shown),
            next_cursor=more,
            total=repo.total(self._columns, scope, chosen),
        )

    def _hashes(self, scope: Scope, issue: IssueRef) -> list[int]:
        with self._meta.read() as conn:
            row = rows.known(rows.find(conn, scope, issue))
            return list(rows.hashes_of(conn, scope, [row.id]))

    def _with_issues(self, scope: Scope, shown: Sequence[Feedback]) -> list[Feedback]:
        about = {one.event_id for one in shown if one.event_id}
        events = repo.hashes_of_events(self._columns, scope, about)
        if not events:
            return list(shown)
        with self._meta.read() as conn:
            issues = rows.by_hash(conn, scope, sorted({one for one, _title in events.values()}))
        return [_about(one, events, issues) for one in shown]


def _about(
    one: Feedback, events: dict[str, tuple[int, str]], issues: Mapping[int, Row[Any]]
) -> Feedback:
    grouping_hash, title = events.get(one.event_id, (0, ""))
    row = issues.get(grouping_hash)
    return (
        one if row is None else replace(one, short_id=row_short_id(row), title=row.title or title)
    )


def _feedback(row: Sequence[object]) -> Feedback:
    names = (
        "feedback_id", "ts_ms", "name", "email", "message", "url", "source", "user_key",
        "event_id", "replay_id", "trace_id", "environment", "release",
    )  # fmt: skip
    told = dict(zip(names, map(str, row), strict=True))
    return Feedback(ts_ms=int(told.pop("ts_ms")), **told)
