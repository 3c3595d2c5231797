"""Exceptions that a request tells of, into the spool as error events."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.pipeline import Arrival, Raised, error_events, prepare_event
from watchkeeper.privacy import Scrubber

MAX_A_REQUEST = 500
"""Distinct exceptions of one request that become events; the others are counted."""


async def keep_errors(
    acceptor: Acceptor,
    scrubber: Scrubber,
    project_id: int,
    raised: Sequence[Raised],
    *,
    now_ms: int,
) -> None:
    """Keep one event for each exception. The same ones again are known by their ids.

    Raises Overloaded.
    """
    if not raised:
        return
    events = error_events(raised)
    acceptor.metrics.drop(Drop.TOO_MANY_ERRORS, max(0, len(events) - MAX_A_REQUEST))
    arrival = Arrival(received_ms=now_ms)
    prepared = []
    for event in events[:MAX_A_REQUEST]:
        try:
            done = prepare_event(event, arrival=arrival, scrubber=scrubber, new_id=uuid4)
        except ValueError:
            acceptor.metrics.drop(Drop.MALFORMED)
            continue
        prepared.append(done.content)
    await acceptor.accept_errors(project_id, prepared)
