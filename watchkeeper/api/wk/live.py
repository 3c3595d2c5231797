"""Server-sent events: what changed, as it happens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS
from watchkeeper.lib.clock import HOUR_MS, Clock
from watchkeeper.lib.live import LiveHub, LiveMessage, messages_of

PING_S = 15.0
LONGEST_MS = HOUR_MS
"""A stream ends after this long; the page opens the next one and shows its credential again."""

router = LateRouter(tags=["live"], responses=ERRORS)


@router.get(
    "/projects/{project_id}/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_live(rooms: RoomsHere, scope: ViewerScope) -> StreamingResponse:
    """Events named samples, issues, alerts, targets, logs or setup; data: JSON facts."""
    stream = live_text(rooms.live, scope.project_id, rooms.clock)
    head = await anext(stream)  # subscribes before the answer begins, so that a refusal is a 503
    return StreamingResponse(
        _with_head(head, stream),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def live_text(
    hub: LiveHub, project_id: int, clock: Clock, *, ping_s: float = PING_S
) -> AsyncIterator[str]:
    """The text of one stream; ends after LONGEST_MS, or when the caller goes. TooManyStreams."""
    ends_ms = clock() + LONGEST_MS
    with hub.subscribe([project_id]) as subscription:
        yield "retry: 2000\n: connected\n\n"
        async for message in messages_of(subscription, ping_s=ping_s):
            yield event_text(message) if message else ": ping\n\n"
            if clock() >= ends_ms:
                return


def event_text(message: LiveMessage) -> str:
    """One event. `merged`: how many changes it tells of; the facts are the latest one's."""
    facts = json.dumps({**message.facts, "merged": message.merged}, separators=(",", ":"))
    return f"event: {message.topic}\ndata: {facts}\n\n"


async def _with_head(head: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield head
    async for text in rest:
        yield text
