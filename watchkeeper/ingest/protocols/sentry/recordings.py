"""Recordings of replays: unpacked, scrubbed and packed again, event by event."""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Iterator

import orjson

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import Refusal
from watchkeeper.ingest.protocols.sentry.categories import MIB
from watchkeeper.ingest.protocols.sentry.rrweb import hide_unseen
from watchkeeper.privacy import Json, Scrubber

MAX_UNPACKED_BYTES = 100 * MIB
"""Of one segment, as Relay has it."""
MAX_EVENT_CHARACTERS = 16 * MIB
"""Of one event within it, such as the snapshot of a whole page; no more is held at once."""
_CHUNK_BYTES = 256 * 1024
_ANY_ZIP = zlib.MAX_WBITS | 32
_DEEPEST = 4_000
"""Each element of a page is two levels of JSON."""
_SPACE = re.compile(r"[ \t\r\n]+")


def scrubbed_recording(content: bytes, scrubber: Scrubber) -> tuple[bytes, int]:
    """The recording without secrets, by zlib, and its size unpacked, in bytes.

    content: a JSON list of rrweb events, plain or by zlib or gzip. Holds one event at a time.
    Raises Refusal for what cannot be read, and so not be scrubbed.
    """
    packer, packed, unpacked = zlib.compressobj(6), bytearray(), 2
    before = b"["
    for event in _events(_chunks(content)):
        scrubbed = _scrubbed(event, scrubber)
        if scrubbed is not None:
            packed += packer.compress(before)
            packed += packer.compress(scrubbed)
            unpacked += len(scrubbed) + (before == b",")
            before = b","
    packed += packer.compress(b"]" if before == b"," else b"[]")
    packed += packer.flush()
    return bytes(packed), unpacked


def _scrubbed(event: dict[str, Json], scrubber: Scrubber) -> bytes | None:
    keeps_pictures = scrubber.attachments.keeps_pictures
    if not hide_unseen(event, is_secret=scrubber.is_secret_name, keeps_pictures=keeps_pictures):
        return None
    scrubber.scrub_event(event, deepest=_DEEPEST).pop("_scrubbed", None)
    try:
        return orjson.dumps(event)
    except orjson.JSONEncodeError:  # a number of 20 digits, half a character, or 250 levels
        return json.dumps(event, separators=(",", ":")).encode()


def _chunks(content: bytes) -> Iterator[bytes]:
    """The unpacked bytes, a chunk at a time."""
    if content.lstrip()[:1] == b"[":
        yield from (content[at : at + _CHUNK_BYTES] for at in range(0, len(content), _CHUNK_BYTES))
        return
    inflater, total, rest = zlib.decompressobj(_ANY_ZIP), 0, content
    while rest and not inflater.eof:
        try:
            chunk = inflater.decompress(rest, _CHUNK_BYTES)
        except zlib.error as error:
            raise _unreadable("it is neither JSON nor packed by zlib or gzip") from error
        rest = inflater.unconsumed_tail
        total += len(chunk)
        if total > MAX_UNPACKED_BYTES:
            raise _too_large("A replay's segment unpacks to over", MAX_UNPACKED_BYTES)
        yield chunk


def _events(chunks: Iterator[bytes]) -> Iterator[dict[str, Json]]:
    reader = _Reader(chunks)
    if reader.sign() != "[":
        raise _unreadable("it is no list")
    if reader.sign("]") == "]":
        return
    while True:
        yield reader.event()
        sign = reader.sign()
        if sign == "]":
            return
        if sign != ",":
            raise _unreadable("it is damaged or not whole")


class _Reader:
    """Reads a JSON list value by value, holding little more than one of them."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text, self._at = "", 0
        self._decode = json.JSONDecoder().raw_decode

    def sign(self, wanted: str = "[],") -> str:
        """The next sign behind white space if it is one of these, and then go on behind it."""
        while True:
            if (space := _SPACE.match(self._text, self._at)) is not None:
                self._at = space.end()
            if self._at < len(self._text):
                break
            if not self._fill():
                raise _unreadable("it is damaged or not whole")
        sign = self._text[self._at]
        if sign not in wanted:
            return ""
        self._at += 1
        return sign

    def event(self) -> dict[str, Json]:
        """The next value. Raises Refusal unless it is an object."""
        self.sign("")
        while True:
            try:
                value, self._at = self._decode(self._text, self._at)
                break
            except RecursionError as error:
                raise _unreadable("it is nested too deeply") from error
            except json.JSONDecodeError as error:
                if not self._fill():
                    raise _unreadable("it is damaged or not whole") from error
        if not isinstance(value, dict):
            raise _unreadable("an event in it is no object")
        return value

    def _fill(self) -> bool:
        """Twice as much text as is held, so that a large value is not begun too often."""
        held = [self._text[self._at :]]
        wanted = max(_CHUNK_BYTES, len(held[0]))
        if len(held[0]) >= MAX_EVENT_CHARACTERS:
            raise _too_large("An event of a replay is larger than", MAX_EVENT_CHARACTERS)
        read = 0
        try:
            while read < wanted and (chunk := next(self._chunks, None)) is not None:
                held.append(self._decoder.decode(chunk))
                read += len(chunk)
        except UnicodeDecodeError as error:
            raise _unreadable("it is not UTF-8") from error
        self._text, self._at = "".join(held), 0
        return read > 0


def _unreadable(why: str) -> Refusal:
    reason = f"This replay's recording cannot be searched for secrets, so it is not kept: {why}."
    return Refusal(400, Drop.UNSCRUBBABLE, reason)


def _too_large(reason: str, limit: int) -> Refusal:
    return Refusal(413, Drop.TOO_LARGE, f"{reason} {limit:,} bytes.", limit_bytes=limit)
