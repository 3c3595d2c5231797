"""Roll-ups equal what the samples say, however often they are computed."""

from __future__ import annotations

import math
import random
from collections import defaultdict

import pytest

from tests.contract.columns.rows import START_MS, insert_samples
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.store.columns import Columns, Resolution, rollup_range, rollup_source

Point = tuple[int, int, float]
Row = list[float]

HOUR = Resolution.HOUR
DAY = Resolution.DAY


def read(columns: Columns, project: int, resolution: Resolution) -> dict[tuple[int, int], Row]:
    """(series, ms after START_MS) → samples, sum, min, max, first, last, increase."""
    sql = (
        "SELECT series_id, toUnixTimestamp64Milli(bucket), samples, sum, min, max, first, last, "
        f"increase FROM {rollup_source(resolution)} WHERE project_id = {{p:UInt32}}"
    )
    rows = columns.rows(sql, {"p": project})
    found = {(row[0], row[1] - START_MS): row[2:] for row in rows}
    assert len(found) == len(rows)
    return found


def by_hand(points: list[Point], bucket_ms: int) -> dict[tuple[int, int], Row]:
    """The same by plain Python; the first value of a timestamp that came twice is the lesser."""
    series: dict[int, dict[int, float]] = defaultdict(dict)
    for name, at, value in sorted(points):
        if not math.isnan(value):
            series[name].setdefault(at, value)
    out: dict[tuple[int, int], Row] = {}
    for name, samples in series.items():
        buckets: dict[int, list[tuple[float, float]]] = defaultdict(list)
        before: tuple[int, float] | None = None
        for at, value in sorted(samples.items()):
            step = 0.0
            if before and at - before[0] <= HOUR_MS:
                step = value - before[1] if value >= before[1] else value
            buckets[(at - 1) // bucket_ms * bucket_ms].append((value, step))
            before = (at, value)
        for bucket, got in buckets.items():
            values = [value for value, _ in got]
            out[name, bucket] = [
                len(values),
                sum(values),
                min(values),
                max(values),
                values[0],
                values[-1],
                sum(step for _, step in got),
            ]
    return out


def counters(seed: int, *, hours: int) -> list[Point]:
    """Three counters that restart now and then, with gaps, repeats and stale markers."""
    chance = random.Random(seed)
    points: list[Point] = []
    for series in (1, 2, 2**64 - 1):
        value = 0.0
        for at in range(5 * MINUTE_MS, hours * HOUR_MS, 5 * MINUTE_MS):
            value = 0.0 if chance.random() < 0.05 else value + chance.randrange(10)
            if chance.random() < 0.1:
                continue
            points.append((series, at, value))
            if chance.random() < 0.1:
                points.append((series, at, value + 1))
            if chance.random() < 0.05:
                points.append((series, at + 1, math.nan))
    return [point for point in points if not 7 * HOUR_MS < point[1] < 10 * HOUR_MS]


@pytest.mark.parametrize("seed", range(3))
def test_hours_and_days_equal_the_samples(columns: Columns, project: int, seed: int) -> None:
    points = counters(seed, hours=50)
    insert_samples(columns, project, points)
    rollup_range(columns, START_MS, START_MS + 3 * DAY_MS, HOUR)
    rollup_range(columns, START_MS, START_MS + 3 * DAY_MS, DAY)
    assert read(columns, project, HOUR) == by_hand(points, HOUR_MS)
    assert read(columns, project, DAY) == by_hand(points, DAY_MS)


def test_computing_again_in_other_pieces_changes_nothing(columns: Columns, project: int) -> None:
    points = counters(7, hours=30)
    insert_samples(columns, project, points)
    rollup_range(columns, START_MS, START_MS + 2 * DAY_MS, HOUR)
    rollup_range(columns, START_MS, START_MS + 2 * DAY_MS, DAY)
    hours, days = read(columns, project, HOUR), read(columns, project, DAY)
    for hour in range(0, 48, 3):
        rollup_range(columns, START_MS + hour * HOUR_MS, START_MS + (hour + 3) * HOUR_MS, HOUR)
    rollup_range(columns, START_MS, START_MS + 2 * DAY_MS, DAY)
    assert hours == read(columns, project, HOUR) == by_hand(points, HOUR_MS)
    assert days == read(columns, project, DAY)


def test_a_late_sample_replaces_the_bucket(columns: Columns, project: int) -> None:
    insert_samples(columns, project, [(1, 1, 1.0), (1, 2 * MINUTE_MS, 5.0)])
    rollup_range(columns, START_MS, START_MS + HOUR_MS, HOUR)
    insert_samples(columns, project, [(1, MINUTE_MS, 3.0)])
    rollup_range(columns, START_MS, START_MS + HOUR_MS, HOUR)
    assert read(columns, project, HOUR) == {(1, 0): [3, 9, 1, 5, 1, 5, 4]}


def test_a_counter_that_restarts_between_buckets_counts_from_zero(
    columns: Columns, project: int
) -> None:
    insert_samples(columns, project, [(1, 59 * MINUTE_MS, 100.0), (1, 61 * MINUTE_MS, 4.0)])
    rollup_range(columns, START_MS, START_MS + 2 * HOUR_MS, HOUR)
    increases = {at: row[-1] for at, row in read(columns, project, HOUR).items()}
    assert increases == {(1, 0): 0, (1, HOUR_MS): 4}


def test_an_open_bucket_is_left_for_later(columns: Columns, project: int) -> None:
    insert_samples(columns, project, [(1, HOUR_MS, 1.0), (1, HOUR_MS + 1, 2.0)])
    rollup_range(columns, START_MS - 5, START_MS + 2 * HOUR_MS - 1, HOUR)
    assert list(read(columns, project, HOUR)) == [(1, 0)]
