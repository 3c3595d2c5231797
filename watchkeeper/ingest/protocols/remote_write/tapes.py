"""Stretches of request bodies as they were seen before, to recognise whole requests at once.

A sender repeats its series in one order, interval after interval: only values and times change.
What follows a known series is therefore compared with what followed it the last time, thousands of
bytes in one step. Values and times are left out of the comparison by a mask; everything else must
be equal to the last byte, so that a tape can make reading faster and never different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]

SAMPLE_TAIL, ZERO_TAIL = 18, 9
"""Bytes of a series' only sample with its tags; a zero value is left out on the wire."""
_VALUE_BEFORE_END, _TIME_BEFORE_END = 15, 6
_FIRST_WINDOW, _LAST_WINDOW = 4 * 1024, 256 * 1024
_MOST_BYTES = 32 * 2**20
"""Of all tapes, and as much again for their masks; the oldest makes room."""
_FEWEST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Stretch:
    """Series with one sample each, one after another in a body.

    begins, starts, ends: byte offsets of each one's tag, content and end. is_zero: the sample's
    value is left out.
    """

    slots: Numbers
    begins: Numbers
    starts: Numbers
    ends: Numbers
    is_zero: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.slots)

    def part(self, start: int, end: int, shift: int) -> Stretch:
        """Rows [start, end), moved by `shift` bytes."""
        if start == shift == 0 and end == len(self):
            return self
        span = slice(start, end)
        return Stretch(
            self.slots[span],
            self.begins[span] + shift,
            self.starts[span] + shift,
            self.ends[span] + shift,
            self.is_zero[span],
        )


def joined(stretches: Sequence[Stretch]) -> Stretch:
    """All rows of them in order."""
    if len(stretches) == 1:
        return stretches[0]
    return Stretch(
        np.concatenate([one.slots for one in stretches]),
        np.concatenate([one.begins for one in stretches]),
        np.concatenate([one.starts for one in stretches]),
        np.concatenate([one.ends for one in stretches]),
        np.concatenate([one.is_zero for one in stretches]),
    )


@dataclass(frozen=True, slots=True)
class _Tape:
    """A stretch, its bytes, and which of them count. bounds: begin of each row, end of the last."""

    rows: Stretch
    bounds: Numbers
    content: Bytes
    mask: Bytes


class Tapes:
    """What followed each series the last time. Slots are places in the registry."""

    def __init__(self) -> None:
        self._tapes: dict[int, _Tape] = {}
        self._next = 0
        self._held_bytes = 0
        self._tape_of = np.full(0, -1, np.int64)
        self._row_of = np.zeros(0, np.int64)

    def follow(self, body: Bytes, begin: int, slot: int) -> Stretch | None:
        """The known series from `begin` on, where that of `slot` is said to stand.

        None if its bytes are not those of the last time.
        """
        if not 0 <= slot < len(self._tape_of):
            return None
        tape = self._tapes.get(int(self._tape_of[slot]))
        if tape is None:
            return None
        first = int(self._row_of[slot])
        origin = int(tape.bounds[first])
        same = _same_bytes(body[begin:], tape.content[origin:], tape.mask[origin:])
        end = int(np.searchsorted(tape.bounds, origin + same, side="right")) - 1
        return tape.rows.part(first, end, begin - origin) if end > first else None

    def learn(self, body: Bytes, rows: Stretch) -> None:
        """Remember the rows of a body, which are plain; neighbours make a tape."""
        gaps = np.flatnonzero(rows.begins[1:] != rows.ends[:-1]) + 1
        edges = [0, *gaps.tolist(), len(rows)]
        for first, end in pairwise(edges):
            if end - first >= _FEWEST_ROWS:
                self._add(body, rows.part(first, end, 0))

    def _add(self, body: Bytes, rows: Stretch) -> None:
        start = int(rows.begins[0])
        moved = rows.part(0, len(rows), -start)
        content = body[start : int(rows.ends[-1])].copy()
        bounds = np.append(moved.begins, moved.ends[-1])
        tape = _Tape(moved, bounds, content, _mask(moved))
        self._make_room(len(content))
        self._tapes[self._next] = tape
        self._held_bytes += len(content)
        known = np.flatnonzero(rows.slots >= 0)
        self._reserve(int(rows.slots.max(initial=-1)) + 1)
        self._tape_of[rows.slots[known]] = self._next
        self._row_of[rows.slots[known]] = known
        self._next += 1

    def _make_room(self, size: int) -> None:
        while self._tapes and self._held_bytes + size > _MOST_BYTES:
            oldest = self._tapes.pop(next(iter(self._tapes)))
            self._held_bytes -= len(oldest.content)

    def _reserve(self, size: int) -> None:
        missing = size - len(self._tape_of)
        if missing > 0:
            missing = max(missing, len(self._tape_of), 1024)
            self._tape_of = np.concatenate((self._tape_of, np.full(missing, -1, np.int64)))
            self._row_of = np.concatenate((self._row_of, np.zeros(missing, np.int64)))


def _mask(rows: Stretch) -> Bytes:
    """255 for the bytes that must be equal, 0 for those of values and times."""
    mask = np.full(int(rows.ends[-1]), 255, np.uint8)
    mask[(rows.ends - _TIME_BEFORE_END)[:, None] + np.arange(6)] = 0
    valued = rows.ends[~rows.is_zero] - _VALUE_BEFORE_END
    mask[valued[:, None] + np.arange(8)] = 0
    return mask


def _same_bytes(body: Bytes, content: Bytes, mask: Bytes) -> int:
    """How many bytes from the first on are equal where the mask says that they must be."""
    size, at = min(len(body), len(content)), 0
    # Of one length, they are most likely equal to the end; else find out soon that they are not.
    window = _LAST_WINDOW if len(body) == len(content) else _FIRST_WINDOW
    while at < size:
        end = min(size, at + window)
        differs = body[at:end] ^ content[at:end]
        differs &= mask[at:end]
        if differs.any():
            return at + int(np.argmax(differs != 0))
        at, window = end, min(4 * window, _LAST_WINDOW)
    return size
