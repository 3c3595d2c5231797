"""Reads files of events."""

from __future__ import annotations

from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Scope
from watchkeeper.query.attachments import repo
from watchkeeper.query.attachments.types import Attachment
from watchkeeper.store.blobs import Blobs
from watchkeeper.store.columns import Columns


class Attachments:
    """Which files an event has, and what is in them."""

    def __init__(self, columns: Columns, blobs: Blobs) -> None:
        self._columns, self._blobs = columns, blobs

    def of_event(self, scope: Scope, event_id: str) -> list[Attachment]:
        """The event's files, oldest first; an unknown event has none."""
        return repo.of_event(self._columns, scope, event_id.replace("-", "").lower())

    def content(self, scope: Scope, event_id: str, number: int) -> tuple[Attachment, bytes]:
        """A file and its content. Raises NotFound; BlobMissing once its time is over."""
        found = self.of_event(scope, event_id)
        if not 0 <= number < len(found):
            raise NotFound(f"The event has no attachment {number}; it has {len(found)}.")
        attachment = found[number]
        return attachment, self._blobs.get(attachment.blob) if attachment.blob else b""
