"""The SQL of the catalogue. A series is announced on each day that brings samples of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

LISTED_DAYS = 30
"""A metric that brought nothing for so long is no longer listed."""
_PROBED = 20
"""Series of a metric that are asked for their last sample."""

_RECENT = """
SELECT metric, uniqExact(series_id) FROM series
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})
GROUP BY metric
"""
_OLDER = """
SELECT metric, toUInt32(max(day)) FROM series
WHERE project_id IN {projects:Array(UInt32)}
  AND day >= toDate({first:UInt32}) AND day < toDate({day:UInt32})
GROUP BY metric
"""
_METADATA = """
SELECT metric, argMax(type, seen), argMax(help, seen), argMax(unit, seen) FROM metric_metadata
WHERE project_id IN {projects:Array(UInt32)} GROUP BY metric
"""
_JOBS = """
SELECT metric, arraySort(groupUniqArray(8)(labels['job'])) FROM series
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})
  AND metric IN {metrics:Array(String)}
GROUP BY metric
"""
_PROBES = """
SELECT metric, series_id FROM series
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})
  AND metric IN {metrics:Array(String)}
ORDER BY day DESC LIMIT {probed:UInt32} BY metric
"""
_LAST = """
SELECT series_id, toUnixTimestamp64Milli(max(ts)), count() FROM (
  SELECT series_id, ts FROM samples
  WHERE project_id IN {projects:Array(UInt32)} AND series_id IN {ids:Array(UInt64)}
    AND ts > fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  UNION ALL
  SELECT series_id, ts FROM histograms
  WHERE project_id IN {projects:Array(UInt32)} AND series_id IN {ids:Array(UInt64)}
    AND ts > fromUnixTimestamp64Milli({since:Int64}, 'UTC')
) GROUP BY series_id
"""
_LABELS = """
SELECT name, uniqExact(value), uniqExact(series_id) FROM series
ARRAY JOIN mapKeys(labels) AS name, mapValues(labels) AS value
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})
  AND metric = {metric:String} AND name != '__name__'
GROUP BY name ORDER BY 2 DESC, name
"""
_VALUES = """
SELECT name, value, uniqExact(series_id) AS n FROM series
ARRAY JOIN mapKeys(labels) AS name, mapValues(labels) AS value
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})
  AND metric = {metric:String} AND name != '__name__'
GROUP BY name, value ORDER BY n DESC, value LIMIT {most:UInt32} BY name
"""
_WIDEST_LABEL = """
SELECT metric, name, uniqExact(value) AS n FROM series
ARRAY JOIN mapKeys(labels) AS name, mapValues(labels) AS value
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})
  AND metric IN {metrics:Array(String)} AND name != '__name__'
GROUP BY metric, name ORDER BY n DESC, name LIMIT 1 BY metric
"""
_SENDERS = """
SELECT metric, if(labels['job'] = '', labels['service_name'], labels['job']) AS sender,
  uniqExact(series_id) AS n
FROM series
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32})
  AND metric IN {metrics:Array(String)}
GROUP BY metric, sender ORDER BY n DESC, sender LIMIT 5 BY metric
"""
_LABEL_VALUES = """
SELECT name, uniqExact(value) AS n FROM series
ARRAY JOIN mapKeys(labels) AS name, mapValues(labels) AS value
WHERE project_id IN {projects:Array(UInt32)} AND day >= toDate({day:UInt32}) AND name != '__name__'
GROUP BY name ORDER BY n DESC, name LIMIT {most:UInt32}
"""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an exporter said of a metric."""

    type: str
    help: str
    unit: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of some of a metric's series: last_ms Unix ms of the newest sample; samples: how many."""

    last_ms: int
    samples: int
    series: int


class MetricRepo:
    """Reads of one scope at one moment. day: the first that counts as active, days since 1970."""

    def __init__(self, columns: Columns, scope: Scope, now_ms: int) -> None:
        self._columns = columns
        self._now_ms = now_ms
        self._base: dict[str, object] = {
            "projects": list(scope.project_ids),
            "day": max(now_ms // DAY_MS - 1, 0),
        }

    def _rows(self, sql: str, **params: object) -> list[list[object]]:
        return self._columns.rows(sql, self._base | params)

    def recent(self) -> dict[str, int]:
        """Series of each metric since yesterday."""
        return {str(name): _int(n) for name, n in self._rows(_RECENT)}

    def older(self) -> dict[str, int]:
        """The last day of each metric in the days before, as Unix ms of its beginning."""
        first = max(self._now_ms // DAY_MS - LISTED_DAYS, 0)
        rows = self._rows(_OLDER, first=first)
        return {str(name): _int(seconds_or_days) * DAY_MS for name, seconds_or_days in rows}

    def metadata(self) -> dict[str, Metadata]:
        """By metric or family."""
        return {
            str(name): Metadata(str(kind), str(text), str(unit))
            for name, kind, text, unit in self._rows(_METADATA)
        }

    def jobs(self, metrics: Sequence[str]) -> dict[str, list[str]]:
        """The jobs of each metric, at most 8, sorted; series without one bring none."""
        rows = self._rows(_JOBS, metrics=list(metrics))
        return {str(name): [str(job) for job in _list(jobs) if job] for name, jobs in rows}

    def freshness(self, metrics: Sequence[str], window_ms: int) -> dict[str, Freshness]:
        """Samples of the window, from at most _PROBED series of each metric."""
        probes = self._rows(_PROBES, metrics=list(metrics), probed=_PROBED)
        if not probes:
            return {}
        since = self._now_ms - window_ms
        ids = sorted({_int(series) for _, series in probes})
        last = {
            _int(series): (_int(at_ms), _int(count))
            for series, at_ms, count in self._rows(_LAST, ids=ids, since=since)
        }
        found: dict[str, Freshness] = {}
        for metric in metrics:
            own = {_int(series) for name, series in probes if name == metric}
            hits = [last[series] for series in own if series in last]
            if hits:
                newest, count = max(at for at, _ in hits), sum(n for _, n in hits)
                found[metric] = Freshness(newest, count, len(own))
        return found

    def labels(self, metric: str) -> list[tuple[str, int, int]]:
        """(name, values, series that have it), the label with most values first."""
        rows = self._rows(_LABELS, metric=metric)
        return [(str(name), _int(values), _int(series)) for name, values, series in rows]

    def top_values(self, metric: str, most: int) -> dict[str, list[tuple[str, int]]]:
        """The values of each label that stand on most series."""
        found: dict[str, list[tuple[str, int]]] = {}
        for name, value, series in self._rows(_VALUES, metric=metric, most=most):
            found.setdefault(str(name), []).append((str(value), _int(series)))
        return found

    def widest_labels(self, metrics: Sequence[str]) -> dict[str, tuple[str, int]]:
        """The label of each metric that has most values."""
        rows = self._rows(_WIDEST_LABEL, metrics=list(metrics))
        return {str(metric): (str(name), _int(values)) for metric, name, values in rows}

    def senders(self, metrics: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
        """Who sends each metric, by its series: the job, or the service; "" without either."""
        found: dict[str, list[tuple[str, int]]] = {}
        for metric, sender, series in self._rows(_SENDERS, metrics=list(metrics)):
            found.setdefault(str(metric), []).append((str(sender), _int(series)))
        return found

    def label_values(self, most: int) -> list[tuple[str, int]]:
        """The labels of the project that have most values."""
        return [(str(name), _int(n)) for name, n in self._rows(_LABEL_VALUES, most=most)]


def _int(value: object) -> int:
    return int(str(value))


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
