"""Server-sent events: what changed, as it happens."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from watchkeeper.api.wk.shapes import ERRORS

router = APIRouter(tags=["live"], responses=ERRORS)


@router.get(
    "/projects/{project_id}/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_live(project_id: int) -> StreamingResponse:
    """Events named samples, issues, alerts, targets, logs or setup; data: JSON facts."""
    raise NotImplementedError
