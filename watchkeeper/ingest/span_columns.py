"""Spans as columns: how they stand in the spool, so that the digest joins bytes and reads no span.

What spans share stands once in a record: the fields of SHAPE, and the names of their attributes.
Texts stand as the store's own formats have them, their length before them.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.span_rows import (
    SHAPE,
    SpanRow,
    decode_rows,
    read_shape,
    read_texts,
    row_shape,
    row_text,
)

TEXTS = ("trace_id", "span_id", "parent_id", "user_key", "session_id", "events", "links")
"""Texts of a span's own, in the order of a record."""
_IDS = (16, 8, 8)
"""Bytes of the first of them."""
_NOTHING: Mapping[str, str] = {}
_VERSION = b"\x02"
_MAX_PAYLOAD = 4 * 2**20
_SPAN_BYTES = 120
"""About what a span takes beside its attributes."""
_EARLIEST_NS, _LATEST_NS = -(2**63), 2**63 - 1
_LONGEST_NS = 2**64 - 1
_EMPTY = b"\x00"

Indexes = NDArray[np.int64]

SpanParts = tuple[int, int, bytes, bytes, bytes, bytes, bytes, bytes]
"""Start and duration in ns; trace, span and parent id as their 16 or 8 bytes, none for none; the
shape (`row_shape`); the names of its attributes and their values, each as row texts one behind the
other.
"""


class _Texts(msgspec.Struct, frozen=True, array_like=True):
    """A column of texts. sizes: u32 of each row's part of `content`; empty: all texts are empty."""

    sizes: bytes
    content: bytes


class _Shared(msgspec.Struct, frozen=True, array_like=True):
    """A column of what rows have in common. numbers: u32 of each row, its place in `values`."""

    numbers: bytes
    values: list[bytes]


class _Record(msgspec.Struct, frozen=True, array_like=True):
    starts: bytes
    durations: bytes
    texts: list[_Texts]
    shapes: _Shared
    key_sets: _Shared
    values: _Texts


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Record).decode


class SpanBatch:
    """Spans of one project on their way into records."""

    __slots__ = ("_rare", "_spans")

    def __init__(self) -> None:
        self._spans: list[SpanParts] = []
        self._rare: dict[str, dict[int, bytes]] = {}

    @classmethod
    def of(cls, rows: Iterable[SpanRow]) -> SpanBatch:
        """All of these."""
        batch = cls()
        for row in rows:
            batch.add(row)
        return batch

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, row: SpanRow) -> None:
        """One more span."""
        told = {name: text for name in TEXTS if (text := getattr(row, name))}
        trace_id, span_id, parent_id = (
            _id_bytes(text, size)
            for text, size in zip((row.trace_id, row.span_id, row.parent_id), _IDS, strict=True)
        )
        for name, raw in zip(TEXTS, (trace_id, span_id, parent_id), strict=False):
            if raw:
                del told[name]
        self.put(
            (
                min(max(row.ts_ns, _EARLIEST_NS), _LATEST_NS),
                min(max(row.duration_ns, 0), _LONGEST_NS),
                trace_id,
                span_id,
                parent_id,
                row_shape(row),
                b"".join(map(row_text, row.attributes)),
                b"".join(map(row_text, row.attributes.values())),
            ),
            told,
        )

    def put(self, span: SpanParts, rare: Mapping[str, str] = _NOTHING) -> None:
        """One more span of parts that are made already. rare: those of TEXTS that it has beside."""
        for name, text in rare.items():
            self._rare.setdefault(name, {})[len(self._spans)] = row_text(text)
        self._spans.append(span)

    def payloads(self) -> list[bytes]:
        """Kind.SPANS, as records of a size that cuts of the spool are made for."""
        if not self._rare and self._is_small():
            return [self.payload(0, len(self._spans))] if self._spans else []
        sizes = [_SPAN_BYTES + len(span[7]) for span in self._spans]
        for column in self._rare.values():
            for at, text in column.items():
                sizes[at] += len(text)
        found, start, held = [], 0, 0
        for at, size in enumerate(sizes):
            held += size
            if held > _MAX_PAYLOAD and at > start:
                found.append(self.payload(start, at))
                start, held = at, size
        return [*found, self.payload(start, len(sizes))] if sizes else []

    def _is_small(self) -> bool:
        values = sum([len(span[7]) for span in self._spans])
        return values + _SPAN_BYTES * len(self._spans) <= _MAX_PAYLOAD

    def payload(self, start: int, end: int) -> bytes:
        """Spans [start, end) as one record."""
        spans = self._spans[start:end]
        columns = zip(*spans, strict=True) if spans else ((),) * 8
        starts, durations, *ids, shapes, key_sets, values = columns
        texts = [
            self._ids(name, cast(Sequence[bytes], column), size, start)
            for name, column, size in zip(TEXTS, ids, _IDS, strict=False)
        ]
        record = _Record(
            np.array(starts, dtype="<i8").tobytes(),
            np.array(durations, dtype="<u8").tobytes(),
            texts + [self._others(name, start, end) for name in TEXTS[len(texts) :]],
            _shared(cast(Sequence[bytes], shapes)),
            _shared(cast(Sequence[bytes], key_sets)),
            _texts(cast(Sequence[bytes], values)),
        )
        return _VERSION + _encode(record)

    def _ids(self, name: str, raw: Sequence[bytes], size: int, start: int) -> _Texts:
        rare = self._rare.get(name)
        if rare is None:
            return _hex_texts(raw, size)
        return _texts([rare.get(at) or row_text(each.hex()) for at, each in enumerate(raw, start)])

    def _others(self, name: str, start: int, end: int) -> _Texts:
        rare = self._rare.get(name)
        if rare is None:
            return _Texts(b"", b"")
        return _texts([rare.get(at, _EMPTY) for at in range(start, end)])


