"""What the column store has of one metric: its series, and their samples in slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import METRIC_NAME, Labels, Scope, labels_of
from watchkeeper.query.hot.block import Ids
from watchkeeper.query.promql import F64, I64, Matcher, MatchOp, native_columns, series_condition
from watchkeeper.store.columns import Columns

_LAST_MS = 10_000_000_000_000
_LAST_DAY = 65_535

_SERIES = """
SELECT series_id, labels FROM series
WHERE project_id = {project:UInt32} AND metric = {metric:String} AND day >= toDate({day:UInt32})
LIMIT 1 BY series_id
"""
_SERIES_COUNT = "SELECT uniqExact(series_id) FROM series WHERE {where}"
_SAMPLES = """
SELECT series_id, ts, value FROM samples
WHERE project_id = {project:UInt32} AND series_id IN {ids:Array(UInt64)}
  AND ts >= fromUnixTimestamp64Milli({start_ms:Int64}, 'UTC')
ORDER BY series_id, ts
LIMIT {most:UInt64}
"""
_COUNT = """
SELECT count() FROM samples
WHERE project_id = {project:UInt32} AND series_id IN {ids:Array(UInt64)}
  AND ts >= fromUnixTimestamp64Milli({start_ms:Int64}, 'UTC')
"""
_HISTOGRAMS = """
SELECT 1 FROM histograms
WHERE project_id = {project:UInt32} AND series_id IN {ids:Array(UInt64)}
  AND ts >= fromUnixTimestamp64Milli({start_ms:Int64}, 'UTC')
LIMIT 1
"""


def series_of(
    columns: Columns, project_id: int, metric: str, start_ms: int
) -> tuple[Ids, list[Labels]]:
    """Ids and labels of the series that may have samples since a time, sorted by labels.

    A series is announced on each day that brings samples of it, by arrival.
    """
    day = min(max(start_ms // DAY_MS - 1, 0), _LAST_DAY)
    params = {"project": project_id, "metric": metric, "day": day}
    rows = [(labels_of(labels), int(series)) for series, labels in columns.rows(_SERIES, params)]
    rows.sort()
    return np.array([series for _, series in rows], np.uint64), [labels for labels, _ in rows]


def share_of(columns: Columns, scope: Scope, matchers: tuple[Matcher, ...], start_ms: int) -> float:
    """How much of the metric's series the matchers select, 0..1. They demand one metric."""
    of_name = [m for m in matchers if m.name == METRIC_NAME and m.op is MatchOp.EQUAL]
    if len(of_name) == len(matchers):
        return 1.0
    wanted, every = (
        int(columns.rows(_SERIES_COUNT.format(where=where.text), where.params)[0][0])
        for where in (series_condition(scope, [some], start_ms) for some in (matchers, of_name))
    )
    return wanted / max(every, 1)


def samples_of(
    columns: Columns, project_id: int, ids: Sequence[int], start_ms: int, *, most: int
) -> tuple[Ids, I64, F64]:
    """Ids, times and values of the samples since a time, by series and time; up to `most`."""
    params = {**_params(project_id, ids, start_ms), "most": most}
    answer = columns.fetch(_SAMPLES, params, fmt="Native")
    series, ts, values = native_columns(answer, ("<u8", "<i8", "<f8"))
    return (
        series.astype(np.uint64, copy=False),
        ts.astype(np.int64, copy=False),
        values.astype(np.float64, copy=False),
    )


def samples_since(columns: Columns, project_id: int, ids: Sequence[int], start_ms: int) -> int:
    """How many samples the series have since a time."""
    return int(columns.rows(_COUNT, _params(project_id, ids, start_ms))[0][0])


def _params(project_id: int, ids: Sequence[int], start_ms: int) -> dict[str, object]:
    start_ms = min(max(start_ms, 0), _LAST_MS)
    return {"project": project_id, "ids": list(ids), "start_ms": start_ms}


def has_histograms(columns: Columns, project_id: int, ids: Sequence[int], start_ms: int) -> bool:
    """True if any of the series has a native histogram since a time."""
    return bool(columns.rows(_HISTOGRAMS, _params(project_id, ids, start_ms)))


def in_slices(ids: Ids, size: int) -> Iterator[list[int]]:
    """The ids, so many at a time."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size].tolist()
