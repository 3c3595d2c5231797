"""What the routes other than /envelope/ carry, as items. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl

from watchkeeper.ingest.body import BodyLimits, unpack
from watchkeeper.ingest.protocols.sentry.parse import Item, MalformedEnvelope

_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""First bytes of a body whose sender forgot to say how it is packed."""
_ZLIB = 0x78
_FORM = re.compile(rb"(?:^|&)sentry_data=")
_LONGEST_FIELDS_BEFORE = 2_000
"""Bytes of a form in which the field of the event begins."""


def unpacked(body: bytes, encoding: str, limits: BodyLimits) -> bytes:
    """Without its Content-Encoding, told or seen. Raises Refusal as `unpack` does."""
    body = unpack(body, encoding, limits)
    for start, name in _PACKED.items():
        if body.startswith(start):
            return unpack(body, name, limits)
    return body


def store_item(body: bytes, limits: BodyLimits) -> Item:
    """One event of /store/: JSON, or as SDKs of old write it: zlib, mostly in base64.

    Raises Refusal and MalformedEnvelope.
    """
    text = body.lstrip()
    if text[:1] == b"{":
        return Item("event", text, 0)
    if _FORM.search(text, 0, _LONGEST_FIELDS_BEFORE):
        text = _form_field(text)
        if text[:1] == b"{":
            return Item("event", text, 0)
        text = text.replace(b" ", b"+")
    packed = text if text[:1] == bytes((_ZLIB,)) else _unquoted(text)
    if packed[:1] == b"{":
        return Item("event", packed, 0)
    packing = next((name for start, name in _PACKED.items() if packed.startswith(start)), "deflate")
    return Item("event", unpack(packed, packing, limits), 0)


def _form_field(text: bytes) -> bytes:
    """The event of a form, whichever fields stand before it."""
    try:
        found = dict(parse_qsl(text.decode("latin-1"), max_num_fields=100))
    except ValueError as error:
        raise MalformedEnvelope(0, "The form has too many fields; send the event alone.") from error
    return found.get("sentry_data", "").encode("utf-8", "replace").strip()


def _unquoted(text: bytes) -> bytes:
    """Out of base64, also with the line breaks of MIME."""
    plain = b"".join(text.split()).replace(b"-", b"+").replace(b"_", b"/")
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedEnvelope(0, "An event is JSON, or zlib of JSON in base64.") from error
