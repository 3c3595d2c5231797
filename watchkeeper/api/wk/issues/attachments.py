"""Files that came with events: told as JSON, and downloaded; never shown by this server."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Path, Response

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer

router = LateRouter(tags=["attachments"], responses=ERRORS)

EventId = Annotated[str, Path(pattern=r"^[0-9a-fA-F-]{32,36}$")]


class AttachmentAnswer(Answer):
    """number: its place in the list, for the download. type: Sentry's word for what it is."""

    number: int
    name: str
    content_type: str
    type: str
    size_bytes: int
    received_ms: int


class AttachmentsAnswer(Answer):
    """The files of one event, oldest first."""

    attachments: list[AttachmentAnswer]


@router.get("/projects/{project_id}/events/{event_id}/attachments")
def list_attachments(rooms: RoomsHere, scope: ViewerScope, event_id: EventId) -> AttachmentsAnswer:
    """The files that came with an event."""
    found = rooms.attachments.of_event(scope, event_id)
    return AttachmentsAnswer(
        attachments=[
            AttachmentAnswer(
                number=each.number,
                name=each.name,
                content_type=each.content_type,
                type=each.type,
                size_bytes=each.size_bytes,
                received_ms=each.received_ms,
            )
            for each in found
        ]
    )


@router.get(
    "/projects/{project_id}/events/{event_id}/attachments/{number}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def download_attachment(
    rooms: RoomsHere, scope: ViewerScope, event_id: EventId, number: Annotated[int, Path(ge=0)]
) -> Response:
    """One file, as a download whatever it calls itself: what an app sends must not run here."""
    attachment, content = rooms.attachments.content(scope, event_id, number)
    name = quote(attachment.name, safe="")
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
