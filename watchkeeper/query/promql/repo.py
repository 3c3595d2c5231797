"""Series and samples out of the column store: the SQL of PromQL's selectors."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from watchkeeper.lib.clock import DAY_MS, SECOND_MS
from watchkeeper.model import METRIC_NAME, Labels, Scope, labels_of
from watchkeeper.query.promql.ast import Matcher, MatchOp
from watchkeeper.query.promql.errors import TooManySamples
from watchkeeper.query.promql.histograms import HistogramReader, SampleRows
from watchkeeper.query.promql.native import native_columns
from watchkeeper.query.promql.planner import GridRequest
from watchkeeper.query.promql.source import Cardinality, MatcherSets, MetricMetadata
from watchkeeper.query.promql.types import (
    STALE_BITS,
    Grid,
    SeriesBlock,
    empty_block,
    grid_of,
    is_stale,
)
from watchkeeper.store.columns import Columns

_LAST_MS = 10_000_000_000_000
_LAST_DAY = 65_535
_FEW_IDS = 500

_SAMPLES = """
SELECT series_id, ts, value FROM samples
WHERE project_id IN {{projects:Array(UInt32)}}
  AND ts >= fromUnixTimestamp64Milli({{start_ms:Int64}}, 'UTC')
  AND ts <= fromUnixTimestamp64Milli({{end_ms:Int64}}, 'UTC')
  AND series_id GLOBAL IN (SELECT series_id FROM series WHERE {where})
ORDER BY project_id, series_id, ts
LIMIT {{most:UInt64}}
"""
_GRID = """
SELECT series_id, count(), countIf(NOT isFinite(value)), arrayMap(
  value -> ifNull(value, reinterpretAsFloat64(toUInt64({{absent:UInt64}}))),
  {function}(
    fromUnixTimestamp64Milli({{first_ms:Int64}}), fromUnixTimestamp64Milli({{last_ms:Int64}}),
    {{step_s:UInt32}}, {{range_s:UInt32}}
  )(ts, value))
FROM samples
WHERE project_id IN {{projects:Array(UInt32)}}
  AND ts > fromUnixTimestamp64Milli({{start_ms:Int64}}, 'UTC')
  AND ts <= fromUnixTimestamp64Milli({{end_ms:Int64}}, 'UTC')
  AND reinterpretAsUInt64(value) != {{absent:UInt64}}
  AND series_id GLOBAL IN (SELECT series_id FROM series WHERE {where})
GROUP BY project_id, series_id
"""
_GRID_FUNCTIONS = {
    "avg_over_time": "timeSeriesAvgToGrid",
    "count_over_time": "timeSeriesCountToGrid",
    "delta": "timeSeriesDeltaToGrid",
    "increase": "timeSeriesIncreaseToGrid",
    "max_over_time": "timeSeriesMaxToGrid",
    "min_over_time": "timeSeriesMinToGrid",
    "rate": "timeSeriesRateToGrid",
    "sum_over_time": "timeSeriesSumToGrid",
}
_FINITE_ONLY = frozenset({"increase", "rate"})
"""The store counts resets around NaN and infinities in its own way."""
_GRID_SETTINGS = {"enable_time_series_aggregate_functions": 1}
_LABELS = "SELECT series_id, labels FROM series WHERE {where} LIMIT 1 BY series_id"
_NAMES = (
    "SELECT DISTINCT arrayJoin(mapKeys(labels)) AS name FROM series WHERE {where} ORDER BY name"
)
_VALUES = """
SELECT DISTINCT {value} AS value FROM series WHERE {where} AND value != '' ORDER BY value
"""
_METADATA = """
SELECT metric, argMax(type, seen), argMax(help, seen), argMax(unit, seen) FROM metric_metadata
WHERE project_id IN {projects:Array(UInt32)} AND ({metric:String} = '' OR metric = {metric:String})
GROUP BY metric ORDER BY metric
"""
_SERIES_TOTAL = "SELECT uniqExact(series_id) FROM series WHERE {where}"
_PAIRS_TOTAL = """
SELECT uniqExact(name, value) FROM series
ARRAY JOIN mapKeys(labels) AS name, mapValues(labels) AS value WHERE {where}
"""
_TOP_METRICS = """
SELECT metric, uniqExact(series_id) AS n FROM series WHERE {where}
GROUP BY metric ORDER BY n DESC, metric LIMIT {{top:UInt32}}
"""
_TOP_LABELS = """
SELECT name, uniqExact(value) AS n FROM series ARRAY JOIN mapKeys(labels) AS name,
  mapValues(labels) AS value WHERE {where} GROUP BY name ORDER BY n DESC, name LIMIT {{top:UInt32}}
