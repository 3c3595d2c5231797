"""The same hour of samples for two servers, as remote write requests.

No sample falls on a whole or half second, so that no edge of a window ever meets one.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import cramjam

INTERVAL_MS = 15_000
SPAN_MS = 3_600_000
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
_BUCKETS = ("0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf")


@dataclass(frozen=True, slots=True)
class Series:
    """Labels, and samples as (milliseconds from the start, value)."""

    labels: dict[str, str]
    samples: list[tuple[int, float]]


def series() -> list[Series]:
    """All series; the same at every call."""
    dice = random.Random(20_231)
    made = [*_requests(dice), *_gauges(dice), *_latencies(dice), *_oddities(dice)]
    return [
        Series(one.labels, [(ms + 137 + 7 * place, value) for ms, value in one.samples])
        for place, one in enumerate(made)
    ]


def _ticks(first: int = 0) -> range:
    return range(first * INTERVAL_MS, SPAN_MS, INTERVAL_MS)


def _counter(dice: random.Random, start: float, pace: float, reset_chance: float) -> list[float]:
    value, values = start, []
    for _ in _ticks():
        value += dice.expovariate(1 / pace)
        if dice.random() < reset_chance:
            value = dice.uniform(0, pace)
        values.append(round(value, 3))
    return values


def _requests(dice: random.Random) -> Iterator[Series]:
    for job in ("api", "web", "db"):
        for instance in ("a:80", "b:80", "c:80"):
            for code in ("200", "404", "500"):
                labels = {"job": job, "instance": instance, "code": code}
                resets = 0.01 if instance == "c:80" else 0.0
                pace = {"200": 40.0, "404": 3.0, "500": 0.7}[code]
                values = _counter(dice, dice.uniform(0, 1e4), pace, resets)
                name = {"__name__": "demo_requests_total"}
                yield Series(name | labels, list(zip(_ticks(), values, strict=True)))


def _gauges(dice: random.Random) -> Iterator[Series]:
    for number, instance in enumerate(("a:80", "b:80", "c:80", "d:80")):
        waves = [
            3 * math.sin(ms / 300_000 + number) + dice.gauss(0, 0.4) - number for ms in _ticks()
        ]
        labels = {"__name__": "demo_load", "instance": instance, "zone": f"z{number % 2}"}
        yield Series(labels, list(zip(_ticks(), waves, strict=True)))
        memory = [2.0**30 * (1 + number + dice.random()) for _ in _ticks()]
        labels = {"__name__": "demo_memory_bytes", "instance": instance, "job": "api"}
        yield Series(labels, list(zip(_ticks(), memory, strict=True)))
        build = {"__name__": "demo_build_info", "instance": instance, "version": f"1.{number}"}
        yield Series(build, [(ms, 1.0) for ms in _ticks()])


def _latencies(dice: random.Random) -> Iterator[Series]:
    for job in ("api", "web"):
        totals = [dice.uniform(1000, 5000) for _ in _BUCKETS]
        history: list[list[float]] = []
        for _ in _ticks():
            totals = [total + dice.randint(0, 9) for total in totals]
            history.append([sum(totals[: place + 1]) for place in range(len(_BUCKETS))])
        for place, le in enumerate(_BUCKETS):
            labels = {"__name__": "demo_latency_seconds_bucket", "job": job, "le": le}
            column = [row[place] for row in history]
            yield Series(labels, list(zip(_ticks(), column, strict=True)))
        for suffix, factor in (("_sum", 0.3), ("_count", 1.0)):
            labels = {"__name__": f"demo_latency_seconds{suffix}", "job": job}
            column = [row[-1] * factor for row in history]
            yield Series(labels, list(zip(_ticks(), column, strict=True)))


def _oddities(dice: random.Random) -> Iterator[Series]:
    """Gaps, staleness, late births, NaN, infinities, other alphabets."""
    for instance in ("a:80", "b:80"):
        values = _counter(dice, 1e6, 5.0, 0.0)
        kept = [pair for pair in zip(_ticks(), values, strict=True) if dice.random() < 0.8]
        yield Series({"__name__": "demo_gappy_total", "instance": instance}, kept)
    late = list(zip(_ticks(170), _counter(dice, 1e6, 9.0, 0.0), strict=False))
    yield Series({"__name__": "demo_late_total", "instance": "a:80"}, late)
    gone = [(ms, 5.0 + ms / 1e6) for ms in _ticks() if ms < 2_700_000]
    yield Series({"__name__": "demo_gone", "instance": "a:80"}, [*gone, (2_700_000, STALE)])
    for kind, value in (("nan", math.nan), ("inf", math.inf), ("zero", 0.0), ("minus", -2.5)):
        samples = [(ms, value) for ms in _ticks()]
        yield Series({"__name__": "demo_special", "kind": kind}, samples)
    mixed = [(ms, math.nan if dice.random() < 0.3 else dice.uniform(-9, 9)) for ms in _ticks()]
    yield Series({"__name__": "demo_special", "kind": "mixed"}, mixed)
    whole = [(ms, float(dice.randint(0, 4))) for ms in _ticks()]
    yield Series({"__name__": "demo_state", "room": "küche", "path": "/a/b-1"}, whole)
    other = [(ms, float(dice.randint(0, 4))) for ms in _ticks()]
    yield Series({"__name__": "demo_state", "room": "flur 2", "path": "/a/c-22"}, other)


def write_requests(start_ms: int) -> Iterator[bytes]:
    """Compressed bodies of remote write 1.0, five minutes each, in order of time."""
    every = series()
    for begin in range(0, SPAN_MS + 60_000, 300_000):
        parts: list[bytes] = []
        for one in every:
            inside = [
                _sample(start_ms + ms, value)
                for ms, value in one.samples
                if begin <= ms < begin + 300_000
            ]
            if inside:
                parts.append(_field(1, _labels(one.labels) + b"".join(inside)))
        if parts:
            yield bytes(cramjam.snappy.compress_raw(b"".join(parts)))


def _sample(ts_ms: int, value: float) -> bytes:
    return _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(ts_ms))


def _labels(labels: dict[str, str]) -> bytes:
    return b"".join(
        _field(1, _field(1, name.encode()) + _field(2, value.encode()))
        for name, value in sorted(labels.items())
    )


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def edge_requests(start_ms: int) -> Iterator[bytes]:
    """Series for the differences that are known: here samples do fall on edges.

    At 55 minutes behind the start these are asked about; the last one says that all are written.
    """
    at_ms = 3_300_000
    line = [(ms, ms / 1000) for ms in range(at_ms - 600_000, at_ms + 1, 15_000)]
    young = [(at_ms - 300_000 + 60_000 * place, 40.0 + 60 * place) for place in range(4)]
    every = [
        Series({"__name__": "edge", "job": "a"}, line),
        Series({"__name__": "edge", "job": "b"}, line),
        Series({"__name__": "target_info", "job": "a", "cloud": "x"}, line),
        Series({"__name__": "old"}, [(at_ms - 300_000, 1.0)]),
        Series({"__name__": "young_total"}, young),
        Series({"__name__": "lines", "text": "a1\n2b"}, line),
        Series({"__name__": "le_bucket", "le": "1"}, line),
        Series({"__name__": "le_bucket", "le": "+Inf"}, line),
        Series({"__name__": "demo_last"}, [(at_ms + 280_000, 1.0)]),
    ]
    parts = [
        _field(
            1, _labels(one.labels) + b"".join(_sample(start_ms + ms, v) for ms, v in one.samples)
        )
        for one in every
    ]
    yield bytes(cramjam.snappy.compress_raw(b"".join(parts)))
