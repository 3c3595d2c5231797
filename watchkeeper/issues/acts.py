"""What people do to issues: change, take back, merge, comment. Each is an activity and audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row

from watchkeeper.access import audit
from watchkeeper.issues import listing
from watchkeeper.issues.change import IssueChange, Step, apply_change, may_change
from watchkeeper.issues.intent import Intent, ignorings_of, resolution_of
from watchkeeper.issues.lapse import Ignoring
from watchkeeper.issues.repo import acts as repo
from watchkeeper.issues.repo import rows
from watchkeeper.issues.types import Comment, IssueQuery, IssueRef
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Conflict, Forbidden, Invalid, NotFound
from watchkeeper.model import Role, Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST_BY_QUERY = 1_000
_RESTORED = (
    "status", "status_changed_ms", "is_regressed", "resolution", "ignoring", "ignored_until_ms",
    "severity", "severity_by", "assignee_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """issues: how many differ from before. remaining: found, but beyond what is done at once.

    undo: number that takes the change back; None when nothing changed.
    """

    issues: int
    remaining: int = 0
    undo: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """issues: taken back; kept: changed by somebody meanwhile, so left as they are."""

    issues: int
    kept: int


class IssueActs:
    """People's acts. Every method blocks and raises Forbidden for a viewer, NotFound for an issue
    of another project. actor: who does it, as the audit log shows them.
    """

    def __init__(self, *, meta: Meta, columns: Columns, clock: Clock) -> None:
        self._meta = meta
        self._columns = columns
        self._clock = clock

    def change(
        self,
        scope: Scope,
        issues: Sequence[IssueRef],
        change: IssueChange | None,
        *,
        actor: str,
        intent: Intent | None = None,
    ) -> Changed:
        """Change one issue or many, all or none."""
        may_change(scope)
        with self._meta.read() as conn:
            ids = [rows.known(rows.find(conn, scope, issue)).id for issue in issues]
        return self._change(scope, ids, change, intent or Intent(), actor=actor)

    def change_found(
        self,
        scope: Scope,
        query: IssueQuery,
        change: IssueChange | None,
        *,
        actor: str,
        intent: Intent | None = None,
    ) -> Changed:
        """Change what a search finds, at most 1,000 issues at once."""
        may_change(scope)
        ids, total = listing.matching_ids(
            self._meta, self._columns, self._clock, scope, query, most=MOST_BY_QUERY
        )
        if not ids:
            return Changed(issues=0)
        done = self._change(scope, ids, change, intent or Intent(), actor=actor)
        return replace(done, remaining=total - len(ids))

    def _change(
        self,
        scope: Scope,
        ids: Sequence[int],
        change: IssueChange | None,
        intent: Intent,
        *,
        actor: str,
    ) -> Changed:
        now_ms = self._clock()
        changes = self._changes(scope, ids, change, intent, now_ms)
        with self._meta.write() as conn:
            done = apply_change(conn, scope, changes, actor=actor, now_ms=now_ms)
            if not done:
                return Changed(issues=0)
            names = _names(conn, scope, [row.id for row, _step in done])
            for row, step in done:
                self._audit(conn, scope, f"{step.kind}_changed", names[row.id], step.facts, actor)
            undo = repo.add_undo(
                conn, scope, actor=actor, at_ms=now_ms, facts={"issues": _replaced(done)}
            )
        return Changed(issues=len({row.id for row, _step in done}), undo=undo)

    def _changes(
        self,
        scope: Scope,
        ids: Sequence[int],
        change: IssueChange | None,
        intent: Intent,
        now_ms: int,
    ) -> dict[int, IssueChange]:
        """What each issue gets: a resolution is looked up once, an escalation issue by issue."""
        resolution = resolution_of(self._meta, self._columns, scope, intent)
        ignoring = intent.ignoring
        if ignoring is not None and ignoring.until_ms is not None and ignoring.until_ms <= now_ms:
            raise Invalid("ignore.until_ms must lie in the future.")
        by_issue: Mapping[int, Ignoring] = {}
        if intent.until_escalating:
            with self._meta.read() as conn:
                issue_of = rows.hashes_of(conn, scope, ids)
            by_issue = ignorings_of(self._columns, scope, intent, issue_of, now_ms=now_ms)
        return {
            one: _completed(change, resolution=resolution, ignoring=by_issue.get(one, ignoring))
            for one in ids
        }

    def undo(self, scope: Scope, undo_id: int, *, actor: str) -> Undone:
        """Take a change back, within an hour. Only who made it may, or an admin."""
        may_change(scope)
        now_ms = self._clock()
        with self._meta.write() as conn:
            taken = repo.take_undo(conn, scope, undo_id, now_ms=now_ms)
            if taken is None:
                raise NotFound("This change cannot be taken back: it is over an hour old, or was.")
            if taken.actor != actor and scope.role < Role.ADMIN:
                raise Forbidden(f"{taken.actor} made this change: only they or an admin undo it.")
            found = repo.rows_by_id(conn, scope, [one["id"] for one in taken.facts["issues"]])
            names = _names(conn, scope, list(found))
            done = kept = 0
            for one in taken.facts["issues"]:
                row = found.get(one["id"])
                if row is None or any(getattr(row, k) != v for k, v in one["after"].items()):
                    kept += 1
                    continue
                rows.set_values(conn, row.id, one["before"])
                self._note(conn, scope, row.id, names[row.id], "undone", {}, actor)
                done += 1
        return Undone(issues=done, kept=kept)

    # Merges

    def merge(
        self, scope: Scope, into: IssueRef, issues: Sequence[IssueRef], *, actor: str
    ) -> Changed:
        """Make issues part of another one; returns how many were. Reversible by `unmerge`."""
        may_change(scope)
        now_ms = self._clock()
        with self._meta.write() as conn:
            target = rows.known(rows.find(conn, scope, into))
            ids = {rows.known(rows.find(conn, scope, issue)).id for issue in issues}
            locked = repo.rows_by_id(conn, scope, [target.id, *ids])
            sources = [locked[one] for one in sorted(ids - {target.id})]
            names = _names(conn, scope, list(locked))
            for row in sources:
                repo.move_hashes(conn, scope, row.id, target.id)
                repo.follow_merge(conn, scope, row.id, target.id)
                rows.set_values(conn, row.id, {"merged_into_id": target.id, "merged_ms": now_ms})
                facts = {"from": names[row.id], "into": names[target.id]}
                self._note(conn, scope, row.id, names[row.id], "merged", facts, actor)
                self._note(conn, scope, target.id, names[target.id], "merged", facts, actor)
            if sources:
                rows.set_values(conn, target.id, _together([locked[target.id], *sources]))
        return Changed(issues=len(sources))

    def unmerge(
        self, scope: Scope, issue: IssueRef, sources: Sequence[IssueRef], *, actor: str
    ) -> Changed:
        """Make issues that were merged into this one issues of their own again.

        Counts are as before the merge, plus the stored events of their fingerprints since.
        """
        may_change(scope)
        now_ms = self._clock()
        with self._meta.read() as conn:
            target = rows.known(rows.find(conn, scope, issue))
            found = [rows.known(rows.find_itself(conn, scope, one)) for one in sources]
            homes = repo.hashes_by_home(conn, scope, target.id)
        for row in found:
            if row.merged_into_id != target.id:
                raise Conflict(f"{listing.row_short_id(row)} is not part of this issue.")
        since = {
            row.id: rows.events_since(self._columns, scope, homes.get(row.id, []), row.merged_ms)
            for row in found
        }
        with self._meta.write() as conn:
            locked = repo.rows_by_id(conn, scope, [target.id, *since])
            names = _names(conn, scope, list(locked))
            whole = locked[target.id]
            taken = 0
            for row in (locked[one] for one in since):
                if row.merged_into_id != target.id:
                    raise Conflict("Somebody changed the merge meanwhile: reload and try again.")
                repo.move_home(conn, scope, target.id, row.id)
                rows.set_values(conn, row.id, _apart(row, whole, since[row.id], now_ms))
                taken += row.events + since[row.id].events
                facts = {"from": names[target.id], "out": names[row.id]}
                self._note(conn, scope, row.id, names[row.id], "unmerged", facts, actor)
                self._note(conn, scope, target.id, names[target.id], "unmerged", facts, actor)
            rows.set_values(conn, target.id, {"events": max(0, whole.events - taken)})
        return Changed(issues=len(since))

    # Comments

    def comments(self, scope: Scope, issue: IssueRef) -> list[Comment]:
        """Oldest first."""
        with self._meta.read() as conn:
            row = rows.known(rows.find(conn, scope, issue))
            return [_comment(one) for one in repo.comments(conn, row.id)]

    def comment(self, scope: Scope, issue: IssueRef, text: str, *, actor: str) -> Comment:
        """Add a comment."""
        may_change(scope)
        _check_text(text)
        now_ms = self._clock()
        with self._meta.write() as conn:
            row = rows.known(rows.find(conn, scope, issue))
            added = repo.add_comment(conn, row.id, author=actor, text=text, at_ms=now_ms)
            self._note(
                conn, scope, row.id, listing.row_short_id(row), "comment", {"id": added}, actor
            )
        return Comment(id=added, at_ms=now_ms, edited_ms=None, author=actor, text=text)

    def edit_comment(
        self, scope: Scope, issue: IssueRef, comment_id: int, text: str, *, actor: str
    ) -> Comment:
        """Change a comment of one's own."""
        may_change(scope)
        _check_text(text)
        now_ms = self._clock()
        with self._meta.write() as conn:
            found = _own_comment(conn, scope, issue, comment_id, actor)
            repo.set_comment(conn, comment_id, text=text, at_ms=now_ms)
        return replace(_comment(found), text=text, edited_ms=now_ms)

    def delete_comment(self, scope: Scope, issue: IssueRef, comment_id: int, *, actor: str) -> None:
        """Delete a comment of one's own; admins delete any."""
        may_change(scope)
        with self._meta.write() as conn:
            _own_comment(conn, scope, issue, comment_id, actor, or_admin=True)
            repo.delete_comment(conn, comment_id)

    def _note(
        self,
        conn: Connection,
        scope: Scope,
        issue_id: int,
        name: str,
        kind: str,
        facts: dict[str, Any],
        actor: str,
    ) -> None:
        rows.add_activity(conn, issue_id, at_ms=self._clock(), actor=actor, kind=kind, facts=facts)
        self._audit(conn, scope, kind, name, facts, actor)

    def _audit(
        self,
        conn: Connection,
        scope: Scope,
        what: str,
        name: str,
        facts: Mapping[str, Any],
        actor: str,
    ) -> None:
        audit(
            conn,
            org_id=scope.org_id,
            actor=actor,
            action=f"issue.{what}",
            target=name,
            at_ms=self._clock(),
            facts=dict(facts),
        )


