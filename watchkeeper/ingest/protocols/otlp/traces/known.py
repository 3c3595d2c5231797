"""What earlier spans of a project taught, by the bytes they came as. Bounded; pure.

Attributes come again and again, and so do spans that differ in ids and times only. Their rows are
put together of bytes that were made once: see `fast.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from watchkeeper.ingest.pipeline import (
    MAX_KEY,
    MAX_TEXT,
    TELLING,
    SpanOrigin,
    conventions,
    path_of_url,
)
from watchkeeper.ingest.protocols.otlp.attributes import Key, read_attributes
from watchkeeper.ingest.span_rows import row_attributes, row_text
from watchkeeper.lib.varint import varint
from watchkeeper.model import person_key
from watchkeeper.privacy import FILTERED, Scrubber

_MAX_BYTES = 24 * 2**20
_LONGEST = 400
_ENTRY_BYTES = 500
"""About what an attribute or a shape takes besides its bytes."""
_PLAIN = "plain 20000 text"
"""No rule about texts changes it."""
_TEXT, _NUMBER = 0x0A, 0x18


OriginKey = tuple[Key, str, str, Key]
"""Attributes of a resource; name, version and attributes of a scope."""


class Part(IntEnum):
    """What an attribute does to the fields of a span."""

    NONE = 0
    TELLS = 1
    """Its value decides fields that many spans share."""
    PATH = 2
    STATEMENT = 3
    USER = 4
    SESSION = 5
    UNUSUAL = 6
    """The span is to be read in full."""


_PARTS = {
    **dict.fromkeys(TELLING, Part.TELLS),
    **dict.fromkeys((*conventions.HTTP_PATH, *conventions.HTTP_URL), Part.PATH),
    **dict.fromkeys(conventions.STATEMENT, Part.STATEMENT),
    **dict.fromkeys(conventions.USER, Part.USER),
    **dict.fromkeys(conventions.SESSION, Part.SESSION),
    "sentry.message.template": Part.UNUSUAL,  # it says which of the other attributes are secret
}


Attribute = tuple[str, str, bytes, int, str]
"""(name, value, pair, part, text) of an attribute. The first two as sent. pair: scrubbed, as bytes
of a row; empty where it is no attribute of the row. part: a `Part`. text: what that needs of it:
the path, the scrubbed user, the session.

A plain tuple of plain values, as the garbage collector looks at anything else again and again.
"""


@dataclass(frozen=True, slots=True)
class FastOrigin:
    """An origin with its attributes as bytes of a row."""

    origin: SpanOrigin
    number: int
    keys: frozenset[str]
    pairs: bytes

    @classmethod
    def of(cls, origin: SpanOrigin, number: int) -> FastOrigin:
        """number: equal only for equal origins."""
        size = len(varint(len(origin.attributes)))
        pairs = row_attributes(origin.attributes)[size:]
        return cls(origin, number, frozenset(origin.attributes), pairs)


class Known:
    """Attributes by their protobuf, shapes of rows by what decides them."""

    __slots__ = ("_held_bytes", "_names", "_number", "_scrubber", "attributes", "origins", "shapes")

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._names: dict[str, bool] = {}
        self.attributes: dict[bytes, Attribute] = {}
        self.origins: dict[OriginKey, FastOrigin] = {}
        self.shapes: dict[tuple[object, ...], bytes] = {}
        self._number = 0
        self._held_bytes = 0

    def begin(self) -> None:
        """Before each request: forget all of it once it takes too much."""
        if self._held_bytes > _MAX_BYTES:
            self.attributes.clear()
            self.shapes.clear()
            self.origins.clear()
            self._names.clear()
            self._held_bytes = 0

    def next_number(self) -> int:
        """A number that no other origin has had."""
        self._number += 1
        return self._number

    def keep_origin(self, key: OriginKey, origin: FastOrigin) -> None:
        """Remember an origin."""
        self._held_bytes += 4 * len(origin.pairs) + 4 * _ENTRY_BYTES
        self.origins[key] = origin

    def keep_shape(self, key: tuple[object, ...], shape: bytes) -> None:
        """Remember a shape."""
        self._held_bytes += 2 * len(shape) + _ENTRY_BYTES
        self.shapes[key] = shape

    def learn(self, parts: Iterable[bytes]) -> dict[bytes, Attribute]:
        """Read and scrub these attributes; what is too long to be remembered is only returned.

        Raises MalformedOtlp.
        """
        pairs = {part: _pair(part) for part in parts}
        texts = self._scrubber.scrub_texts([value for _key, value in pairs.values()])
        found: dict[bytes, Attribute] = {}
        for (part, (key, value)), text in zip(pairs.items(), texts, strict=True):
            found[part] = attribute = self._attribute(key, value, text)
            if len(part) <= _LONGEST:
                self.attributes[part] = attribute
                self._held_bytes += 3 * len(part) + _ENTRY_BYTES
        return found

    def _attribute(self, key: str, value: str, text: str) -> Attribute:
        if not self._is_plain(key):
            scrubbed = self._scrubber.scrub_attributes({key: value})
            if len(scrubbed) != 1:
                return key, value, b"", int(Part.UNUSUAL), ""
            ((written, text),) = scrubbed.items()
        else:
            written = key
        part = _PARTS.get(key, Part.NONE)
        needed = ""
        if len(value) > MAX_TEXT or len(key) > MAX_KEY:
            part = Part.UNUSUAL
        elif part is Part.PATH:
            path = path_of_url(value) if key in conventions.HTTP_URL else value
            needed = path.partition("?")[0]
        elif part is Part.USER:
            needed = "" if text == FILTERED else person_key(text[:MAX_KEY])
        elif part is Part.SESSION:
            needed = value[:MAX_KEY]
        is_kept = part not in {Part.STATEMENT, Part.SESSION}
        pair = row_text(written) + row_text(text) if is_kept else b""
        return key, value, pair, int(part), needed

    def _is_plain(self, key: str) -> bool:
        """True if no rule is about the name, so that its values are texts like any other."""
        found = self._names.get(key)
        if found is None:
            found = self._scrubber.scrub_attributes({key: _PLAIN}) == {key: _PLAIN}
            self._names[key] = found
            self._held_bytes += _ENTRY_BYTES
        return found


def _pair(part: bytes) -> tuple[str, str]:
    """Name and value of a KeyValue; the usual forms without protobuf's help."""
    size = len(part)
    if size > 6 and part[0] == _TEXT and part[1] < 128:
        at = 2 + part[1]
        if at + 4 <= size and part[at] == 0x12 and part[at + 1] == size - at - 2 < 128:
            if part[at + 2] == _TEXT and part[at + 3] == size - at - 4:
                return _decoded(part[2:at]), _decoded(part[at + 4 :])
            if part[at + 2] == _NUMBER and (number := _number(part[at + 3 :])) is not None:
                return _decoded(part[2:at]), str(number)
    return read_attributes((part,))[0]


def _number(raw: bytes) -> int | None:
    """One whole varint of at most four bytes; None for anything else."""
    if len(raw) > 4 or raw[-1] > 127 or (len(raw) > 1 and min(raw[:-1]) < 128):
        return None
    number = 0
    for byte in reversed(raw):
        number = number << 7 | byte & 0x7F
    return number


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
