"""Pages of an issue's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.issues.cursors import decoded, encoded
from watchkeeper.issues.repo import events, search_events
from watchkeeper.issues.repo.events import EventLine
from watchkeeper.issues.search import parse
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

MOST_EVENTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Newest first."""

    events: Sequence[EventLine]
    next_cursor: str | None


def events_page(
    columns: Columns,
    scope: Scope,
    hashes: Sequence[int],
    span: TimeRange,
    *,
    text: str,
    cursor: str,
    limit: int,
    now_ms: int,
) -> EventPage:
    """A page of the events of these groups. Raises Invalid and BadSearch."""
    if not 1 <= limit <= MOST_EVENTS:
        raise Invalid(f"limit must be 1..{MOST_EVENTS}, got {limit}.")
    after = decoded(cursor, tuple[int, str]) if cursor else None
    found = events.page(
        columns,
        scope,
        hashes,
        span=span,
        after=after,
        limit=limit + 1,
        search=search_events.conditions(parse(text, now_ms=now_ms)),
    )
    shown = found[:limit]
    more = shown[-1] if len(found) > limit else None
    return EventPage(events=shown, next_cursor=encoded(more.ts_ms, more.event_id) if more else None)