def _id_bytes(text: str, size: int) -> bytes:
    """The bytes that hex digits stand for; empty if those would not give the same text."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return b""
    return raw if len(raw) == size and raw.hex() == text else b""


def _hex_texts(raw: Sequence[bytes], size: int) -> _Texts:
    """Ids as texts. raw: each of so many bytes, or of none."""
    is_there = np.fromiter(map(bool, raw), np.bool_, len(raw))
    digits = np.frombuffer(hexlify(b"".join(raw)), dtype=np.uint8).reshape(-1, 2 * size)
    texts = np.full((len(digits), 2 * size + 1), 2 * size, dtype=np.uint8)
    texts[:, 1:] = digits
    sizes = np.where(is_there, 2 * size + 1, 1).astype("<u4")
    if is_there.all():
        return _Texts(sizes.tobytes(), texts.tobytes())
    content = np.zeros(int(sizes.sum()), dtype=np.uint8)
    content[np.repeat(is_there, sizes)] = texts.reshape(-1)
    return _Texts(sizes.tobytes(), content.tobytes())


def _texts(parts: Sequence[bytes]) -> _Texts:
    return _Texts(np.fromiter(map(len, parts), "<u4", len(parts)).tobytes(), b"".join(parts))


def _shared(parts: Sequence[bytes]) -> _Shared:
    distinct = [*dict.fromkeys(parts)]
    places = {part: at for at, part in enumerate(distinct)}
    numbers = np.fromiter(map(places.__getitem__, parts), "<u4", len(parts))
    return _Shared(numbers.tobytes(), distinct)


def encode_spans(rows: Iterable[SpanRow]) -> bytes:
    """Kind.SPANS."""
    batch = SpanBatch.of(rows)
    return batch.payload(0, len(batch))


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of rows, or lists of them. ends: where each row's part of `content` ends."""

    content: bytes
    ends: Indexes

    def part(self, start: int, end: int) -> bytes:
        """Rows [start, end)."""
        if end <= start:
            return b""
        return self.content[int(self.ends[start - 1]) if start else 0 : int(self.ends[end - 1])]

    def chosen(self, rows: Indexes) -> Texts:
        """Only these rows, in this order."""
        return Texts.of([self.part(row, row + 1) for row in rows.tolist()])

    @classmethod
    def of(cls, parts: Sequence[bytes]) -> Texts:
        """A row for each part."""
        return cls(b"".join(parts), np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts))))

    @classmethod
    def joined(cls, columns: Sequence[Texts]) -> Texts:
        """One behind the other."""
        begins = accumulate((len(each.content) for each in columns), initial=0)
        ends = [each.ends + begin for each, begin in zip(columns, begins, strict=False)]
        return cls(b"".join([each.content for each in columns]), np.concatenate(ends))


