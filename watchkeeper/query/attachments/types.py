"""What is told of a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file of an event. number: its place in the event's list, from 0. received_ms: Unix ms.

    type: Sentry's word, such as event.attachment or event.view_hierarchy. blob: its key.
    """

    number: int
    name: str
    content_type: str
    type: str
    size_bytes: int
    received_ms: int
    blob: str
