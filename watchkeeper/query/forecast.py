"""When a value reaches its limit, by the trend of the past; with the error this method had so far.

The slope is Theil-Sen's: the median over all pairs, so that outliers do not turn it. From three
days on the usual course of a day is taken out first. How: docs/use/forecasts.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from watchkeeper.lib.clock import DAY_MS, HOUR_MS

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

LEAST_MS = DAY_MS
"""Less history than this says nothing about a trend."""
LEAST_POINTS = 12
SEASONAL_FROM_MS = 3 * DAY_MS
FARTHEST_MS = 365 * DAY_MS
_MOST_POINTS = 400
_TESTS = 24
_LONGEST_TEST_MS = 7 * DAY_MS
_SPREAD = (0.1, 0.9)
_SHIFT_SHARE = 0.25
_SHIFT_SPREADS = 12.0


class Outlook(StrEnum):
    """What becomes of a value.

    REACHES: it meets the limit within a year. BEYOND: later than that. STEADY: it does not move
    towards the limit, or not beyond its noise. OVER: it is there already. SHORT: too little is
    known.
    """

    REACHES = "reaches"
    BEYOND = "beyond"
    STEADY = "steady"
    OVER = "over"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """The method, asked at moments of the past: it was off by `error` after `horizon_ms`.

    error: median of absolute errors, in the value's unit. error_ms: the same as time, at the slope
    of now; None when nothing moves. runs: how often it was asked.
    """

    runs: int
    horizon_ms: int
    error: float
    error_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """at_ms: Unix ms when the limit is met; earliest_ms, latest_ms: where 8 of 10 tests fell
    (latest None: perhaps never). now: the value by the trend. per_day: its change in a day.
    history_ms: what it rests on. is_seasonal: a daily course was taken out. since_ms: start of
    the stretch that the trend is of, after the last jump.
    """

    outlook: Outlook
    now: float
    per_day: float
    history_ms: int
    since_ms: int
    is_seasonal: bool
    at_ms: int | None = None
    earliest_ms: int | None = None
    latest_ms: int | None = None
    test: BackTest | None = None


@dataclass(frozen=True, slots=True)
class _Fit:
    """value(t) = level + slope * (t - origin) + the day's course. slope: per ms."""

    origin_ms: float
    level: float
    slope: float
    course: F64 | None

    def at(self, times_ms: F64) -> F64:
        """The trend without the course of the day."""
        return self.level + self.slope * (times_ms - self.origin_ms)

    def expected(self, times_ms: F64) -> F64:
        """The trend with the course of the day."""
        trend = self.at(times_ms)
        return trend if self.course is None else trend + self.course[_hours(times_ms)]


def foresee(times_ms: I64, values: F64, *, limit: float) -> Forecast:
    """The outlook of one series (ascending times, about hourly) on a limit.

    A limit above the values is met by growth, one below by decline. NaN and infinities are
    left out.
    """
    known = np.isfinite(values)
    times, points = times_ms[known].astype(np.float64), values[known].astype(np.float64)
    times, points = _thinned(times, points)
    history_ms = int(times[-1] - times[0]) if len(times) else 0
    last = float(points[-1]) if len(points) else 0.0
    if history_ms < LEAST_MS or len(points) < LEAST_POINTS:
        since_ms = int(times[0]) if len(times) else 0
        return Forecast(
            outlook=Outlook.SHORT, now=last, per_day=0.0, history_ms=history_ms,
            since_ms=since_ms, is_seasonal=False,
        )  # fmt: skip
    start = _last_shift(times, points)
    return _outlook(times[start:], points[start:], history_ms, limit)


def _outlook(times: F64, points: F64, history_ms: int, limit: float) -> Forecast:
    fitted = _fit(times, points)
    now_ms = float(times[-1])
    level = float(fitted.at(times[-1:])[0])
    grows_to_limit = float(np.median(points)) <= limit
    gap = limit - level
    errors, horizon_ms = _back_test(times, points)
    per_day = fitted.slope * DAY_MS
    shared = Forecast(
        outlook=Outlook.STEADY, now=level, per_day=per_day, history_ms=history_ms,
        since_ms=int(times[0]), is_seasonal=fitted.course is not None,
        test=_verdict(errors, horizon_ms, fitted.slope),
    )  # fmt: skip
    if _is_over(points, limit, grows_to_limit=grows_to_limit):
        return _changed(shared, outlook=Outlook.OVER)
    toward = fitted.slope if grows_to_limit else -fitted.slope
    if toward <= 0 or _is_noise(fitted, times, points):
        return shared
    at_ms = now_ms + max(gap / fitted.slope, 0.0)
    if at_ms - now_ms > FARTHEST_MS:
        return _changed(shared, outlook=Outlook.BEYOND)
    early, late = _interval(fitted, gap, errors, horizon_ms)
    return _changed(
        shared,
        outlook=Outlook.REACHES,
        at_ms=int(at_ms),
        earliest_ms=int(now_ms + min(early, at_ms - now_ms)),
        latest_ms=None if late is None else int(now_ms + max(late, at_ms - now_ms)),
    )


def _changed(
    base: Forecast,
    *,
    outlook: Outlook,
    at_ms: int | None = None,
    earliest_ms: int | None = None,
    latest_ms: int | None = None,
) -> Forecast:
    return Forecast(
        outlook=outlook, now=base.now, per_day=base.per_day, history_ms=base.history_ms,
        since_ms=base.since_ms, is_seasonal=base.is_seasonal, at_ms=at_ms,
        earliest_ms=earliest_ms, latest_ms=latest_ms, test=base.test,
    )  # fmt: skip


