"""Prometheus remote write 1.0: protobuf bytes to columns. Pure. docs/wire/remote-write.md.

Almost every series comes again and again with one sample, so a series' label bytes are looked up
as they stand, and only the samples behind them are decoded, all at once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchkeeper.model import METRIC_NAME, Labels, labels_of

RESERVED, INVALID = -2, -3
"""What stands for a place in the registry where a series is refused."""
_NO_ROOM = -1

_SERIES, _METADATA = 0x0A, 0x1A  # fields 1 and 3, length-delimited
_LABELS, _SAMPLES, _HISTOGRAMS = 1, 2, 4
_TAIL = 18  # tag, length, value tag, 8 bytes, time tag, 6 bytes of varint
_ZERO_TAIL = 9  # the same of a zero value, which is left out on the wire
_MAX_LABEL_BYTES = 32 * 1024
_DOUBLE = struct.Struct("<d")
_TAIL_COLUMNS = np.dtype(
    [("head", "u1", 3), ("value", "<f8"), ("tag", "u1"), ("time", "u1", 6)]
)  # fmt: skip
_ZERO_COLUMNS = np.dtype([("head", "u1", 3), ("time", "u1", 6)])
_TIME_SHIFTS = np.arange(0, 42, 7, dtype=np.int64)
_TYPES = (
    "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset",
)  # fmt: skip

Place = Callable[[Labels], int]
"""The place of a series in the registry, or RESERVED or INVALID, or less than 0 for no room."""


class MalformedWrite(Exception):
    """position: byte offset in the unpacked body at which it stops making sense."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position, self.reason = position, reason


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a metric is. type: Prometheus's word."""

    metric: str
    type: str
    help: str
    unit: str


@dataclass(slots=True)
class Decoded:
    """The samples of one request in columns, and what was told besides.

    slots: places in the registry; below 0 for refused rows. histograms: native histograms seen.
    starts: where row i's series begins in the body, for `labels`.
    """

    body: bytes
    slots: NDArray[np.int64]
    ts_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    starts: list[int]
    metadata: list[Metadata] = field(default_factory=list)
    histograms: int = 0

    def labels(self, row: int) -> Labels:
        """The labels of one row, read again from the body."""
        series = _series_at(self.body, self.starts[row])
        return labels_of(series.pairs)


@dataclass(slots=True)
class _Series:
    """One series, read in full. known_bytes: its label bytes, if nothing else is among them."""

    pairs: list[tuple[str, str]]
    samples: list[tuple[int, float]]
    histograms: int
    known_bytes: bytes | None


@dataclass(slots=True)
class _Rows:
    """Rows as they are found: those with a known tail apart from those read in full."""

    slots: list[int] = field(default_factory=list)
    tails: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    zero_slots: list[int] = field(default_factory=list)
    zero_tails: list[bytes] = field(default_factory=list)
    zero_starts: list[int] = field(default_factory=list)
    slow_slots: list[int] = field(default_factory=list)
    slow_samples: list[tuple[int, float]] = field(default_factory=list)
    slow_starts: list[int] = field(default_factory=list)
    metadata: list[Metadata] = field(default_factory=list)
    histograms: int = 0


def decode(body: bytes, known: MutableMapping[bytes, int], place: Place) -> Decoded:
    """One unpacked WriteRequest as columns. Raises MalformedWrite.

    known: label bytes to place; grows by the series that were read whole. place: asked for others.
    Cost: about a microsecond a known series.
    """
    rows = _Rows()
    try:
        _collect(body, known, place, rows)
    except IndexError as error:
        raise MalformedWrite(len(body), "The message ends in the middle of a field.") from error
    return _columns(body, rows)


def _collect(body: bytes, known: MutableMapping[bytes, int], place: Place, rows: _Rows) -> None:
    """Walk the top level. The one loop here that is written for speed rather than shape."""
    at, size = 0, len(body)
    lookup = known.get
    add_slot, add_tail, add_start = rows.slots.append, rows.tails.append, rows.starts.append
    while at < size:
        if body[at] != _SERIES:
            at = _other_field(body, at, rows)
            continue
        length = body[at + 1]
        start = at + 2
        if length >= 0x80:
            length, start = _varint(body, at + 1)
        at = start + length
        if at > size:
            raise MalformedWrite(start, "A series goes past the end of the message.")
        tail = at - _TAIL
        slot = lookup(body[start:tail]) if tail > start else None
        if slot is not None:
            add_slot(slot)
            add_tail(body[tail:at])
            add_start(start)
            continue
        tail = at - _ZERO_TAIL
        slot = lookup(body[start:tail]) if tail > start else None
        if slot is not None:
            rows.zero_slots.append(slot)
            rows.zero_tails.append(body[tail:at])
            rows.zero_starts.append(start)
        else:
            _read_series(body, start, at, known, place, rows)


