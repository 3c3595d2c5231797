"""Hourly and daily roll-ups of samples, recomputed for each closed bucket.

A materialized view would add a late or repeated sample for ever. Here a bucket's row is computed
anew from the samples and replaces the row before it by its higher `version`, so that doing it
twice changes nothing. A bucket holds the samples after its begin up to and including its end,
as PromQL's windows do. Read through `rollup_source`, which sees the newest version alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.store.columns.port import Columns
from watchkeeper.store.columns.statements import UNHURRIED

LOOKBACK_MS = HOUR_MS
"""A counter's step over a longer gap than this counts nothing: nobody saw it."""


class Resolution(Enum):
    """Width of a bucket: its table and its ms."""

    HOUR = ("samples_1h", HOUR_MS)
    DAY = ("samples_1d", DAY_MS)

    @property
    def table(self) -> str:
        return self.value[0]

    @property
    def bucket_ms(self) -> int:
        return self.value[1]


_VERSION = """
(SELECT max(version) + 1 FROM {table}
 WHERE bucket >= fromUnixTimestamp64Milli({{start:Int64}}, 'UTC')
   AND bucket < fromUnixTimestamp64Milli({{end:Int64}}, 'UTC'))
"""

_COLUMNS = "(project_id, series_id, bucket, samples, sum, min, max, first, last, increase, version)"

_HOURS = f"""
INSERT INTO samples_1h {_COLUMNS}
SELECT project_id, series_id, hour, count(), sum(value), min(value), max(value),
       argMin(value, ts), argMax(value, ts), sum(step), {_VERSION.format(table="samples_1h")}
FROM (
  SELECT project_id, series_id, ts, value, toStartOfHour(ts - toIntervalMillisecond(1)) AS hour,
    toUnixTimestamp64Milli(ts) - toUnixTimestamp64Milli(lagInFrame(ts) OVER earlier) AS gap_ms,
    lagInFrame(value) OVER earlier AS before,
    multiIf(gap_ms > {{lookback:Int64}}, 0, value >= before, value - before, value) AS step
  FROM (
    SELECT project_id, series_id, ts, value FROM samples
    WHERE ts >= fromUnixTimestamp64Milli({{start:Int64}} - {{lookback:Int64}}, 'UTC')
      AND ts <= fromUnixTimestamp64Milli({{end:Int64}}, 'UTC') AND NOT isNaN(value)
    ORDER BY project_id, series_id, ts, value
    LIMIT 1 BY project_id, series_id, ts
  )
  WINDOW earlier AS (PARTITION BY project_id, series_id ORDER BY ts
                     ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE ts > fromUnixTimestamp64Milli({{start:Int64}}, 'UTC')
GROUP BY project_id, series_id, hour
"""

_DAYS = f"""
INSERT INTO samples_1d {_COLUMNS}
SELECT project_id, series_id, toStartOfDay(bucket) AS day, sum(samples), sum(sum), min(min),
       max(max), argMin(first, bucket), argMax(last, bucket), sum(increase),
       {_VERSION.format(table="samples_1d")}
FROM samples_1h FINAL
WHERE bucket >= fromUnixTimestamp64Milli({{start:Int64}}, 'UTC')
  AND bucket < fromUnixTimestamp64Milli({{end:Int64}}, 'UTC')
GROUP BY project_id, series_id, day
"""


def rollup_range(columns: Columns, start_ms: int, end_ms: int, resolution: Resolution) -> None:
    """Recompute every bucket that lies wholly in (start_ms, end_ms].

    Hours come from samples: each (series, timestamp) once, NaN left out; `increase` is the sum of
    a counter's steps up to each sample, a fall being a restart from 0. Days come from the hours:
    recompute those first. Buckets without samples are left as they are.
    """
    sql = _HOURS if resolution is Resolution.HOUR else _DAYS
    for start, end in _chunks(start_ms, end_ms, resolution.bucket_ms):
        params = {"start": start, "end": end}
        if resolution is Resolution.HOUR:
            params["lookback"] = LOOKBACK_MS
        columns.execute(sql, params, settings=UNHURRIED)


def rollup_source(resolution: Resolution) -> str:
    """What to write after FROM to read each bucket once."""
    return f"{resolution.table} FINAL"


def _chunks(start_ms: int, end_ms: int, bucket_ms: int) -> Iterator[tuple[int, int]]:
    """Whole buckets of the range, a day at most in each chunk: bounds memory and partitions."""
    start = -(-start_ms // bucket_ms) * bucket_ms
    stop = end_ms // bucket_ms * bucket_ms
    while start < stop:
        end = min(stop, start // DAY_MS * DAY_MS + DAY_MS)
        yield start, end
        start = end
