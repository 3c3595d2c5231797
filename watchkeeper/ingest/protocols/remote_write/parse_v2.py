"""Prometheus remote write 2.0: protobuf bytes to columns. Pure. docs/wire/remote-write.md.

Names and values stand once, in a table of symbols; a series refers to them by number. While a
sender's table stays as it is, equal references are the same series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from watchkeeper.ingest.protocols.remote_write.messages import (
    INVALID,
    REFUSED,
    Besides,
    Metadata,
    are_valid,
    metric_type,
    read_sample,
)
from watchkeeper.ingest.protocols.remote_write.parse import Decoded, Place, add_besides
from watchkeeper.ingest.protocols.remote_write.wire import (
    MalformedWrite,
    after_field,
    double,
    fields,
    signed,
    text,
    varint,
    varints,
)
from watchkeeper.ingest.rows import Exemplar
from watchkeeper.ingest.series import metric_of
from watchkeeper.model import Labels, labels_of

_SYMBOLS, _SERIES = 4, 5
_NO_ROOM = -1
_MOST_TABLES = 8


@dataclass(slots=True)
class KnownReferences:
    """Places of series by the bytes of their references, for each of the latest symbol tables."""

    tables: dict[bytes, dict[bytes, int]] = field(default_factory=dict)

    def of(self, table: bytes) -> dict[bytes, int]:
        """What is known under a table; the one that was used longest ago makes room."""
        known = self.tables.pop(table, {})
        while len(self.tables) >= _MOST_TABLES:
            del self.tables[next(iter(self.tables))]
        self.tables[table] = known
        return known


@dataclass(slots=True)
class _Request:
    """A request as it is read."""

    body: bytes
    symbols: list[str]
    known: dict[bytes, int]
    place: Place
    slots: list[int] = field(default_factory=list)
    samples: list[tuple[int, float]] = field(default_factory=list)
    references: list[tuple[int, int]] = field(default_factory=list)
    besides: Besides = field(default_factory=Besides)


@dataclass(slots=True)
class _Series:
    """Where the parts of one series stand in the body."""

    references: tuple[int, int] = (0, 0)
    samples: list[tuple[int, int]] = field(default_factory=list)
    histograms: list[tuple[int, int]] = field(default_factory=list)
    exemplars: list[tuple[int, int]] = field(default_factory=list)
    metadata: tuple[int, int] | None = None


def decode_v2(body: bytes, known: KnownReferences, place: Place) -> Decoded:
    """One unpacked io.prometheus.write.v2.Request as columns. Raises MalformedWrite.

    known: grows by the series that were read. place: asked for those that are not known.
    """
    try:
        return _decoded(body, known, place)
    except IndexError as error:
        raise MalformedWrite(len(body), "The message ends in the middle of a field.") from error


def _decoded(body: bytes, known: KnownReferences, place: Place) -> Decoded:
    symbols, after = _symbols(body)
    is_leading = after is not None
    request = _Request(body, symbols, known.of(body[:after]) if is_leading else {}, place)
    at = after or 0
    while at < len(body):
        end = after_field(body, at, len(body))
        tag, first = varint(body, at)
        if tag == _SERIES << 3 | 2:
            _read_series(request, varint(body, first)[1], end)
        at = end
    return Decoded(
        slots=np.array(request.slots, np.int64),
        ts_ms=np.array([time for time, _ in request.samples], np.int64),
        values=np.array([value for _, value in request.samples], np.float64),
        labels=lambda row: labels_of(_pairs(request, *request.references[row])),
        besides=request.besides,
    )


def _symbols(body: bytes) -> tuple[list[str], int | None]:
    """The table, and where the fields that lead the message with it end; None if it is spread.

    Raises MalformedWrite if the table does not begin with the empty symbol.
    """
    symbols: list[str] = []
    after: int | None = 0
    for number, wire, first, last in fields(body, 0, len(body)):
        if number != _SYMBOLS or wire != 2:
            continue
        symbols.append(text(body, first, last))
        after = last if after is not None and _leads(body, after, first) else None
    if symbols and symbols[0]:
        raise MalformedWrite(0, "The first symbol must be empty.")
    return symbols, after


def _leads(body: bytes, after: int, first: int) -> bool:
    """True if the symbol that begins at `first` is the next field after `after`."""
    tag, content = varint(body, after)
    return tag == _SYMBOLS << 3 | 2 and varint(body, content)[1] == first


def _read_series(request: _Request, start: int, end: int) -> None:
    series = _series(request.body, start, end)
    slot, labels = _place_of(request, series)
    for span in series.samples:
        request.slots.append(slot)
        request.samples.append(read_sample(request.body, *span))
        request.references.append(series.references)
    if series.metadata is not None and slot not in REFUSED:
        metric = metric_of(labels or labels_of(_pairs(request, *series.references)))
        request.besides.metadata.append(_metadata(request, metric, *series.metadata))
    if series.histograms or series.exemplars:
        labels = labels or labels_of(_pairs(request, *series.references))
        add_besides(request.besides, labels, slot, request.body, series.histograms)
        found = [_exemplar(request, labels, *span) for span in series.exemplars]
        if slot in REFUSED:
            request.besides.refused[REFUSED[slot]] += len(found)
        else:
            request.besides.exemplars += found


def _series(body: bytes, start: int, end: int) -> _Series:
    series = _Series()
    lists = {2: series.samples, 3: series.histograms, 4: series.exemplars}
    for number, wire, first, last in fields(body, start, end):
        if wire != 2:
            continue
        if number == 1:
            if series.references != (0, 0):
                raise MalformedWrite(first, "A series has two lists of references.")
            series.references = first, last
        elif number == 5:
            series.metadata = first, last
        elif number in lists:
            lists[number].append((first, last))
    return series


def _place_of(request: _Request, series: _Series) -> tuple[int, Labels | None]:
    """The place of a series, and its labels if they had to be read."""
    start, end = series.references
    key = request.body[start:end]
    slot = request.known.get(key)
    if slot is not None:
        return slot, None
    pairs = _pairs(request, start, end)
    labels = labels_of(pairs)
    slot = request.place(labels) if are_valid(pairs) else INVALID
    if slot != _NO_ROOM:
        request.known[key] = slot
    return slot, labels


def _pairs(request: _Request, start: int, end: int) -> list[tuple[str, str]]:
    names = _named(request, varints(request.body, start, end), start)
    if len(names) % 2:
        raise MalformedWrite(start, "A label has a name and no value.")
    return list(zip(names[::2], names[1::2], strict=True))


def _named(request: _Request, numbers: Sequence[int], at: int) -> list[str]:
    symbols = request.symbols
    if any(number >= len(symbols) for number in numbers):
        raise MalformedWrite(at, "A reference points past the table of symbols.")
    return [symbols[number] for number in numbers]


def _metadata(request: _Request, metric: str, start: int, end: int) -> Metadata:
    numbers = {1: 0, 3: 0, 4: 0}
    for number, wire, first, _ in fields(request.body, start, end):
        if number in numbers and wire == 0:
            numbers[number] = varint(request.body, first)[0]
    told, unit = _named(request, (numbers[3], numbers[4]), start)
    return Metadata(metric, metric_type(numbers[1]), told, unit)


def _exemplar(request: _Request, series: Labels, start: int, end: int) -> Exemplar:
    pairs: list[tuple[str, str]] = []
    value, time = 0.0, 0
    for number, wire, first, last in fields(request.body, start, end):
        if number == 1 and wire == 2:
            pairs += _pairs(request, first, last)
        elif number == 2 and wire == 1:
            value = double(request.body, first)
        elif number == 3 and wire == 0:
            time = signed(varint(request.body, first)[0])
    return Exemplar(series=series, ts_ms=time, value=value, labels=dict(pairs))
