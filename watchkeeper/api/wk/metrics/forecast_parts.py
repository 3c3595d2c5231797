"""Forecasts as they are told: outlook, interval, the error so far; days and their growth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from watchkeeper.api.wk.shapes import Answer
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.query import Forecast, foresee

_DISKS = 'fstype!~"tmpfs|overlay|squashfs|iso9660|ramfs|devtmpfs"'
HOST_LIMITS: dict[Literal["disk", "memory", "cpu"], tuple[str, float]] = {
    "disk": (
        f"1 - node_filesystem_avail_bytes{{{_DISKS}}} / node_filesystem_size_bytes{{{_DISKS}}}",
        1.0,
    ),
    "memory": (
        "1 - sum by (instance) (node_memory_MemAvailable_bytes)"
        " / sum by (instance) (node_memory_MemTotal_bytes)",
        1.0,
    ),
    "cpu": ('1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[30m]))', 0.9),
}
"""What runs out on a machine, and where."""


class BackTestAnswer(Answer):
    """The method asked `runs` times in the past was off by `error` after horizon_ms (median).

    error_ms: the same as time, at the slope of now; null when nothing moves.
    """

    runs: int
    horizon_ms: int
    error: float
    error_ms: int | None


class ForecastAnswer(Answer):
    """outlook: reaches the limit within a year, beyond that, steady, over it, or short history.

    null: no limit was given. at_ms: when; 8 of 10 tests fell between earliest_ms and latest_ms
    (null: perhaps never). now: the value by the trend; per_day: its change. since_ms: start of
    what the trend is of. history_ms: how much is known; needs_ms: how much there must be.
    """

    outlook: Literal["reaches", "beyond", "steady", "over", "short"] | None
    limit: float | None
    now: float
    per_day: float
    at_ms: int | None
    earliest_ms: int | None
    latest_ms: int | None
    history_ms: int
    needs_ms: int
    since_ms: int
    is_seasonal: bool
    test: BackTestAnswer | None


class DayAnswer(Answer):
    """start_ms: midnight of the zone. change: of the mean against the day before, 0.1 = 10 %."""

    start_ms: int
    mean: float
    max: float
    change: float | None
    is_whole: bool


def known_zone(name: str) -> str:
    """The name of a time zone. Raises ValueError for one that there is not."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ValueError(f"{name!r} is no time zone; name one such as Europe/Berlin") from problem
    return name


def forecast_answer(
    times_ms: Sequence[int], values: Sequence[float | None], limit: float
) -> ForecastAnswer:
    """What is foreseen of a series on a limit; an infinite limit asks for the trend alone."""
    points = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    made = foresee(np.asarray(times_ms, dtype=np.int64), points, limit=limit)
    is_trend = math.isinf(limit)
    return ForecastAnswer(
        outlook="short" if made.outlook == "short" else None if is_trend else made.outlook.value,
        limit=None if is_trend else limit,
        now=made.now,
        per_day=made.per_day,
        at_ms=made.at_ms,
        earliest_ms=made.earliest_ms,
        latest_ms=made.latest_ms,
        history_ms=made.history_ms,
        needs_ms=DAY_MS,
        since_ms=made.since_ms,
        is_seasonal=made.is_seasonal,
        test=_test(made),
    )


def _test(made: Forecast) -> BackTestAnswer | None:
    if made.test is None:
        return None
    return BackTestAnswer(
        runs=made.test.runs,
        horizon_ms=made.test.horizon_ms,
        error=made.test.error,
        error_ms=made.test.error_ms,
    )


_RANK = {"over": 0, "reaches": 1, "beyond": 2, "steady": 3, None: 4, "short": 5}


def soonest(made: ForecastAnswer) -> tuple[int, int, float]:
    """Sort key: what runs out first; of the rest the fullest."""
    return _RANK[made.outlook], made.at_ms or 0, -made.now


def days_of(
    times_ms: Sequence[int], values: Sequence[float | None], zone: ZoneInfo
) -> list[DayAnswer]:
    """Mean and largest value of each day that has any; the last one may go on."""
    by_day: dict[int, list[float]] = {}
    for at_ms, value in zip(times_ms, values, strict=True):
        if value is not None:
            by_day.setdefault(_midnight_ms(at_ms, zone), []).append(value)
    made: list[DayAnswer] = []
    last_ms = times_ms[-1] if times_ms else 0
    for start_ms, own in sorted(by_day.items()):
        mean = sum(own) / len(own)
        before = made[-1].mean if made else None
        made.append(
            DayAnswer(
                start_ms=start_ms,
                mean=mean,
                max=max(own),
                change=(mean - before) / abs(before) if before else None,
                is_whole=last_ms >= start_ms + DAY_MS,
            )
        )
    return made


def growth_of(times_ms: Sequence[int], values: Sequence[float | None]) -> float | None:
    """Mean of the last 7 days against that of the 7 before; None without a whole fortnight."""
    if not times_ms:
        return None
    middle_ms, first_ms = times_ms[-1] - 7 * DAY_MS, times_ms[-1] - 14 * DAY_MS
    pairs = [(at, v) for at, v in zip(times_ms, values, strict=True) if v is not None]
    before = [v for at, v in pairs if first_ms <= at < middle_ms]
    after = [v for at, v in pairs if at >= middle_ms]
    if not after or len(before) < len(after) // 2 or not sum(before):
        return None
    base = sum(before) / len(before)
    return (sum(after) / len(after) - base) / abs(base)


def _midnight_ms(at_ms: int, zone: ZoneInfo) -> int:
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    return int(at.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