def _read_series(
    body: bytes,
    start: int,
    end: int,
    known: MutableMapping[bytes, int],
    place: Place,
    rows: _Rows,
) -> None:
    """Read one series in full; its label bytes become known once all of it made sense."""
    series = _series(body, start, end)
    slot = place(labels_of(series.pairs)) if _are_valid(series.pairs) else INVALID
    if series.known_bytes and slot != _NO_ROOM:
        known[series.known_bytes] = slot
    rows.histograms += series.histograms
    for sample in series.samples:
        rows.slow_slots.append(slot)
        rows.slow_samples.append(sample)
        rows.slow_starts.append(start)


def _columns(body: bytes, rows: _Rows) -> Decoded:
    """Decode the known tails at once; those that are no plain sample are read in full."""
    tails = np.frombuffer(b"".join(rows.tails), _TAIL_COLUMNS)
    zeros = np.frombuffer(b"".join(rows.zero_tails), _ZERO_COLUMNS)
    heads, zero_heads = tails["head"], zeros["head"]
    has_head = (heads == (0x12, 0x10, 0x09)).all(axis=1) & (tails["tag"] == 0x10)
    is_plain = has_head & _is_six_byte_varint(tails["time"])
    is_zero = (zero_heads == (0x12, 0x07, 0x10)).all(axis=1) & _is_six_byte_varint(zeros["time"])
    _reread(body, rows, rows.slots, rows.starts, ~is_plain)
    _reread(body, rows, rows.zero_slots, rows.zero_starts, ~is_zero)
    slow_times = [time for time, _ in rows.slow_samples]
    slow_values = [value for _, value in rows.slow_samples]
    starts = [
        *_kept(rows.starts, is_plain), *_kept(rows.zero_starts, is_zero), *rows.slow_starts
    ]  # fmt: skip
    return Decoded(
        body=body,
        slots=np.concatenate((
            np.array(rows.slots, np.int64)[is_plain],
            np.array(rows.zero_slots, np.int64)[is_zero],
            np.array(rows.slow_slots, np.int64),
        )),
        ts_ms=np.concatenate((
            _times(tails["time"])[is_plain],
            _times(zeros["time"])[is_zero],
            np.array(slow_times, np.int64),
        )),
        values=np.concatenate((
            tails["value"][is_plain],
            np.zeros(int(is_zero.sum())),
            np.array(slow_values, np.float64),
        )),
        starts=starts,
        metadata=rows.metadata,
        histograms=rows.histograms,
    )  # fmt: skip


def _kept(starts: list[int], is_kept: NDArray[np.bool_]) -> list[int]:
    if is_kept.all():
        return starts
    return [start for start, keep in zip(starts, is_kept, strict=True) if keep]


def _reread(
    body: bytes, rows: _Rows, slots: list[int], starts: list[int], is_odd: NDArray[np.bool_]
) -> None:
    for row in np.flatnonzero(is_odd):
        series = _series_at(body, starts[row])
        rows.histograms += series.histograms
        for sample in series.samples:
            rows.slow_slots.append(slots[row])
            rows.slow_samples.append(sample)
            rows.slow_starts.append(starts[row])


