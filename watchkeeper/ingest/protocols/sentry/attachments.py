"""`attachment` items: files of an event."""

from __future__ import annotations

from watchkeeper.ingest.envelope_rows import AttachmentRow
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.parse import Item, MalformedEnvelope
from watchkeeper.ingest.protocols.sentry.people import user_key
from watchkeeper.ingest.protocols.sentry.values import text_of, trace_id_of
from watchkeeper.model import Kind

_LONGEST_NAME = 250


def take_attachment(item: Item, facts: Facts, kept: Kept) -> None:
    """One file. It belongs to the envelope's event; a text is scrubbed, other content is not."""
    event_id = trace_id_of(facts.header.event_id) or kept.event_id
    if not event_id:
        raise MalformedEnvelope(item.position, "An attachment needs the envelope's event_id.")
    content = _scrubbed(item.payload, facts)
    name = text_of(item.header.filename).replace("\\", "/").rpartition("/")[2]
    kept.add_blob(
        Kind.ATTACHMENTS,
        AttachmentRow(
            ts=facts.arrival.received_ms,
            event_id=event_id,
            attachment_id=facts.new_id().hex,
            name=facts.scrubber.scrub_text(name)[:_LONGEST_NAME] or "attachment",
            content_type=text_of(item.header.content_type)[:_LONGEST_NAME]
            or "application/octet-stream",
            type=text_of(item.header.attachment_type)[:50] or "event.attachment",
            size_bytes=len(content),
            user_key=user_key(kept.user),
        ),
        content,
    )


def _scrubbed(content: bytes, facts: Facts) -> bytes:
    """Without secrets if it is text; what is not UTF-8, or holds NUL, stays as it is."""
    if b"\x00" in content:
        return content
    try:
        return facts.scrubber.scrub_text(content.decode()).encode()
    except UnicodeDecodeError:
        return content
