"""Prometheus remote write 1.0: protobuf bytes to columns. Pure. docs/wire/remote-write.md.

Almost every series comes again and again with one sample, so a series' label bytes are looked up
as they stand, and only the samples behind them are decoded, all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.remote_write.messages import (
    INVALID,
    REFUSED,
    Besides,
    Metadata,
    are_valid,
    metric_type,
    read_histogram,
    read_sample,
)
from watchkeeper.ingest.protocols.remote_write.tapes import (
    SAMPLE_TAIL,
    ZERO_TAIL,
    Stretch,
    Tapes,
    joined,
)
from watchkeeper.ingest.protocols.remote_write.wire import (
    MalformedWrite,
    after_field,
    double,
    fields,
    signed,
    text,
    varint,
)
from watchkeeper.ingest.rows import Exemplar
from watchkeeper.model import Labels, labels_of

_NO_ROOM = -1

_SERIES, _METADATA = 0x0A, 0x1A  # fields 1 and 3, length-delimited
_LABELS, _SAMPLES, _EXEMPLARS, _HISTOGRAMS = 1, 2, 3, 4
_HEADS = {SAMPLE_TAIL: b"\x12\x10\x09", ZERO_TAIL: b"\x12\x07\x10"}
_TIME_TAG = 0x10
_CONTINUED = 0x8080808080  # the high bits of a varint of six bytes
_HIGH_BITS = 0x808080808080
_TIME_SHIFTS = range(0, 48, 8)
_IMPATIENT = 16
"""Known series looked up one by one after one that nothing known followed."""
_RARELY = 16
"""One series looked up among so many in known order is no reason to learn a new order."""
Place = Callable[[Labels], int]
"""The place of a series in the registry, or RESERVED or INVALID, or less than 0 for no room."""


@dataclass(slots=True)
class KnownSeries:
    """What was learnt of a project's senders: label bytes to place, and what follows what."""

    places: dict[bytes, int] = field(default_factory=dict)
    tapes: Tapes = field(default_factory=Tapes)


@dataclass(slots=True)
class Decoded:
    """The samples of one request in columns, and what was told besides.

    slots: places in the registry; below 0 for refused rows. labels: those of a row, read again.
    """

    slots: NDArray[np.int64]
    ts_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    labels: Callable[[int], Labels]
    besides: Besides


@dataclass(slots=True)
class _Series:
    """One series, read in full. known_bytes: its label bytes, if nothing else is among them.

    exemplars, histograms: where they stand in the body.
    """

    pairs: list[tuple[str, str]] = field(default_factory=list)
    samples: list[tuple[int, float]] = field(default_factory=list)
    exemplars: list[tuple[int, int]] = field(default_factory=list)
    histograms: list[tuple[int, int]] = field(default_factory=list)
    known_bytes: bytes | None = None


@dataclass(slots=True)
class _Rows:
    """Rows as they are found: stretches of known series with one sample, and those read in full.

    hits: slot, begin, start, end and whether the value is zero of rows not yet in a stretch.
    """

    stretches: list[Stretch] = field(default_factory=list)
    hits: list[tuple[int, int, int, int, bool]] = field(default_factory=list)
    looked_up: int = 0
    slow_slots: list[int] = field(default_factory=list)
    slow_samples: list[tuple[int, float]] = field(default_factory=list)
    slow_starts: list[int] = field(default_factory=list)
    besides: Besides = field(default_factory=Besides)

    def end_stretch(self) -> None:
        """The rows looked up one by one become a stretch."""
        if self.hits:
            columns = np.array(self.hits, np.int64).T
            slots, begins, starts, ends, is_zero = columns
            self.stretches.append(Stretch(slots, begins, starts, ends, is_zero.astype(bool)))
            self.looked_up += len(self.hits)
            self.hits = []


def decode(body: bytes, known: KnownSeries, place: Place) -> Decoded:
    """One unpacked WriteRequest as columns. Raises MalformedWrite.

    known: grows by the series that were read whole. place: asked for those that are not known.
    Cost: some 50 ns a series in a known order, a microsecond a known one elsewhere.
    """
    rows = _Rows()
    content = np.frombuffer(body, np.uint8)
    try:
        _collect(body, content, known, place, rows)
    except IndexError as error:
        raise MalformedWrite(len(body), "The message ends in the middle of a field.") from error
    rows.end_stretch()
    return _columns(body, content, known, rows)


