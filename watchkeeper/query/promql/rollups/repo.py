"""Roll-ups out of the column store: the SQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from watchkeeper.lib.clock import Clock
from watchkeeper.model import Labels, Scope, labels_of
from watchkeeper.query.promql.ast import Matcher
from watchkeeper.query.promql.errors import TooManySamples
from watchkeeper.query.promql.histograms import HistogramReader
from watchkeeper.query.promql.native import native_columns
from watchkeeper.query.promql.repo import LabelCache, Where, condition
from watchkeeper.query.promql.rollups.buckets import Buckets
from watchkeeper.query.promql.rollups.port import RollupOptions, RollupSpan
from watchkeeper.query.promql.types import F64, I64
from watchkeeper.store.columns import Columns, Resolution

_READ = """
SELECT series_id, bucket{columns} FROM {table} FINAL
WHERE project_id IN {{projects:Array(UInt32)}}
  AND bucket >= fromUnixTimestamp64Milli({{first_ms:Int64}}, 'UTC')
  AND bucket < fromUnixTimestamp64Milli({{last_ms:Int64}}, 'UTC')
  AND series_id GLOBAL IN (SELECT series_id FROM series WHERE {where})
LIMIT {{most:UInt64}}
"""
_BY_PARTITION = {"do_not_merge_across_partitions_select_final": 1}
"""A bucket lies in one partition, whatever its version: each is merged by itself."""
_LABELS = """
SELECT series_id, labels FROM series WHERE {where} AND series_id IN {{ids:Array(UInt64)}}
LIMIT 1 BY series_id
"""
_OLDEST = """
SELECT replaceOne(table, '_local', '') AS name, min(partition_id) FROM system.parts
WHERE active AND database = currentDatabase() AND name IN ('samples', 'samples_1h', 'samples_1d')
GROUP BY name
"""
_FRESH_S = 30.0
_FAR_MS = 1 << 62


class ColumnsRollups:
    """`RollupSource` on the column store.

    rolled_up_ms: up to when the roll-ups are up to date; None while that is not known.
    max_rows: most buckets that one selector may read.
    """

    def __init__(
        self,
        columns: Columns,
        clock: Clock,
        *,
        rolled_up_ms: Callable[[], int | None],
        options: RollupOptions | None = None,
        max_rows: int = 20_000_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._columns, self._clock = columns, clock
        self._rolled_up_ms = rolled_up_ms
        self._options = options or RollupOptions()
        self._max_rows = max_rows
        self._monotonic = monotonic
        self._labels = LabelCache(200_000)
        self._histograms = HistogramReader(columns)
        self._span: tuple[float, RollupSpan] | None = None

    @property
    def options(self) -> RollupOptions:
        return self._options

    def done_ms(self) -> int:
        return self._rolled_up_ms() or 0

    def span(self) -> RollupSpan:
        now = self._monotonic()
        if self._span is None or now - self._span[0] > _FRESH_S:
            found = {str(name): str(part) for name, part in self._columns.rows(_OLDEST)}
            samples, hours, days = (
                _begin_ms(found.get(table, "")) for table in ("samples", "samples_1h", "samples_1d")
            )
            # The store can be without samples for a moment: what is older than now is gone then.
            span = RollupSpan(samples_ms=min(samples, self._clock()), hours_ms=hours, days_ms=days)
            self._span = (now, span)
        return self._span[1]

    def has_histograms(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> bool:
        where = condition(scope, [matchers], start_ms)
        params = where.params | {"start_ms": max(start_ms, 0), "end_ms": max(end_ms, 0)}
        return self._histograms.any_of(scope.project_ids, where.text, params)

    def read(
        self,
        scope: Scope,
        matchers: Sequence[Matcher],
        resolution: Resolution,
        *,
        first_ms: int,
        last_ms: int,
        columns: Sequence[str],
    ) -> Buckets:
        where = condition(scope, [matchers], first_ms)
        params = where.params | {
            "first_ms": first_ms,
            "last_ms": last_ms,
            "most": self._max_rows + 1,
        }
        named = "".join(f", toFloat64({name})" for name in columns)
        sql = _READ.format(columns=named, table=resolution.table, where=where.text)
        answer = self._columns.fetch(sql, params, fmt="Native", settings=_BY_PARTITION)
        kinds = ("<u8", "<i8", *("<f8" for _ in columns))
        ids, bucket_ms, *values = native_columns(answer, kinds)
        if len(ids) > self._max_rows:
            raise TooManySamples
        known, row = _numbered(ids)
        column = (bucket_ms.astype(np.int64) - first_ms) // resolution.bucket_ms
        shape = (len(known), (last_ms - first_ms) // resolution.bucket_ms)
        present = np.zeros(shape, np.bool_)
        present[row, column] = True
        return Buckets(
            labels=self._labels_of(where, known.tolist()),
            first_ms=first_ms,
            width_ms=resolution.bucket_ms,
            present=present,
            columns={
                name: _spread(shape, row, column, numbers.astype(np.float64))
                for name, numbers in zip(columns, values, strict=True)
            },
            rows=len(ids),
        )

    def _labels_of(self, where: Where, ids: list[int]) -> list[Labels]:
        known = self._labels.get(ids)
        missing = [series for series in ids if series not in known]
        if missing:
            params = where.params | {"ids": missing}
            rows = self._columns.rows(_LABELS.format(where=where.text), params)
            read = {int(series): labels_of(labels) for series, labels in rows}
            self._labels.put(read)
            known |= read
        return [known.get(series, ()) for series in ids]


def _numbered(ids: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.generic], I64]:
    """The distinct ids, and the place among them of each. Equal ones come in long runs."""
    begins = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))[: len(ids)]
    known, places = np.unique(ids[begins], return_inverse=True)
    return known, np.repeat(places, np.diff(np.append(begins, len(ids))))


def _spread(shape: tuple[int, int], row: I64, column: I64, numbers: F64) -> F64:
    out = np.zeros(shape)
    out[row, column] = numbers
    return out


def _begin_ms(partition: str) -> int:
    """Unix ms of the begin of a partition YYYYMMDD or YYYYMM; far ahead if there is none."""
    if not partition:
        return _FAR_MS
    form = "%Y%m%d" if len(partition) == 8 else "%Y%m"
    return int(datetime.strptime(partition, form).replace(tzinfo=UTC).timestamp()) * 1000