def _completed(
    change: IssueChange | None, *, resolution: Any, ignoring: Ignoring | None
) -> IssueChange:
    """The change with its resolution or ignoring. Raises Invalid when nothing is to change."""
    if resolution is None and ignoring is None:
        return change or IssueChange()
    if change is None:
        return IssueChange(resolution=resolution, ignoring=ignoring)
    return replace(change, resolution=resolution, ignoring=ignoring)


def _names(conn: Connection, scope: Scope, ids: Sequence[int]) -> dict[int, str]:
    return {row.id: listing.row_short_id(row) for row in rows.by_ids(conn, scope, ids)}


def _replaced(done: Sequence[tuple[Row[Any], Step]]) -> list[dict[str, Any]]:
    """For each issue the columns that changed, before and after."""
    found: dict[int, dict[str, Any]] = {}
    for row, step in done:
        one = found.setdefault(row.id, {"id": row.id, "before": {}, "after": {}})
        for name in _RESTORED:
            if name in step.values:
                one["before"][name] = getattr(row, name)
                one["after"][name] = step.values[name]
    return list(found.values())


def _together(parts: Sequence[Row[Any]]) -> dict[str, Any]:
    """What an issue is with others in it: the first, the last and the sum of all."""
    first = min(parts, key=lambda row: row.first_seen_ms)
    last = max(parts, key=lambda row: row.last_seen_ms)
    return {
        "first_seen_ms": first.first_seen_ms,
        "first_release": first.first_release,
        "last_seen_ms": last.last_seen_ms,
        "last_release": last.last_release,
        "events": sum(row.events for row in parts),
        "is_handled": all(row.is_handled for row in parts),
    }


