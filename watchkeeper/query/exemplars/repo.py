"""Exemplars out of the column store."""

from __future__ import annotations

from watchkeeper.model import Labels, Scope, labels_of
from watchkeeper.query.exemplars.types import Exemplar, SeriesExemplars
from watchkeeper.query.promql import MatcherSets, TooManySamples, series_condition
from watchkeeper.store.columns import Columns

_LATEST_MS = 10_000_000_000_000
"""Beyond what the store can hold as a time; later ends mean this one."""

_EXEMPLARS = """
SELECT series_id, toUnixTimestamp64Milli(ts) AS at_ms, value, labels FROM exemplars FINAL
WHERE project_id IN {{projects:Array(UInt32)}}
  AND ts >= fromUnixTimestamp64Milli({{start_ms:Int64}}, 'UTC')
  AND ts <= fromUnixTimestamp64Milli({{end_ms:Int64}}, 'UTC')
  AND series_id GLOBAL IN (SELECT series_id FROM series WHERE {where})
ORDER BY series_id, ts, value
LIMIT {{most:UInt64}}
"""
_LABELS = """
SELECT series_id, labels FROM series
WHERE {where} AND series_id IN {{ids:Array(UInt64)}} LIMIT 1 BY series_id
"""


class ColumnsExemplars:
    """`ExemplarSource` on the column store. max_exemplars: most that one answer may hold."""

    def __init__(self, columns: Columns, *, max_exemplars: int = 50_000) -> None:
        self._columns = columns
        self._max = max_exemplars

    def exemplars(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[SeriesExemplars]:
        start_ms, end_ms = max(start_ms, 0), min(end_ms, _LATEST_MS)
        if not matcher_sets or start_ms > end_ms:
            return []
        where = series_condition(scope, matcher_sets, start_ms)
        params = where.params | {"start_ms": start_ms, "end_ms": end_ms, "most": self._max + 1}
        rows = self._columns.rows(_EXEMPLARS.format(where=where.text), params)
        if len(rows) > self._max:
            raise TooManySamples
        found: dict[int, list[Exemplar]] = {}
        for series, at_ms, value, labels in rows:
            exemplar = Exemplar(ts_ms=int(at_ms), value=float(value), labels=dict(labels))
            found.setdefault(int(series), []).append(exemplar)
        ids = {"ids": sorted(found)}
        named: list[tuple[Labels, int]] = sorted(
            (labels_of(labels), int(series))
            for series, labels in self._columns.rows(
                _LABELS.format(where=where.text), where.params | ids
            )
        )
        return [SeriesExemplars(series=labels, exemplars=found[each]) for labels, each in named]