"""
_TOP_PAIRS = """
SELECT concat(name, '=', value) AS pair, uniqExact(series_id) AS n FROM series
ARRAY JOIN mapKeys(labels) AS name, mapValues(labels) AS value WHERE {where}
GROUP BY pair ORDER BY n DESC, pair LIMIT {{top:UInt32}}
"""


class LabelCache:
    """Labels by series id (an id is a hash of them, so they never change). Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[int, Labels] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, ids: Iterable[int]) -> dict[int, Labels]:
        """Those that are known; they count as used."""
        found: dict[int, Labels] = {}
        with self._lock:
            for series in ids:
                labels = self._known.get(series)
                if labels is not None:
                    self._known.move_to_end(series)
                    found[series] = labels
        return found

    def put(self, labels: Mapping[int, Labels]) -> None:
        """Remember; the least used make room."""
        with self._lock:
            self._known.update(labels)
            while len(self._known) > self._most:
                self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on rows of `series`, with its parameters."""

    text: str
    params: dict[str, object]


class ColumnsSource:
    """`SeriesSource` on the column store.

    max_samples: most samples that one selector may read. cached_series: label sets kept in memory.
    """

    def __init__(
        self, columns: Columns, *, max_samples: int = 20_000_000, cached_series: int = 200_000
    ) -> None:
        self._columns = columns
        self._max_samples = max_samples
        self._labels = LabelCache(cached_series)
        self._histograms = HistogramReader(columns)

    def select(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> SeriesBlock:
        where = condition(scope, [matchers], start_ms)
        params = where.params | {
            "start_ms": _clamped(start_ms),
            "end_ms": _clamped(end_ms),
            "most": self._max_samples + 1,
        }
        answer = self._columns.fetch(_SAMPLES.format(where=where.text), params, fmt="Native")
        ids, ts, values = native_columns(answer, ("<u8", "<i8", "<f8"))
        if len(ids) > self._max_samples:
            raise TooManySamples
        floats = SampleRows(ids, ts.astype(np.int64, copy=False), values.astype(np.float64))
        rows = self._histograms.join(
            scope.project_ids, where.text, params, floats, self._max_samples
        )
        return self._block(where, rows)

    def has_histograms(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> bool:
        """True if `select` would answer native histograms, which no grid or lattice holds."""
        where = condition(scope, [matchers], start_ms)
        params = where.params | {"start_ms": _clamped(start_ms), "end_ms": _clamped(end_ms)}
        return self._histograms.any_of(scope.project_ids, where.text, params)

    def grid(self, scope: Scope, request: GridRequest) -> tuple[Grid, int] | None:
        first_ms = request.first_ms - request.range_ms + 1
        if self.has_histograms(scope, request.matchers, start_ms=first_ms, end_ms=request.last_ms):
            return None
        where = condition(scope, [request.matchers], request.first_ms - request.range_ms)
        params = where.params | {
            "absent": int(STALE_BITS),
            "first_ms": request.first_ms,
            "last_ms": request.first_ms + (request.steps - 1) * request.step_ms,
            "step_s": request.step_ms // SECOND_MS,
            "range_s": request.range_ms // SECOND_MS,
            "start_ms": _clamped(request.first_ms - request.range_ms),
            "end_ms": _clamped(request.last_ms),
        }
        sql = _GRID.format(function=_GRID_FUNCTIONS[request.function], where=where.text)
        answer = self._columns.fetch(sql, params, fmt="RowBinary", settings=_GRID_SETTINGS)
        rows = np.frombuffer(answer, _grid_row(request.steps))
        if request.function in _FINITE_ONLY and rows["odd"].any():
            return None
        values = np.ascontiguousarray(rows["values"])
        labels = self._labels_of(where, rows["id"].tolist())
        return grid_of(labels, values, ~is_stale(values)), int(rows["samples"].sum())

    def _block(self, where: Where, rows: SampleRows) -> SeriesBlock:
        """Rows sorted by series and time, as a block; of equal times one is kept."""
        ids, ts, values, histograms = rows.ids, rows.ts, rows.values, rows.histograms
        if not len(ids):
            return empty_block()
        starts_series = np.concatenate(([True], ids[1:] != ids[:-1]))
        repeated = ~starts_series & np.concatenate(([False], ts[1:] == ts[:-1]))
        if repeated.any():
            keep = ~repeated
            ids, ts, values, starts_series = ids[keep], ts[keep], values[keep], starts_series[keep]
            histograms = None if histograms is None else histograms[keep]
        starts = np.flatnonzero(starts_series)
        labels = self._labels_of(where, ids[starts].tolist())
        return SeriesBlock(labels, np.append(starts, len(ids)), ts, values, histograms=histograms)

    def _labels_of(self, where: Where, ids: list[int]) -> list[Labels]:
        known = self._labels.get(ids)
        missing = [series for series in ids if series not in known]
        if missing:
            read = self._read_labels(where, missing)
            self._labels.put(read)
            known |= read
        return [known.get(series, ()) for series in ids]

    def _read_labels(self, where: Where, missing: list[int]) -> dict[int, Labels]:
        text, params = where.text, dict(where.params)
        if len(missing) <= _FEW_IDS:
            text += " AND series_id IN {ids:Array(UInt64)}"
            params["ids"] = missing
        rows = self._columns.rows(_LABELS.format(where=text), params)
        return {int(series): labels_of(labels) for series, labels in rows}

    def series(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[Labels]:
        del end_ms
        where = condition(scope, matcher_sets, start_ms)
        rows = self._columns.rows(_LABELS.format(where=where.text), where.params)
        return sorted(labels_of(labels) for _, labels in rows)

    def label_names(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        del end_ms
        where = condition(scope, matcher_sets, start_ms)
        rows = self._columns.rows(_NAMES.format(where=where.text), where.params)
        return [name for (name,) in rows]

    def label_values(
        self, scope: Scope, name: str, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        del end_ms
        where = condition(scope, matcher_sets, start_ms)
        value = "metric" if name == METRIC_NAME else "labels[{label:String}]"
        sql = _VALUES.format(where=where.text, value=value)
        rows = self._columns.rows(sql, where.params | {"label": _utf8(name)})
        return [text for (text,) in rows]

    def metadata(self, scope: Scope, metric: str | None) -> Mapping[str, list[MetricMetadata]]:
        params = {"projects": list(scope.project_ids), "metric": _utf8(metric or "")}
        return {
            name: [MetricMetadata(kind, help_text, unit)]
            for name, kind, help_text, unit in self._columns.rows(_METADATA, params)
        }

    def cardinality(self, scope: Scope, *, start_ms: int, end_ms: int, top: int) -> Cardinality:
        del end_ms
        where = condition(scope, [], start_ms)
        params = where.params | {"top": min(top, 10_000)}

        def total(sql: str) -> int:
            return int(self._columns.rows(sql.format(where=where.text), where.params)[0][0])

        def ranked(sql: str) -> list[tuple[str, int]]:
            rows = self._columns.rows(sql.format(where=where.text), params)
            return [(str(name), int(count)) for name, count in rows]

        return Cardinality(
            series=total(_SERIES_TOTAL),
            label_pairs=total(_PAIRS_TOTAL),
            by_metric=ranked(_TOP_METRICS),
            values_by_label=ranked(_TOP_LABELS),
            by_pair=ranked(_TOP_PAIRS),
        )


def _grid_row(steps: int) -> np.dtype[np.void]:
    """A row of _GRID: id, samples, NaN and infinities among them, and the array.

    An array has its length before it, as a variable-length integer.
    """
    prefix = 1 if steps < 1 << 7 else 2 if steps < 1 << 14 else 3
    counts = [("id", "<u8"), ("samples", "<u8"), ("odd", "<u8"), ("length", f"V{prefix}")]
    return np.dtype([*counts, ("values", "<f8", steps)])


def _clamped(ms: int) -> int:
    return min(max(ms, 0), _LAST_MS)


def _utf8(text: str) -> str:
    """Stored text is UTF-8; what is none becomes text that nothing equals."""
    return text.encode("utf-8", "replace").decode()


def condition(scope: Scope, matcher_sets: MatcherSets, start_ms: int) -> Where:
    """Series of the scope that satisfy any of the sets and were announced since `start_ms`.

    A series is announced on each day that brings samples of it, by arrival: a late sample's day
    may lie after its time, so the end of a range bounds nothing.
    """
    day = min(max(start_ms // DAY_MS - 1, 0), _LAST_DAY)
    params: dict[str, object] = {"projects": list(scope.project_ids), "day": day}
    text = "project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})"
    sets = [_all_of(matchers, index, params) for index, matchers in enumerate(matcher_sets)]
    if sets:
        text += f" AND ({' OR '.join(sets)})"
    return Where(text, params)


def _all_of(matchers: Sequence[Matcher], index: int, params: dict[str, object]) -> str:
    parts = [_one(m, f"{index}_{place}", params) for place, m in enumerate(matchers)]
    return "(" + (" AND ".join(parts) or "1") + ")"


def _one(matcher: Matcher, suffix: str, params: dict[str, object]) -> str:
    """One matcher as SQL. An absent label reads as "" in a Map, as PromQL has it."""
    column = "metric"
    if matcher.name != METRIC_NAME:
        params[f"name{suffix}"] = _utf8(matcher.name)
        column = f"labels[{{name{suffix}:String}}]"
    value = f"{{value{suffix}:String}}"
    if matcher.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
        params[f"value{suffix}"] = _utf8(matcher.value)
        return f"{column} {matcher.op.value} {value}"
    params[f"value{suffix}"] = f"^(?s:{_utf8(matcher.value)})$"
    found = f"match({column}, {value})"
    return found if matcher.op is MatchOp.REGEX else f"NOT {found}"
