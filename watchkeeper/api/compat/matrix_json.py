"""A matrix as JSON text, put together from columns: it may have millions of points.

Each point is `[time,"value"]`. Values are turned into digits by the million; then digits and the
constant pieces between them are copied to their places in the answer, all of one length at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from watchkeeper.model import Labels
from watchkeeper.query.promql import Matrix, format_sample

Places = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_POINTS_A_PIECE = 128 * 1024
_EXACT = 2.0**53
_COMMA = ord(",")
_LAST = b'"]]}'


def matrix_pieces(matrix: Matrix, limit: int, metric: Callable[[Labels], str]) -> Iterator[bytes]:
    """The first `limit` series as a JSON array, in pieces of a few MB. metric: labels as JSON."""
    bounds = matrix.offsets[: limit + 1]
    start = 0
    opening = b"["
    while start < limit:
        end = int(np.searchsorted(bounds, bounds[start] + _POINTS_A_PIECE, side="right")) - 1
        end = min(max(end, start + 1), limit)
        names = [metric(labels) for labels in matrix.labels[start:end]]
        span = slice(int(bounds[start]), int(bounds[end]))
        counts = np.diff(bounds[start : end + 1])
        yield opening + _rows(names, counts, matrix.ts[span], matrix.values[span])
        opening, start = b",", end
    yield b"]" if limit else b"[]"


def _rows(names: Sequence[str], counts: Places, ts: Places, values: np.ndarray) -> bytes:
    """Some whole series, joined by commas. Each has at least one point."""
    digits = _digits(values)
    known, places = _moments(ts)
    between = _Joints.of([f'"],[{_seconds(moment)},"' for moment in known.tolist()])
    firsts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    # In front of each point stands a joint; in front of each series' first one, its head instead.
    gaps = between.lengths[places]
    heads = _heads(names, [_seconds(moment) for moment in ts[firsts].tolist()])
    gaps[firsts] = [len(head) for head in heads]
    ends = np.cumsum(gaps + digits.lengths)
    answer = np.empty(int(ends[-1]) + len(_LAST), np.uint8)
    starts = ends - digits.lengths
    inner = np.ones(len(ts), np.bool_)
    inner[firsts] = False
    between.copy_to(answer, starts - gaps, places, inner)
    digits.copy_to(answer, starts)
    for place, head in zip((starts - gaps)[firsts].tolist(), heads, strict=True):
        answer[place : place + len(head)] = np.frombuffer(head, np.uint8)
    answer[len(answer) - len(_LAST) :] = np.frombuffer(_LAST, np.uint8)
    return answer.tobytes()


def _heads(names: Sequence[str], moments: Sequence[str]) -> list[bytes]:
    """What stands between two series, up to the first value of the second."""
    heads = [
        f'"]]}},{{"metric":{name},"values":[[{moment},"'.encode("utf-8", "surrogatepass")
        for name, moment in zip(names, moments, strict=True)
    ]
    heads[0] = heads[0][len(_LAST) + 1 :]
    return heads


def _seconds(ts_ms: int) -> str:
    """The fraction has three digits or is left out."""
    whole, fraction = divmod(abs(ts_ms), 1000)
    sign = "-" if ts_ms < 0 else ""
    return f"{sign}{whole}.{fraction:03d}" if fraction else f"{sign}{whole}"


def _moments(ts: Places) -> tuple[Places, Places]:
    """Distinct times, and which of them each point has."""
    first = int(ts.min())
    past = ts - first
    step = max(int(np.gcd.reduce(past)), 1)
    if int(past.max()) // step < len(ts):
        places = past // step
        return first + step * np.arange(int(places.max()) + 1), places
    known, places = np.unique(ts, return_inverse=True)
    return known, places


@dataclass(frozen=True, slots=True)
class _Joints:
    """Constant texts by number. by_length: which have a length, and these as records."""

    lengths: Places
    by_length: Sequence[tuple[int, Places, np.ndarray]]

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Joints:
        lengths = np.array([len(text) for text in texts], np.int64)
        groups = []
        for length in np.unique(lengths).tolist():
            chosen = np.flatnonzero(lengths == length)
            joined = "".join(texts[i] for i in chosen.tolist()).encode()
            number = np.zeros(len(texts), np.int64)
            number[chosen] = np.arange(len(chosen))
            groups.append((length, number, np.frombuffer(joined, f"V{length}")))
        return cls(lengths, groups)

    def copy_to(
        self, answer: Bytes, starts: Places, places: Places, chosen: npt.NDArray[np.bool_]
    ) -> None:
        """Write the text of each chosen point."""
        for length, number, records in self.by_length:
            some = chosen if len(self.by_length) == 1 else chosen & (self.lengths[places] == length)
            _records(answer, length)[starts[some]] = records[number[places[some]]]


@dataclass(frozen=True, slots=True)
class _Digits:
    """Texts of values: pieces [starts, starts + lengths) of `source`."""

    source: bytes
    starts: Places
    lengths: Places

    def copy_to(self, answer: Bytes, starts: Places) -> None:
        given = np.frombuffer(self.source, np.uint8)
        for length in np.flatnonzero(np.bincount(self.lengths)).tolist():
            some = np.flatnonzero(self.lengths == length)
            _records(answer, length)[starts[some]] = _records(given, length)[self.starts[some]]


def _records(content: Bytes, length: int) -> np.ndarray:
    """Every stretch of so many bytes, as one record each: they overlap."""
    return np.ndarray((len(content) - length + 1,), f"V{length}", content, strides=(1,))


def _digits(values: np.ndarray) -> _Digits:
    """Each value as `format_sample` writes it; only the odd ones are formatted one by one."""
    column = np.ascontiguousarray(values, dtype=np.float64)
    whole = np.rint(column)
    if bool(((whole == column) & (np.abs(column) < _EXACT)).all()):
        integers = whole.astype(np.int64)
        if not (np.signbit(column) & (integers == 0)).any():
            return _split(orjson.dumps(integers, option=orjson.OPT_SERIALIZE_NUMPY))
    digits = _split(orjson.dumps(column, option=orjson.OPT_SERIALIZE_NUMPY))
    size = np.abs(column)
    plain = (size == 0) | ((size >= 1e-4) & (size < 1e15))
    digits.lengths[plain & (whole == column)] -= len(".0")
    odd = np.flatnonzero(~plain)
    return _with_odd(digits, odd, [format_sample(v) for v in column[odd].tolist()])


def _split(text: bytes) -> _Digits:
    """The items of a JSON array of numbers."""
    commas = np.flatnonzero(np.frombuffer(text, np.uint8) == _COMMA)
    starts = np.concatenate(([1], commas + 1))
    ends = np.concatenate((commas, [len(text) - 1]))
    return _Digits(text, starts, ends - starts)


def _with_odd(digits: _Digits, odd: Places, texts: Sequence[str]) -> _Digits:
    if not len(odd):
        return digits
    lengths = np.array([len(text) for text in texts])
    digits.starts[odd] = len(digits.source) + np.cumsum(lengths) - lengths
    digits.lengths[odd] = lengths
    return _Digits(digits.source + "".join(texts).encode(), digits.starts, digits.lengths)
