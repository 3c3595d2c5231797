"""The range that a request asks for, as `statsPeriod`, or as `start` and `end`."""

from __future__ import annotations

import re

from watchkeeper.api.compat.sentry.desk import Asked, instant
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import TimeRange

LONGEST_MS = 90 * DAY_MS
_PERIOD = re.compile(r"([0-9]{1,6})([smhdw])?")
_UNITS_MS = {
    "s": SECOND_MS,
    "m": MINUTE_MS,
    "h": HOUR_MS,
    "d": DAY_MS,
    "w": 7 * DAY_MS,
}


def range_of(asked: Asked, *, usual_ms: int = LONGEST_MS) -> TimeRange:
    """What `statsPeriod` or `start` and `end` say, else so long until now. Raises Invalid.

    It ends a minute from now, as clocks of senders may be ahead.
    """
    now_ms = asked.desk.clock()
    start_ms = instant(asked.query.get("start"), "start")
    end_ms = instant(asked.query.get("end"), "end")
    if (start_ms is None) != (end_ms is None):
        raise Invalid("Name both start and end, or statsPeriod.")
    if start_ms is not None and end_ms is not None:
        if start_ms >= end_ms:
            raise Invalid("start must lie before end.")
        return TimeRange(start_ms, end_ms)
    length_ms = period_ms(asked.query.get("statsPeriod", ""), "statsPeriod") or usual_ms
    return TimeRange(now_ms - length_ms, now_ms + MINUTE_MS)


def period_ms(told: str, name: str) -> int:
    """Milliseconds of `24h`, `14d` or seconds alone; 0 if nothing was said. Raises Invalid."""
    if not told:
        return 0
    found = _PERIOD.fullmatch(told)
    length_ms = int(found[1]) * _UNITS_MS[found[2] or "s"] if found else 0
    if not 0 < length_ms <= 5 * 366 * DAY_MS:
        raise Invalid(f"{name} must be a length such as 24h or 14d, not {told!r}.")
    return length_ms