def _is_six_byte_varint(columns: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """True where a time takes six bytes: 2004 to 2109, with the smallest encoding."""
    last = columns[:, 5]
    is_six: NDArray[np.bool_] = (columns[:, :5] >= 0x80).all(axis=1) & (last < 0x80) & (last > 0)
    return is_six


def _times(columns: NDArray[np.uint8]) -> NDArray[np.int64]:
    times: NDArray[np.int64] = ((columns & 0x7F).astype(np.int64) << _TIME_SHIFTS).sum(axis=1)
    return times


def _other_field(body: bytes, at: int, rows: _Rows) -> int:
    """Read metadata, pass over what is unknown; returns where the next field begins."""
    tag, start = _varint(body, at)
    if tag != _METADATA:
        return _after(body, at, len(body))
    length, start = _varint(body, start)
    end = start + length
    if end > len(body):
        raise MalformedWrite(start, "Metadata goes past the end of the message.")
    rows.metadata.append(_metadata(body, start, end))
    return end


def _metadata(body: bytes, start: int, end: int) -> Metadata:
    kind, texts = 0, {2: "", 4: "", 5: ""}
    for number, wire, first, last in _fields(body, start, end):
        if number == 1 and wire == 0:
            kind = _varint(body, first)[0]
        elif number in texts and wire == 2:
            texts[number] = _text(body, first, last)
    name = _TYPES[kind] if kind < len(_TYPES) else "unknown"
    return Metadata(texts[2], name, texts[4], texts[5])


def _series_at(body: bytes, start: int) -> _Series:
    """The series that begins at `start`; its length stands right before it."""
    for back in range(1, 6):
        at = start - back
        if at > 0 and body[at - 1] == _SERIES:
            length, begin = _varint(body, at)
            if begin == start and start + length <= len(body):
                return _series(body, start, start + length)
    raise MalformedWrite(start, "A series has no length.")


def _series(body: bytes, start: int, end: int) -> _Series:
    pairs: list[tuple[str, str]] = []
    samples: list[tuple[int, float]] = []
    histograms, labels_end, is_ordered = 0, start, True
    for number, wire, first, last in _fields(body, start, end):
        if number == _LABELS and wire == 2:
            pairs.append(_label(body, first, last))
            is_ordered &= labels_end == start or last > labels_end
            if samples or histograms:
                is_ordered = False
            labels_end = last
        elif number == _SAMPLES and wire == 2:
            samples.append(_sample(body, first, last))
        elif number == _HISTOGRAMS and wire == 2:
            histograms += 1
    known = body[start:labels_end] if pairs and is_ordered else None
    if known is not None and not _is_labels_only(body, start, labels_end):
        known = None
    return _Series(pairs, samples, histograms, known)


def _is_labels_only(body: bytes, start: int, end: int) -> bool:
    return all(number == _LABELS and wire == 2 for number, wire, _, _ in _fields(body, start, end))


def _label(body: bytes, start: int, end: int) -> tuple[str, str]:
    texts = {1: "", 2: ""}
    for number, wire, first, last in _fields(body, start, end):
        if number in texts and wire == 2:
            texts[number] = _text(body, first, last)
    return texts[1], texts[2]


def _sample(body: bytes, start: int, end: int) -> tuple[int, float]:
    value, time = 0.0, 0
    for number, wire, first, _ in _fields(body, start, end):
        if number == 1 and wire == 1:
            (value,) = _DOUBLE.unpack_from(body, first)
        elif number == 2 and wire == 0:
            time = _varint(body, first)[0]
    return time - 2**64 if time >= 2**63 else time, value


def _are_valid(pairs: list[tuple[str, str]]) -> bool:
    """A metric name, no empty name, none twice, and not too much of it."""
    names = {name for name, _ in pairs}
    return (
        len(names) == len(pairs)
        and "" not in names
        and any(name == METRIC_NAME and value for name, value in pairs)
        and sum(len(name) + len(value) for name, value in pairs) <= _MAX_LABEL_BYTES
    )


def _fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, first, last) of each field; half-open bounds of its content."""
    while at < end:
        tag, first = _varint(body, at)
        after = _after(body, at, end)
        if tag & 7 == 2:
            _, first = _varint(body, first)
        yield tag >> 3, tag & 7, first, after
        at = after


def _after(body: bytes, at: int, end: int) -> int:
    """Where the field that begins at `at` ends. Raises MalformedWrite if that is past `end`."""
    tag, after = _varint(body, at)
    wire = tag & 7
    if wire == 0:
        _, after = _varint(body, after)
    elif wire == 1:
        after += 8
    elif wire == 2:
        length, after = _varint(body, after)
        after += length
    elif wire == 5:
        after += 4
    else:
        raise MalformedWrite(at, f"Wire type {wire} is not part of this message.")
    if after > end or tag >> 3 == 0:
        raise MalformedWrite(at, "A field goes past the end of its message.")
    return after


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, and where it ends. Raises MalformedWrite beyond ten bytes."""
    value = shift = 0
    for place in range(at, at + 10):
        byte = body[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), place + 1
        shift += 7
    raise MalformedWrite(at, "A number has more than ten bytes.")


def _text(body: bytes, start: int, end: int) -> str:
    try:
        return body[start:end].decode()
    except UnicodeDecodeError as error:
        raise MalformedWrite(start + error.start, "A text is not UTF-8.") from error
