"""Attachments in the column store."""

from __future__ import annotations

from watchkeeper.model import Scope
from watchkeeper.query.attachments.types import Attachment
from watchkeeper.store.columns import Columns

MOST = 100
"""Files of one event that are told."""

_OF_EVENT = """
SELECT name, content_type, type, size_bytes, toUnixTimestamp64Milli(ts), blob
FROM attachments
WHERE project_id = {project_id:UInt32} AND event_id = {event_id:String}
ORDER BY ts, attachment_id
LIMIT {most:UInt32}
"""


def of_event(columns: Columns, scope: Scope, event_id: str) -> list[Attachment]:
    """The files of one event of the scope's project, oldest first."""
    params = {"project_id": scope.project_id, "event_id": event_id, "most": MOST}
    return [
        Attachment(
            number=number,
            name=str(name),
            content_type=str(content_type),
            type=str(kind),
            size_bytes=int(size),
            received_ms=int(received_ms),
            blob=str(blob),
        )
        for number, (name, content_type, kind, size, received_ms, blob) in enumerate(
            columns.rows(_OF_EVENT, params)
        )
    ]
