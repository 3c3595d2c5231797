"""What both versions of remote write say alike: samples, native histograms, metadata. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.remote_write.wire import (
    MalformedWrite,
    double,
    doubles,
    fields,
    signed,
    varint,
    varints,
    zigzag,
)
from watchkeeper.ingest.rows import Exemplar
from watchkeeper.model import CUSTOM_BUCKETS, METRIC_NAME, Buckets, Histogram, Labels, ResetHint

RESERVED, INVALID = -2, -3
"""What stands for a place in the registry where a series is refused."""
REFUSED = {RESERVED: Drop.RESERVED_NAME, INVALID: Drop.INVALID_LABELS}

MAX_LABEL_BYTES = 32 * 1024
_MOST_BUCKETS = 10_000
"""Of one sign: a span may claim billions in a few bytes."""
_TYPES = (
    "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a metric is. type: Prometheus's word."""

    metric: str
    type: str
    help: str
    unit: str


@dataclass(slots=True)
class Besides:
    """What a request holds besides samples; few, and read one by one.

    refused: histograms and exemplars that cannot be kept.
    """

    histograms: list[tuple[Labels, int, Histogram]] = field(default_factory=list)
    exemplars: list[Exemplar] = field(default_factory=list)
    metadata: list[Metadata] = field(default_factory=list)
    refused: Counter[Drop] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.histograms or self.exemplars or self.metadata or self.refused)


def metric_type(number: int) -> str:
    """Prometheus's word for the number of a metric's type."""
    return _TYPES[number] if number < len(_TYPES) else "unknown"


def are_valid(pairs: Sequence[tuple[str, str]]) -> bool:
    """A metric name, no empty name, none twice, and not too much of it."""
    names = {name for name, _ in pairs}
    return (
        len(names) == len(pairs)
        and "" not in names
        and any(name == METRIC_NAME and value for name, value in pairs)
        and sum(len(name) + len(value) for name, value in pairs) <= MAX_LABEL_BYTES
    )


def read_sample(body: bytes, start: int, end: int) -> tuple[int, float]:
    """(ts_ms, value)"""
    value, time = 0.0, 0
    for number, wire, first, _ in fields(body, start, end):
        if number == 1 and wire == 1:
            value = double(body, first)
        elif number == 2 and wire == 0:
            time = varint(body, first)[0]
    return signed(time), value


@dataclass(slots=True)
class _Side:
    """The buckets of one sign as they come: spans of indexes, and counts or their differences."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    deltas: list[int] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)

    def buckets(self) -> Buckets:
        """Raises ValueError if spans and counts do not fit together."""
        lengths = [length for _, length in self.spans]
        if any(offset < 0 for offset, _ in self.spans[1:]) or sum(lengths) > _MOST_BUCKETS:
            raise ValueError("spans overlap or are too long")
        counts = self.counts or _summed(self.deltas)
        indexes: list[int] = []
        at = 0
        for offset, length in self.spans:
            at += offset
            indexes += range(at, at + length)
            at += length
        if len(indexes) != len(counts) or any(count < 0 for count in counts):
            raise ValueError("the spans need other counts")
        kept = [(index, count) for index, count in zip(indexes, counts, strict=True) if count]
        return Buckets(tuple(index for index, _ in kept), tuple(float(count) for _, count in kept))


def _summed(deltas: Sequence[int]) -> list[float]:
    counts: list[float] = []
    total = 0
    for delta in deltas:
        total += delta
        counts.append(total)
    return counts


def read_histogram(body: bytes, start: int, end: int) -> tuple[int, Histogram]:
    """(ts_ms, histogram). Raises ValueError if it contradicts itself, MalformedWrite if unreadable.

    prometheus/prompb/types.proto and io/prometheus/write/v2/types.proto number its fields alike.
    """
    whole: dict[int, int] = {}
    real: dict[int, float] = {}
    negative, positive, bounds = _Side(), _Side(), list[float]()
    for number, wire, first, last in fields(body, start, end):
        if 8 <= number <= 13:
            side = negative if number <= 10 else positive
            _read_side(body, side, (number - 8) % 3, wire, first, last)
        elif number == 16 and wire in (1, 2):
            bounds += doubles(body, first, last) if wire == 2 else [double(body, first)]
        elif wire == 0:
            whole[number] = varint(body, first)[0]
        elif wire == 1:
            real[number] = double(body, first)
    hint = whole.get(14, 0)
    found = Histogram(
        schema=zigzag(whole.get(4, 0) & 0xFFFFFFFF),
        count=real.get(2, float(whole.get(1, 0))),
        sum=real.get(3, 0.0),
        zero_threshold=real.get(5, 0.0),
        zero_count=real.get(7, float(whole.get(6, 0))),
        positive=positive.buckets(),
        negative=negative.buckets(),
        custom_bounds=tuple(bounds),
        reset_hint=ResetHint(hint if hint <= ResetHint.GAUGE else ResetHint.UNKNOWN),
    )
    _check_schema(found)
    _check_counts(found, is_float=2 in real or 7 in real)
    return signed(whole.get(15, 0)), found


def _read_side(body: bytes, side: _Side, part: int, wire: int, first: int, last: int) -> None:
    """part: 0 a span, 1 differences of counts, 2 counts."""
    if part == 0 and wire == 2:
        side.spans.append(_span(body, first, last))
    elif part == 1:
        found = varints(body, first, last) if wire == 2 else [varint(body, first)[0]]
        side.deltas += [zigzag(number) for number in found]
    elif part == 2 and wire in (1, 2):
        side.counts += doubles(body, first, last) if wire == 2 else [double(body, first)]
    else:
        raise MalformedWrite(first, "A histogram's buckets have another wire type.")


def _span(body: bytes, start: int, end: int) -> tuple[int, int]:
    offset = length = 0
    for number, wire, first, _ in fields(body, start, end):
        if number == 1 and wire == 0:
            offset = zigzag(varint(body, first)[0] & 0xFFFFFFFF)
        elif number == 2 and wire == 0:
            length = varint(body, first)[0]
    return offset, length


def _check_schema(one: Histogram) -> None:
    if one.schema != CUSTOM_BUCKETS:
        if not -4 <= one.schema <= 8:
            raise ValueError(f"schema {one.schema} is not known")
        return
    bounds = one.custom_bounds
    if any(math.isnan(bound) for bound in bounds) or any(a >= b for a, b in pairwise(bounds)):
        raise ValueError("custom bounds must ascend")
    is_within = all(0 <= index <= len(bounds) for index in one.positive.indexes)
    if one.negative.indexes or one.zero_count or not is_within:
        raise ValueError("custom buckets are positive and within their bounds")


def _check_counts(one: Histogram, *, is_float: bool) -> None:
    """An integer histogram has each observation in a bucket, but for those that were NaN."""
    if not (one.count >= 0 and one.zero_count >= 0):
        raise ValueError("a count is below 0")
    if is_float:
        return
    in_buckets = one.zero_count + sum(one.positive.counts) + sum(one.negative.counts)
    if in_buckets > one.count or (in_buckets < one.count and not math.isnan(one.sum)):
        raise ValueError(f"{one.count:g} observations, {in_buckets:g} of them in buckets")
