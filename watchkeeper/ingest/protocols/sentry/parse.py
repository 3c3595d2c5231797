"""Sentry's wire format: bytes to items. Pure. docs/wire/sentry.md."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import orjson

MAX_ITEMS = 1_000
_BYTE_ORDER = "\ufeff"
"""What some writers put before UTF-8."""
_DIGITS = 19
"""Of a whole number that surely fits 64 bits, with its sign, and one more."""


class MalformedEnvelope(Exception):
    """position: byte offset in the unpacked body at which it stops making sense."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position, self.reason = position, reason


class EnvelopeHeader(msgspec.Struct, frozen=True):
    """The first line. sent_at: the sender's clock when it was sent. trace: what Sentry calls the
    dynamic sampling context. Of any JSON type: a field that makes no sense is as good as none.
    """

    event_id: object = None
    dsn: object = None
    sent_at: object = None
    trace: object = None


class ItemHeader(msgspec.Struct, frozen=True):
    """One item's line. length: bytes of its payload; None: to the end of the line.

    filename, attachment_type: of an attachment.
    """

    type: str
    length: int | None = None
    content_type: object = None
    filename: object = None
    attachment_type: object = None


_NO_HEADER = ItemHeader(type="")


@dataclass(frozen=True, slots=True)
class Item:
    """One item; position: where its payload begins."""

    type: str
    payload: bytes
    position: int
    header: ItemHeader = _NO_HEADER


class DiscardedEvents(msgspec.Struct, frozen=True):
    """What an SDK threw away by itself: how many of which category, and why."""

    reason: str = ""
    category: str = ""
    quantity: float = 0


class ClientReport(msgspec.Struct, frozen=True):
    """A `client_report` item. The lists beside discarded_events come from Relay."""

    discarded_events: list[DiscardedEvents] = []
    rate_limited_events: list[DiscardedEvents] = []
    filtered_events: list[DiscardedEvents] = []
    filtered_sampling_events: list[DiscardedEvents] = []


JsonObject = dict[str, object]

_header = msgspec.json.Decoder(EnvelopeHeader)
_item_header = msgspec.json.Decoder(ItemHeader)
_client_report = msgspec.json.Decoder(ClientReport)


def parse_envelope(body: bytes) -> tuple[EnvelopeHeader, list[Item]]:
    """The envelope's header and items. Raises MalformedEnvelope."""
    body = body.removeprefix(_BYTE_ORDER.encode())
    end = _line_end(body, 0)
    try:
        header = _header.decode(body[:end])
    except msgspec.DecodeError as error:
        raise MalformedEnvelope(0, f"The envelope's header is not right: {error}.") from error
    except UnicodeDecodeError as error:
        raise MalformedEnvelope(error.start, "The envelope's header is not UTF-8.") from error
    return header, list(_items(body, end + 1))


def _items(body: bytes, at: int) -> Iterator[Item]:
    count = 0
    while at < len(body):
        if body[at] in b"\r\n":  # a blank line between items, and after the last
            at += 1
            continue
        count += 1
        if count > MAX_ITEMS:
            raise MalformedEnvelope(at, f"An envelope holds at most {MAX_ITEMS} items.")
        item, at = _item(body, at)
        yield item


def _item(body: bytes, at: int) -> tuple[Item, int]:
    """The item whose header begins at `at`, and where the next begins."""
    line_end = _line_end(body, at)
    try:
        header = _item_header.decode(body[at:line_end])
    except msgspec.DecodeError as error:
        raise MalformedEnvelope(at, f"An item's header is not right: {error}.") from error
    except UnicodeDecodeError as error:
        raise MalformedEnvelope(at, "An item's header is not UTF-8.") from error
    start = line_end + 1
    if header.length is None:
        end = _line_end(body, start)
        return Item(header.type, body[start:end], start, header), end + 1
    end = start + header.length
    if header.length < 0 or end > len(body):
        raise MalformedEnvelope(at, "An item's length goes past the end of the envelope.")
    if end < len(body) and body[end] not in b"\r\n":
        raise MalformedEnvelope(end, "An item is longer than its length says.")
    return Item(header.type, body[start:end], start, header), end + 1


def _line_end(body: bytes, at: int) -> int:
    end = body.find(b"\n", at)
    return len(body) if end < 0 else end


def parse_object(payload: bytes, position: int = 0) -> JsonObject:
    """One item's JSON object. Raises MalformedEnvelope with `position` added to its place."""
    try:
        event = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        event = _parse_leniently(payload, error, position)
    if not isinstance(event, dict):
        raise MalformedEnvelope(position, "This item is a JSON object.")
    return event


def _parse_leniently(payload: bytes, error: json.JSONDecodeError, position: int) -> object:
    """Once more for what SDKs may write though it is not strict JSON.

    Half of a surrogate pair becomes `?`, NaN, Infinity and numbers beyond all bounds become null,
    bytes that are not UTF-8 become U+FFFD, control characters within texts stay.
    """
    try:
        text = payload.decode("utf-8", "replace").removeprefix(_BYTE_ORDER)
        loose = json.loads(
            text,
            parse_constant=lambda _: None,
            parse_float=_finite,
            parse_int=lambda digits: int(digits) if len(digits) < _DIGITS else _finite(digits),
            strict=False,
        )
        return orjson.loads(json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as other:
        place = position + error.pos
        raise MalformedEnvelope(place, f"An item is not valid JSON: {error.msg}.") from other


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def parse_client_report(payload: bytes) -> ClientReport:
    """What the SDK discarded; empty if it cannot be read, as it is only counted."""
    try:
        return _client_report.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ClientReport()