def _is_over(points: F64, limit: float, *, grows_to_limit: bool) -> bool:
    last = float(points[-1])
    return last >= limit if grows_to_limit else last <= limit


def _is_noise(fitted: _Fit, times: F64, points: F64) -> bool:
    """True if the trend moved the value less than it usually wavers around the trend."""
    moved = abs(fitted.slope) * float(times[-1] - times[0])
    wavers = float(np.median(np.abs(points - fitted.expected(times))))
    return moved <= 2 * wavers or moved <= 1e-9 * max(float(np.abs(points).max()), 1e-300)


def _thinned(times: F64, points: F64) -> tuple[F64, F64]:
    """At most _MOST_POINTS of them, evenly: pairs grow with the square."""
    if len(times) <= _MOST_POINTS:
        return times, points
    kept = np.linspace(0, len(times) - 1, _MOST_POINTS).round().astype(np.int64)
    return times[kept], points[kept]


def _slope(times: F64, points: F64) -> float:
    """Theil-Sen: the median slope of all pairs."""
    first, second = np.triu_indices(len(times), k=1)
    steps = times[second] - times[first]
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = (points[second] - points[first]) / steps
    found = float(np.median(slopes))
    return found if np.isfinite(found) else 0.0


def _fit(times: F64, points: F64) -> _Fit:
    slope = _slope(times, points)
    course: F64 | None = None
    if times[-1] - times[0] >= SEASONAL_FROM_MS:
        course = _course(times, points - slope * (times - times[0]))
        slope = _slope(times, points - course[_hours(times)])
    rest = points - slope * (times - times[0])
    if course is not None:
        rest = rest - course[_hours(times)]
    return _Fit(float(times[0]), float(np.median(rest)), slope, course)


def _hours(times: F64) -> I64:
    hours: I64 = (times // HOUR_MS % 24).astype(np.int64)
    return hours


def _course(times: F64, rest: F64) -> F64:
    """The usual difference of each hour of the day from the day's middle; 24 values, UTC."""
    hours, middle = _hours(times), float(np.median(rest))
    course = np.zeros(24)
    for hour in range(24):
        own = rest[hours == hour]
        if len(own):
            course[hour] = float(np.median(own)) - middle
    return course - float(np.median(course))


def _last_shift(times: F64, points: F64) -> int:
    """Where the stretch begins that the trend is of: after the last jump that lasted (a disk
    that was cleaned or grew), if at least LEAST_MS follow it.
    """
    steps = np.abs(np.diff(points))
    spread = float(np.median(steps))
    size = float(points.max() - points.min())
    if size <= 0:
        return 0
    big = np.flatnonzero((steps > _SHIFT_SPREADS * spread) & (steps > _SHIFT_SHARE * size))
    for place in big[::-1].tolist():
        before, after = points[max(place - 23, 0) : place + 1], points[place + 1 :]
        if times[-1] - times[place + 1] < LEAST_MS or len(after) < LEAST_POINTS:
            continue
        lasted = abs(float(np.median(after[:24])) - float(np.median(before)))
        if lasted > _SHIFT_SHARE * size:
            return int(place) + 1
    return 0


def _back_test(times: F64, points: F64) -> tuple[F64, int]:
    """Errors (foreseen - real) of up to _TESTS forecasts made in the past, and their horizon.

    The horizon is a third of the history, at most a week; each fit sees only what was known.
    """
    length = float(times[-1] - times[0])
    horizon = min(_LONGEST_TEST_MS, length / 3)
    first, last = times[0] + max(LEAST_MS / 2, length / 3), times[-1] - horizon
    errors = []
    for origin in np.linspace(first, last, _TESTS):
        seen = times <= origin
        if int(seen.sum()) < LEAST_POINTS:
            continue
        fitted = _fit(times[seen], points[seen])
        place = int(np.argmin(np.abs(times - (origin + horizon))))
        foreseen = float(fitted.expected(times[place : place + 1])[0])
        errors.append(foreseen - float(points[place]))
    return np.array(errors), int(horizon)


def _verdict(errors: F64, horizon_ms: int, slope: float) -> BackTest | None:
    if not len(errors):
        return None
    error = float(np.median(np.abs(errors)))
    as_time = error / abs(slope) if slope else float("inf")
    return BackTest(
        runs=len(errors),
        horizon_ms=horizon_ms,
        error=error,
        error_ms=int(as_time) if as_time <= FARTHEST_MS else None,
    )


def _interval(fitted: _Fit, gap: float, errors: F64, horizon_ms: int) -> tuple[float, float | None]:
    """Ms until the limit at the steepest and the flattest slope that the tests make plausible."""
    if not len(errors):
        wait = gap / fitted.slope
        return wait, wait
    off = -errors / horizon_ms
    slopes = fitted.slope + np.quantile(off, _SPREAD)
    waits = [gap / slope if slope * gap > 0 else None for slope in slopes.tolist()]
    known = [max(wait, 0.0) for wait in waits if wait is not None]
    if not known:
        return gap / fitted.slope, None
    latest = None if None in waits or max(known) > FARTHEST_MS else max(known)
    return min(known), latest
