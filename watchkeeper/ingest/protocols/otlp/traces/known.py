"""What earlier spans of a project taught, by the bytes they came as. Bounded; pure.

Attributes come again and again, and so do spans that differ in ids and times only. Their rows are
put together of bytes that were made once: see `fast.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from watchkeeper.ingest.span_rows import row_text
from watchkeeper.model import person_key
from watchkeeper.privacy import FILTERED, Scrubber

_MAX_BYTES = 24 * 2**20
_LONGEST = 400
_ENTRY_BYTES = 500
"""About what an attribute or a shape takes besides its bytes."""
_MOST_VALUES = 1_000
"""Of one name, that are remembered."""
_PLAIN = "plain 20000 text"
"""No rule about texts changes it."""
_TEXT, _VALUE, _NUMBER = 0x0A, 0x12, 0x18


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


Attribute = tuple[int, bytes, str]
"""(sort, value, told) of an attribute. sort: number of its `Sort`. value: scrubbed, as bytes of a
row; empty where it is no attribute of the row. told: what its part needs of it: the path, the
statement as sent, the scrubbed user, the session.

A plain tuple of plain values, as the garbage collector looks at anything else again and again.
"""

ShapeKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """What attributes have in common. key: as sent. written: scrubbed. value: if it tells."""

    key: str
    written: str
    part: Part
    value: str = ""

    @property
    def is_kept(self) -> bool:
        """True if it is an attribute of the row."""
        return self.part not in {Part.STATEMENT, Part.SESSION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What spans of one origin with attributes of the same sorts have in common.

    key_set, values: names of all attributes, and values of the origin's, as bytes of a row.
    telling: places and parts of attributes that decide the shape by more than their sort.
    user_at, session_at: places; -1 for none.
    """

    number: int
    key_set: bytes
    values: bytes
    telling: tuple[tuple[int, int], ...]
    user_at: int
    session_at: int
    has_route: bool
    db_system: str

    @property
    def has_rare(self) -> bool:
        """True if its spans tell a user or a session."""
        return self.user_at >= 0 or self.session_at >= 0


UNSEEN = Layout(
    number=0, key_set=b"", values=b"", telling=(), user_at=-1, session_at=-1, has_route=False,
    db_system="",
)  # fmt: skip
"""Stands for a layout that was not asked for yet."""


@dataclass(frozen=True, slots=True)
class FastOrigin:
    """An origin with its attributes as bytes of a row. layouts: of its spans, by the sorts of their
    attributes; None for spans that are read in full.
    """

    origin: SpanOrigin
    keys: frozenset[str]
    key_set: bytes
    values: bytes
    layouts: dict[tuple[int, ...], Layout | None] = field(default_factory=dict)

    @classmethod
    def of(cls, origin: SpanOrigin) -> FastOrigin:
        """Nothing is known of its spans yet."""
        keys, values = origin.attributes.keys(), origin.attributes.values()
        return cls(
            origin, frozenset(keys), b"".join(map(row_text, keys)), b"".join(map(row_text, values))
        )


@dataclass(slots=True)
class _Name:
    """Of attributes of one name. is_plain: no rule is about the name, so that its values are texts
    like any other. sort: theirs where no value decides anything, else -1. kept: how many of them
    are remembered.
    """

    key: str
    is_plain: bool
    part: Part
    sort: int = -1
    kept: int = 0


