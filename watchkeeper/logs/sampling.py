"""Which part of the lines is looked at, where to look at all of them would take too long."""

from __future__ import annotations

import math
from itertools import count

from watchkeeper.logs.repo import Stripes
from watchkeeper.model import TimeRange


def stripes_of_buckets(span: TimeRange, step_ms: int, *, one_in: float) -> Stripes:
    """A stripe of each bucket, about the `one_in`-th part of it. span: whole buckets."""
    wanted = max(1, math.ceil(one_in))
    parts = next(each for each in count(wanted) if step_ms % each == 0 or each >= step_ms)
    unit_ms = max(1, step_ms // parts)
    starts = range(span.start_ms, span.end_ms, step_ms)
    units = [(at_ms + _offset(at_ms, step_ms - unit_ms)) // unit_ms for at_ms in starts]
    return Stripes(unit_ms=unit_ms, units=units, one_in=step_ms / unit_ms)


def stripes_of(span: TimeRange, *, parts: int, one_in: float) -> Stripes:
    """A stripe of each of so many equal parts of a range, about the `one_in`-th part of it.

    A stripe costs the blocks of 8,192 lines that it touches, however short it is.
    """
    part_ms = max(1, span.length_ms // parts)
    unit_ms = max(1, round(part_ms / one_in))
    starts = range(span.start_ms, span.end_ms - part_ms + 1, part_ms)
    # A unit that a part holds whole: the first one lies at its start or after it.
    units = [-(-(at + _offset(at, part_ms - unit_ms)) // unit_ms) for at in starts]
    units = [each for each in dict.fromkeys(units) if (each + 1) * unit_ms <= span.end_ms]
    covered_ms = max(1, len(units) * unit_ms)
    return Stripes(unit_ms=unit_ms, units=units, one_in=span.length_ms / covered_ms)


def _offset(at_ms: int, most_ms: int) -> int:
    """Where in a stretch its stripe begins: spread, and the same each time."""
    return at_ms * 2_654_435_761 // 4_096 % (max(0, most_ms) + 1)
