"""`attachment` items: files of an event."""

from __future__ import annotations

from contextlib import suppress

import orjson

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.envelope_rows import AttachmentRow
from watchkeeper.ingest.http import Refusal
from watchkeeper.ingest.pipeline import trace_id_of
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.parse import Item, MalformedEnvelope
from watchkeeper.ingest.protocols.sentry.people import user_key
from watchkeeper.ingest.protocols.sentry.values import text_of
from watchkeeper.model import Kind
from watchkeeper.privacy import Attachments, Scrubber

_LONGEST_NAME = 250
_LARGEST_JSON = 2**20
"""Characters of a file that is read as JSON; a larger one is scrubbed as text only."""
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"\x1a\x45\xdf\xa3")
"""How PNG, JPEG, GIF and WebM begin."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_TEXT_TYPES = ("json", "xml", "yaml", "javascript", "x-www-form-urlencoded", "log")
_TEXT_NAMES = (".txt", ".log", ".json", ".xml", ".csv", ".yaml", ".yml", ".md", ".html")


def take_attachment(item: Item, facts: Facts, kept: Kept) -> None:
    """One file of the envelope's event: scrubbed if it is text, else kept only if asked for.

    Raises Refusal for what the project does not keep.
    """
    event_id = trace_id_of(facts.header.event_id) or kept.event_id
    if not event_id:
        raise MalformedEnvelope(item.position, "An attachment needs the envelope's event_id.")
    content_type = text_of(item.header.content_type)[:_LONGEST_NAME]
    name = text_of(item.header.filename).replace("\\", "/").rpartition("/")[2]
    content = _kept_content(item.payload, facts.scrubber, content_type=content_type, name=name)
    kept.add_blob(
        Kind.ATTACHMENTS,
        AttachmentRow(
            ts=facts.arrival.received_ms,
            event_id=event_id,
            attachment_id=facts.new_id().hex,
            name=facts.scrubber.scrub_text(name)[:_LONGEST_NAME] or "attachment",
            content_type=content_type or "application/octet-stream",
            type=text_of(item.header.attachment_type)[:50] or "event.attachment",
            size_bytes=len(content),
            user_key=user_key(kept.user),
        ),
        content,
    )


def _kept_content(content: bytes, scrubber: Scrubber, *, content_type: str, name: str) -> bytes:
    if scrubber.attachments is Attachments.NONE:
        raise Refusal(403, Drop.NOT_WANTED, "This project keeps no attachments.")
    codec = _codec_of(content, content_type, name)
    if codec is not None:
        return _scrubbed(content.decode(codec), scrubber).encode(codec)
    wanted = scrubber.attachments
    if wanted is Attachments.ALL or (wanted.keeps_pictures and _is_picture(content)):
        return content
    raise Refusal(
        403,
        Drop.UNSCRUBBABLE,
        "This attachment is neither text nor a picture, so secrets in it cannot be hidden. To keep "
        "such files set `attachments` of the project's privacy settings to `all`.",
    )


def _is_picture(content: bytes) -> bool:
    """By the first bytes: what the sender calls it proves nothing."""
    is_boxed = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return content.startswith(_PICTURES) or is_boxed or content[4:8] == b"ftyp"


def _codec_of(content: bytes, content_type: str, name: str) -> str | None:
    """How the bytes are text; None: they are none."""
    if content[:2] in _UTF_16:
        return _decodes(content, "utf-16")
    if b"\x00" not in content and (found := _decodes(content, "utf-8")):
        return found
    plain = content_type.partition(";")[0].strip().lower()
    is_said = plain.startswith("text/") or plain.endswith(_TEXT_TYPES)
    return "latin-1" if is_said or name.lower().endswith(_TEXT_NAMES) else None


def _decodes(content: bytes, codec: str) -> str | None:
    try:
        content.decode(codec)
    except UnicodeDecodeError:
        return None
    return codec


def _scrubbed(text: str, scrubber: Scrubber) -> str:
    """The text as it came where nothing is hidden; JSON also by the names of its fields."""
    if text.lstrip()[:1] in {"{", "["} and len(text) <= _LARGEST_JSON:
        with suppress(ValueError):  # not JSON then
            event = scrubber.scrub_event({"file": orjson.loads(text)})
            if "_scrubbed" in event:
                return orjson.dumps(event["file"], option=orjson.OPT_INDENT_2).decode()
    return scrubber.scrub_text(text)
