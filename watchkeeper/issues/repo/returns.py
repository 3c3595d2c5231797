"""Issues that come back: what is written beside their new state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from watchkeeper.issues.tally import Tally
from watchkeeper.store.meta import tables

BY_US = "watchkeeper"
"""Actor of what the server did by itself."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a tally did to its issue. woken: why it is no longer ignored, if that ended."""

    project_id: int
    issue_id: int
    short_id: str
    events: int
    is_new: bool = False
    is_regressed: bool = False
    woken: str = ""


def awake(at_ms: int) -> dict[str, Any]:
    """Columns of an issue that is no longer ignored."""
    return {
        "status": "unresolved",
        "status_changed_ms": at_ms,
        "ignoring": None,
        "ignored_until_ms": None,
    }


def any_due(conn: Connection, now_ms: int) -> bool:
    """True if an issue's time of being ignored is over."""
    t = tables.issues
    due = select(t.c.id).where(t.c.ignored_until_ms <= now_ms, t.c.status == "ignored").limit(1)
    return conn.execute(due).first() is not None


def wake_due(conn: Connection, now_ms: int) -> list[tuple[int, int]]:
    """Open the issues whose time of being ignored is over; returns (project, issue) of each."""
    t = tables.issues
    due = (
        select(t.c.id, t.c.project_id)
        .where(t.c.ignored_until_ms <= now_ms, t.c.status == "ignored")
        .order_by(t.c.id)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    found = [(row.project_id, row.id) for row in conn.execute(due)]
    if not found:
        return []
    ids = [issue_id for _project, issue_id in found]
    conn.execute(update(t).where(t.c.id.in_(ids)).values(**awake(now_ms)))
    conn.execute(
        insert(tables.issue_activity),
        [_activity(issue_id, now_ms, "unignored", {"reason": "until"}) for issue_id in ids],
    )
    return found


def note_returns(conn: Connection, came_back: Sequence[tuple[Tally, Outcome]]) -> None:
    """The activity that people see and the signal that alerting claims."""
    if not came_back:
        return
    conn.execute(insert(tables.issue_activity), [_line(*each) for each in came_back])
    conn.execute(insert(tables.signals), [_signal(*each) for each in came_back])


def _activity(issue_id: int, at_ms: int, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {"issue_id": issue_id, "at_ms": at_ms, "actor": BY_US, "kind": kind, "facts": facts}


def _line(one: Tally, outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {"event_id": one.last.event_id, "release": one.last.release}
    if outcome.woken:
        return _activity(
            outcome.issue_id, one.received_ms, "unignored", facts | {"reason": outcome.woken}
        )
    return _activity(outcome.issue_id, one.received_ms, "regressed", facts)


def _signal(one: Tally, outcome: Outcome) -> dict[str, Any]:
    return {
        "project_id": one.project_id,
        "kind": "issue_unignored" if outcome.woken else "issue_regressed",
        "facts": {
            "issue_id": outcome.issue_id,
            "short_id": outcome.short_id,
            "title": one.last.title,
            "severity": one.severity.value,
        },
        "created_ms": one.received_ms,
    }