def _collect(
    body: bytes, content: NDArray[np.uint8], known: KnownSeries, place: Place, rows: _Rows
) -> None:
    """Walk the top level. The one loop here that is written for speed rather than shape."""
    at, size = 0, len(body)
    lookup, follow = known.places.get, known.tapes.follow
    patience = 0
    while at < size:
        if body[at] != _SERIES:
            at = _other_field(body, at, rows)
            continue
        begin = at
        length = body[at + 1]
        start = at + 2
        if length >= 0x80:
            length, start = varint(body, at + 1)
        at = start + length
        if at > size:
            raise MalformedWrite(start, "A series goes past the end of the message.")
        tail = at - SAMPLE_TAIL
        slot = lookup(body[start:tail]) if tail > start else None
        if slot is None:
            tail = at - ZERO_TAIL
            slot = lookup(body[start:tail]) if tail > start else None
            if slot is None:
                _read_series(body, start, at, known, place, rows)
                continue
        if not patience:
            stretch = follow(content, begin, slot)
            if stretch is not None:
                rows.end_stretch()
                rows.stretches.append(stretch)
                at = int(stretch.ends[-1])
                continue
            patience = _IMPATIENT
        patience -= 1
        if body[at - 7] == _TIME_TAG and body[tail : tail + 3] == _HEADS[at - tail]:
            rows.hits.append((slot, begin, start, at, at - tail == ZERO_TAIL))
        else:
            _reread(body, rows, slot, start)


def _read_series(
    body: bytes,
    start: int,
    end: int,
    known: KnownSeries,
    place: Place,
    rows: _Rows,
) -> None:
    """Read one series in full; its label bytes become known once all of it made sense."""
    series = _series(body, start, end)
    slot = place(labels_of(series.pairs)) if are_valid(series.pairs) else INVALID
    if series.known_bytes and slot != _NO_ROOM:
        known.places[series.known_bytes] = slot
    _add_series(body, rows, series, slot, start)


def _columns(body: bytes, content: NDArray[np.uint8], known: KnownSeries, rows: _Rows) -> Decoded:
    """Decode all plain samples at once; rows that hold something else are read in full."""
    if not rows.stretches:
        return _decoded(body, rows, [], [], [], [])
    found = joined(rows.stretches)
    # Views with a number at every byte, so that one index reads it wherever it stands.
    doubles = np.ndarray((len(body) - 7,), "<f8", body, strides=(1,))
    words = np.ndarray((len(body) - 7,), "<u8", body, strides=(1,))
    values = doubles[np.maximum(found.ends - 15, 0)]
    if found.is_zero.any():
        values[found.is_zero] = 0.0
    raw_times = words[found.ends - 8] >> np.uint64(16)
    first_ms = _time(int(raw_times[0]))
    if first_ms is not None and (raw_times == raw_times[0]).all():
        times = np.full(len(found), first_ms)
        _learn(content, known, found, rows.looked_up)
        return _decoded(body, rows, found.slots, times, values, found.starts)
    is_plain = _is_six_byte_varint(raw_times)
    if is_plain.all():
        _learn(content, known, found, rows.looked_up)
    for row in np.flatnonzero(~is_plain).tolist():
        _reread(body, rows, int(found.slots[row]), int(found.starts[row]))
    times, starts = _times(raw_times)[is_plain], found.starts[is_plain]
    return _decoded(body, rows, found.slots[is_plain], times, values[is_plain], starts)


def _learn(content: NDArray[np.uint8], known: KnownSeries, found: Stretch, looked_up: int) -> None:
    """Make tapes of a request of which much had to be looked up one by one."""
    if looked_up >= _IMPATIENT and _RARELY * looked_up > len(found):
        known.tapes.learn(content, found)


def _decoded(
    body: bytes,
    rows: _Rows,
    slots: ArrayLike,
    times: ArrayLike,
    values: ArrayLike,
    starts: ArrayLike,
) -> Decoded:
    """The plain rows and those read in full, together."""
    slow_times = [time for time, _ in rows.slow_samples]
    slow_values = [value for _, value in rows.slow_samples]
    all_starts = _both(np.asarray(starts, np.int64), rows.slow_starts)
    return Decoded(
        slots=_both(np.asarray(slots, np.int64), rows.slow_slots),
        ts_ms=_both(np.asarray(times, np.int64), slow_times),
        values=_both(np.asarray(values, np.float64), slow_values),
        labels=lambda row: labels_of(_series_at(body, int(all_starts[row])).pairs),
        besides=rows.besides,
    )


Column = TypeVar("Column", np.int64, np.float64)


def _both(plain: NDArray[Column], slow: Sequence[float]) -> NDArray[Column]:
    return np.concatenate((plain, np.array(slow, plain.dtype))) if slow else plain


def _reread(body: bytes, rows: _Rows, slot: int, start: int) -> None:
    series = _series_at(body, start)
    _add_series(body, rows, series, slot, start)


def _add_series(body: bytes, rows: _Rows, series: _Series, slot: int, start: int) -> None:
    for sample in series.samples:
        rows.slow_slots.append(slot)
        rows.slow_samples.append(sample)
        rows.slow_starts.append(start)
    if not series.histograms and not series.exemplars:
        return
    labels = labels_of(series.pairs)
    add_besides(rows.besides, labels, slot, body, series.histograms)
    found = [_exemplar(body, labels, *span) for span in series.exemplars]
    if slot in REFUSED:
        rows.besides.refused[REFUSED[slot]] += len(found)
    else:
        rows.besides.exemplars += found


