"""Remote write bodies as a fleet sends them: half counters, half 10-bucket histograms, Poisson.

A sender repeats its series in one order each interval, so that a request is a template in which
only values and the time change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cramjam
import numpy as np
from numpy.typing import NDArray

STEP_MS = 15_000
BUCKETS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf")
_COUNTER_RATE = 30.0
_BUCKET_RATE = 8.0
_METHODS = ("GET", "POST", "PUT", "DELETE")
_CODES = ("200", "201", "204", "301", "400", "404", "500", "503")
_TIME_BYTES = 6


def series_labels(count: int, sender: int) -> list[list[tuple[str, str]]]:
    """Labels of `count` series of one sender, sorted by name: counters, then buckets."""
    counters = [_counter(number, sender) for number in range(count - count // 2)]
    buckets = [_bucket(number, sender) for number in range(count // 2)]
    return counters + buckets


def _counter(number: int, sender: int) -> list[tuple[str, str]]:
    return [
        ("__name__", "http_requests_total"),
        ("code", _CODES[number % len(_CODES)]),
        ("handler", f"/api/v1/things/{number // 32}"),
        ("instance", f"10.0.{sender}.{number // 32 % 50}:9100"),
        ("job", f"web-{number % 5}"),
        ("method", _METHODS[number // len(_CODES) % len(_METHODS)]),
    ]


def _bucket(number: int, sender: int) -> list[tuple[str, str]]:
    histogram, place = divmod(number, len(BUCKETS))
    return [
        ("__name__", "http_request_duration_seconds_bucket"),
        ("handler", f"/api/v1/things/{histogram}"),
        ("instance", f"10.0.{sender}.{histogram % 50}:9100"),
        ("job", f"web-{histogram % 5}"),
        ("le", BUCKETS[place]),
    ]


@dataclass(slots=True)
class Sender:
    """Makes the requests of one sender, each a step later than the last.

    count: series, and samples in a request. start_ms: time of the first request.
    """

    count: int
    number: int
    start_ms: int
    step: int = 0
    _random: np.random.Generator = field(init=False)
    _template: NDArray[np.uint8] = field(init=False)
    _value_bytes: NDArray[np.int64] = field(init=False)
    _time_bytes: NDArray[np.int64] = field(init=False)
    _values: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.number)
        self._template, values_at = _template(series_labels(self.count, self.number))
        self._value_bytes = values_at[:, None] + np.arange(8)
        self._time_bytes = values_at[:, None] + np.arange(9, 9 + _TIME_BYTES)
        self._values = np.ones(self.count)

    def next(self) -> bytes:
        """The next request's body, packed by snappy."""
        self._values += self._increments()
        body = self._template
        body[self._value_bytes] = self._values.view(np.uint8).reshape(-1, 8)
        body[self._time_bytes] = _varint(self.start_ms + self.step * STEP_MS)
        self.step += 1
        return bytes(cramjam.snappy.compress_raw(body.tobytes()))

    def _increments(self) -> NDArray[np.int64]:
        counters = self.count - self.count // 2
        grown = self._random.poisson(_COUNTER_RATE, self.count)
        seen = self._random.poisson(_BUCKET_RATE / len(BUCKETS), self.count - counters)
        whole = len(seen) // len(BUCKETS) * len(BUCKETS)
        cumulative = np.cumsum(seen[:whole].reshape(-1, len(BUCKETS)), axis=1)
        grown[counters : counters + whole] = cumulative.ravel()
        return grown


def _template(labels: list[list[tuple[str, str]]]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """One body, and where in it each value begins; tag and time follow the value."""
    body = bytearray()
    values_at: list[int] = []
    for pairs in labels:
        content = b"".join(
            _field(1, _field(1, n.encode()) + _field(2, v.encode())) for n, v in pairs
        )
        sample = b"\x09" + bytes(8) + b"\x10" + bytes(_TIME_BYTES)
        series = _field(1, content + _field(2, sample))
        body += series
        values_at.append(len(body) - len(sample) + 1)
    return np.frombuffer(bytes(body), np.uint8).copy(), np.array(values_at)


def _field(number: int, content: bytes) -> bytes:
    size, out = len(content), bytearray([number << 3 | 2])
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes(out) + bytes([size]) + content


def _varint(number: int) -> NDArray[np.uint8]:
    """The six bytes of a time between 2004 and 2109."""
    digits = [number >> shift & 127 for shift in range(0, 7 * _TIME_BYTES, 7)]
    return np.array([*(digit | 128 for digit in digits[:-1]), digits[-1]], np.uint8)