def _apart(row: Row[Any], whole: Row[Any], since: rows.Since, now_ms: int) -> dict[str, Any]:
    """What a merged issue is on its own again. It takes over what people said of the whole."""
    return {
        "merged_into_id": None,
        "merged_ms": None,
        "events": row.events + since.events,
        "last_seen_ms": max(row.last_seen_ms, since.last_ms),
        "status": whole.status,
        "status_changed_ms": now_ms,
        "resolution": whole.resolution,
        "ignoring": whole.ignoring,
        "ignored_until_ms": whole.ignored_until_ms,
    }


def _comment(row: Row[Any]) -> Comment:
    return Comment(
        id=row.id, at_ms=row.at_ms, edited_ms=row.edited_ms, author=row.author, text=row.text
    )


def _own_comment(
    conn: Connection,
    scope: Scope,
    issue: IssueRef,
    comment_id: int,
    actor: str,
    *,
    or_admin: bool = False,
) -> Row[Any]:
    row = rows.known(rows.find(conn, scope, issue))
    found = repo.find_comment(conn, row.id, comment_id)
    if found is None:
        raise NotFound("There is no such comment on this issue.")
    if found.author != actor and not (or_admin and scope.role >= Role.ADMIN):
        raise Forbidden(f"{found.author} wrote this comment: only they may change it.")
    return found


def _check_text(text: str) -> None:
    if not text.strip() or len(text) > 10_000:
        raise Invalid("text: a comment has 1 to 10,000 characters.")