def add_besides(
    besides: Besides, labels: Labels, slot: int, body: bytes, spans: Sequence[tuple[int, int]]
) -> None:
    """Read native histograms of one series; those that contradict themselves are counted."""
    for start, end in spans:
        try:
            ts_ms, histogram = read_histogram(body, start, end)
        except ValueError:
            besides.refused[Drop.INVALID_HISTOGRAM] += 1
            continue
        if slot in REFUSED:
            besides.refused[REFUSED[slot]] += 1
        else:
            besides.histograms.append((labels, ts_ms, histogram))


def _exemplar(body: bytes, series: Labels, start: int, end: int) -> Exemplar:
    pairs: dict[str, str] = {}
    value, time = 0.0, 0
    for number, wire, first, last in fields(body, start, end):
        if number == 1 and wire == 2:
            name, content = _label(body, first, last)
            pairs[name] = content
        elif number == 2 and wire == 1:
            value = double(body, first)
        elif number == 3 and wire == 0:
            time = signed(varint(body, first)[0])
    return Exemplar(series=series, ts_ms=time, value=value, labels=pairs)


def _is_six_byte_varint(raw: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """True where a time takes six bytes: 2004 to 2109, with the smallest encoding."""
    is_six: NDArray[np.bool_] = (raw & np.uint64(_HIGH_BITS)) == np.uint64(_CONTINUED)
    is_six &= (raw >> np.uint64(40)) != 0
    return is_six


def _time(raw: int) -> int | None:
    """Six bytes of seven bits each as a number; None if they are no varint of six bytes."""
    if raw & _HIGH_BITS != _CONTINUED or raw >> 40 == 0:
        return None
    return sum((raw >> shift & 0x7F) << 7 * place for place, shift in enumerate(_TIME_SHIFTS))


def _times(raw: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Six bytes of seven bits each as numbers."""
    times = np.zeros(len(raw), np.uint64)
    for place, shift in enumerate(_TIME_SHIFTS):
        times |= ((raw >> np.uint64(shift)) & np.uint64(0x7F)) << np.uint64(7 * place)
    return times.view(np.int64)


def _other_field(body: bytes, at: int, rows: _Rows) -> int:
    """Read metadata, pass over what is unknown; returns where the next field begins."""
    tag, start = varint(body, at)
    if tag != _METADATA:
        return after_field(body, at, len(body))
    length, start = varint(body, start)
    end = start + length
    if end > len(body):
        raise MalformedWrite(start, "Metadata goes past the end of the message.")
    rows.besides.metadata.append(_metadata(body, start, end))
    return end


def _metadata(body: bytes, start: int, end: int) -> Metadata:
    kind, texts = 0, {2: "", 4: "", 5: ""}
    for number, wire, first, last in fields(body, start, end):
        if number == 1 and wire == 0:
            kind = varint(body, first)[0]
        elif number in texts and wire == 2:
            texts[number] = text(body, first, last)
    return Metadata(texts[2], metric_type(kind), texts[4], texts[5])


def _series_at(body: bytes, start: int) -> _Series:
    """The series that begins at `start`; its length stands right before it."""
    for back in range(1, 6):
        at = start - back
        if at > 0 and body[at - 1] == _SERIES:
            length, begin = varint(body, at)
            if begin == start and start + length <= len(body):
                return _series(body, start, start + length)
    raise MalformedWrite(start, "A series has no length.")


def _series(body: bytes, start: int, end: int) -> _Series:
    series = _Series()
    labels_end, is_first, are_first = start, True, True
    for number, wire, first, last in fields(body, start, end):
        if number == _LABELS and wire == 2:
            series.pairs.append(_label(body, first, last))
            are_first, labels_end = is_first, last
            continue
        is_first = False
        if wire != 2:
            continue
        if number == _SAMPLES:
            series.samples.append(read_sample(body, first, last))
        elif number == _EXEMPLARS:
            series.exemplars.append((first, last))
        elif number == _HISTOGRAMS:
            series.histograms.append((first, last))
    if series.pairs and are_first:
        series.known_bytes = body[start:labels_end]
    return series


def _label(body: bytes, start: int, end: int) -> tuple[str, str]:
    """Name and value; as nearly all senders write them, short and in this order, at once."""
    if end - start >= 4 and body[start] == 0x0A and body[start + 1] < 0x80:
        value = start + 2 + body[start + 1]
        if value + 2 <= end and body[value] == 0x12 and end - value - 2 == body[value + 1] < 0x80:
            return text(body, start + 2, value), text(body, value + 2, end)
    texts = {1: "", 2: ""}
    for number, wire, first, last in fields(body, start, end):
        if number in texts and wire == 2:
            texts[number] = text(body, first, last)
    return texts[1], texts[2]