@dataclass(frozen=True, slots=True)
class Shared:
    """What rows have in common. numbers: of each row its place in `values`."""

    numbers: Indexes
    values: Sequence[bytes]

    @classmethod
    def joined(cls, columns: Sequence[Shared]) -> Shared:
        """One behind the other; a value of several stands once."""
        seen: dict[bytes, int] = {}
        numbers = []
        for each in columns:
            places = [seen.setdefault(value, len(seen)) for value in each.values]
            numbers.append(np.array(places, dtype=np.int64)[each.numbers])
        return cls(np.concatenate(numbers), list(seen))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanColumns:
    """Spans column by column. starts: Unix ns. texts: in the order of TEXTS. values: of each span
    those of its attributes, whose names its key set holds.
    """

    starts: NDArray[np.int64]
    durations: NDArray[np.uint64]
    texts: Sequence[Texts]
    shapes: Shared
    key_sets: Shared
    values: Texts

    def __len__(self) -> int:
        return len(self.starts)

    def chosen(self, rows: Indexes) -> SpanColumns:
        """Only these spans, in this order."""
        return SpanColumns(
            starts=self.starts[rows],
            durations=self.durations[rows],
            texts=[each.chosen(rows) for each in self.texts],
            shapes=Shared(self.shapes.numbers[rows], self.shapes.values),
            key_sets=Shared(self.key_sets.numbers[rows], self.key_sets.values),
            values=self.values.chosen(rows),
        )

    @classmethod
    def joined(cls, blocks: Sequence[SpanColumns]) -> SpanColumns:
        """Those of at least one block, one behind the other."""
        columns = zip(*(each.texts for each in blocks), strict=True)
        return cls(
            starts=np.concatenate([each.starts for each in blocks]),
            durations=np.concatenate([each.durations for each in blocks]),
            texts=[Texts.joined(column) for column in columns],
            shapes=Shared.joined([each.shapes for each in blocks]),
            key_sets=Shared.joined([each.key_sets for each in blocks]),
            values=Texts.joined([each.values for each in blocks]),
        )


def read_spans(payload: bytes) -> SpanColumns:
    """Kind.SPANS. Raises ValueError, msgspec.MsgspecError.

    Lengths within columns are taken as they are: the store refuses what is wrong there.
    """
    if payload[:1] != _VERSION:
        payload = encode_spans(decode_rows(payload))
    record = _decode(memoryview(payload)[1:])
    rows, rest = divmod(len(record.starts), 8)
    if rest or len(record.durations) != 8 * rows or len(record.texts) != len(TEXTS):
        raise ValueError("the columns of a record of spans are of several lengths")
    return SpanColumns(
        starts=np.frombuffer(record.starts, dtype="<i8"),
        durations=np.frombuffer(record.durations, dtype="<u8"),
        texts=[_read_texts(each, rows) for each in record.texts],
        shapes=_read_shared(record.shapes, rows, read_shape),
        key_sets=_read_shared(record.key_sets, rows, read_texts),
        values=_read_texts(record.values, rows),
    )


def _read_texts(stored: _Texts, rows: int) -> Texts:
    if not stored.sizes:
        return Texts(_EMPTY * rows, np.arange(1, rows + 1))
    ends = np.cumsum(np.frombuffer(stored.sizes, dtype="<u4"), dtype=np.int64)
    if len(ends) != rows or int(ends[-1]) != len(stored.content):
        raise ValueError("the sizes of texts in a record of spans do not add up")
    return Texts(stored.content, ends)


def _read_shared(stored: _Shared, rows: int, read: Callable[[bytes], object]) -> Shared:
    numbers = np.frombuffer(stored.numbers, dtype="<u4").astype(np.int64)
    if len(numbers) != rows or (rows and int(numbers.max()) >= len(stored.values)):
        raise ValueError("a record of spans lacks what its spans have in common")
    for value in stored.values:
        read(value)
    return Shared(numbers, stored.values)


def decode_spans(payload: bytes) -> list[SpanRow]:
    """Kind.SPANS as rows. Raises ValueError, msgspec.MsgspecError."""
    found = read_spans(payload)
    texts = [
        [read_texts(each.part(at, at + 1)) for at in range(len(found))] for each in found.texts
    ]
    return [_row(found, at, [column[at] for column in texts]) for at in range(len(found))]


def _row(found: SpanColumns, at: int, texts: Sequence[Sequence[str]]) -> SpanRow:
    told: dict[str, object] = {
        "ts_ns": int(found.starts[at]),
        "duration_ns": int(found.durations[at]),
    }
    for name, each in zip(TEXTS, texts, strict=True):
        (told[name],) = each
    shape = found.shapes.values[found.shapes.numbers[at]]
    told |= zip(SHAPE, read_shape(shape), strict=True)
    told["is_entry"] = bool(told["is_entry"])
    keys = read_texts(found.key_sets.values[found.key_sets.numbers[at]])
    told["attributes"] = dict(zip(keys, read_texts(found.values.part(at, at + 1)), strict=True))
    return SpanRow(**told)  # type: ignore[arg-type]