class Known:
    """Attributes by their protobuf, shapes of rows by what decides them."""

    __slots__ = (
        "_heads", "_held_bytes", "_layouts", "_names", "_numbers", "_scrubber", "attributes",
        "origins", "shapes", "sorts",
    )  # fmt: skip

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._names: dict[str, _Name] = {}
        self._heads: dict[bytes, _Name] = {}
        self._numbers: dict[Sort, int] = {}
        self.sorts: list[Sort] = []
        self.attributes: dict[bytes, Attribute] = {}
        self.origins: dict[OriginKey, FastOrigin] = {}
        self.shapes: dict[ShapeKey, bytes] = {}
        self._layouts = 0
        self._held_bytes = 0

    def begin(self) -> None:
        """Before each request: forget all of it once it takes too much."""
        if self._held_bytes > _MAX_BYTES:
            self.attributes.clear()
            self.shapes.clear()
            self.origins.clear()
            self.sorts.clear()
            self._numbers.clear()
            self._names.clear()
            self._heads.clear()
            self._held_bytes = 0

    def next_layout(self) -> int:
        """A number that no other layout has had."""
        self._layouts += 1
        return self._layouts

    def keep_origin(self, key: OriginKey, origin: FastOrigin) -> None:
        """Remember an origin."""
        self._held_bytes += 4 * len(origin.values) + 4 * _ENTRY_BYTES
        self.origins[key] = origin

    def keep_layout(
        self, origin: FastOrigin, sorts: tuple[int, ...], layout: Layout | None
    ) -> None:
        """Remember a layout."""
        self._held_bytes += 8 * len(sorts) + _ENTRY_BYTES + (len(layout.key_set) if layout else 0)
        origin.layouts[sorts] = layout

    def keep_shape(self, key: ShapeKey, shape: bytes) -> None:
        """Remember a shape."""
        self._held_bytes += 2 * len(shape) + _ENTRY_BYTES
        self.shapes[key] = shape

    def learn(self, parts: Sequence[bytes]) -> list[Attribute]:
        """Read and scrub these attributes; not all of them are remembered. Raises MalformedOtlp.

        Values that come but once, as a path or a port has them, would push out all others.
        """
        pairs = [*map(self._pair, parts)]
        texts = self._scrubber.scrub_texts([value for _name, value in pairs])
        found: list[Attribute] = []
        for part, (name, value), text in zip(parts, pairs, texts, strict=True):
            if name.sort >= 0 and len(value) <= MAX_TEXT:
                attribute = name.sort, row_text(text), ""
            else:
                attribute = self._of_name(name, value, text)
            found.append(attribute)
            if name.kept < _MOST_VALUES and len(part) <= _LONGEST:
                self._keep(name, part, attribute)
        return found

    def _keep(self, name: _Name, part: bytes, attribute: Attribute) -> None:
        if part not in self.attributes:
            name.kept += 1
            self.attributes[part] = attribute
            self._held_bytes += 3 * len(part) + _ENTRY_BYTES

    def _pair(self, part: bytes) -> tuple[_Name, str]:
        """Name and value of a KeyValue; the usual forms without protobuf's help."""
        size = len(part)
        if size > 6:
            at = 3 + part[1]
            name = self._heads.get(part[:at]) or self._head(part[:at])
            if name and at + 3 <= size and 128 > part[at] == size - at - 1:
                if part[at + 1] == _TEXT and part[at + 2] == size - at - 3:
                    return name, _decoded(part[at + 3 :])
                if part[at + 1] == _NUMBER and (number := _number(part[at + 2 :])) is not None:
                    return name, str(number)
        ((key, value),) = read_attributes((part,))
        return self._names.get(key) or self._name(key), value

    def _head(self, head: bytes) -> _Name | None:
        """The name that an attribute begins with, tag of its value included; None for other forms
        than a short name before a value.
        """
        if head[0] != _TEXT or head[1] > 127 or len(head) != 3 + head[1] or head[-1] != _VALUE:
            return None
        key = _decoded(head[2:-1])
        found = self._heads[head] = self._names.get(key) or self._name(key)
        self._held_bytes += len(head) + _ENTRY_BYTES
        return found

    def _of_name(self, name: _Name, value: str, text: str) -> Attribute:
        """An attribute whose name or length asks for more than to be kept."""
        key, part, written = name.key, name.part, name.key
        if not name.is_plain:
            scrubbed = self._scrubber.scrub_attributes({key: value})
            if len(scrubbed) != 1:
                return self._sort(Sort(key, key, Part.UNUSUAL)), b"", ""
            ((written, text),) = scrubbed.items()
        if len(value) > MAX_TEXT or len(key) > MAX_KEY:
            part = Part.UNUSUAL
        sort = Sort(key, written, part, value if part is Part.TELLS else "")
        told = _told(part, key, value, text)
        return self._sort(sort), row_text(text) if sort.is_kept else b"", told

    def _sort(self, sort: Sort) -> int:
        number = self._numbers.get(sort)
        if number is None:
            number = self._numbers[sort] = len(self.sorts)
            self.sorts.append(sort)
            self._held_bytes += len(sort.key) + len(sort.value) + _ENTRY_BYTES
        return number

    def _name(self, key: str) -> _Name:
        part = _PARTS.get(key, Part.NONE)
        is_plain = self._scrubber.scrub_attributes({key: _PLAIN}) == {key: _PLAIN}
        is_all = is_plain and part is Part.NONE and len(key) <= MAX_KEY
        found = _Name(key, is_plain, part, self._sort(Sort(key, key, part)) if is_all else -1)
        self._names[key] = found
        self._held_bytes += len(key) + _ENTRY_BYTES
        return found


def _told(part: Part, key: str, value: str, text: str) -> str:
    """What a span needs of an attribute beside its sort. text: the value, scrubbed."""
    match part:
        case Part.PATH:
            path = path_of_url(value) if key in conventions.HTTP_URL else value
            return path.partition("?")[0]
        case Part.STATEMENT:
            return value
        case Part.USER:
            return "" if text == FILTERED else person_key(text[:MAX_KEY])
        case Part.SESSION:
            return value[:MAX_KEY]
        case _:
            return ""


def _number(raw: bytes) -> int | None:
    """One whole varint of at most three bytes; None for anything else."""
    size = len(raw)
    if raw[-1] > 127 or size > 3 or (size > 1 and min(raw[:-1]) < 128):
        return None
    if size == 1:
        return raw[0]
    low = raw[0] & 127 | (raw[1] & 127) << 7
    return low if size == 2 else low | raw[2] << 14


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
