"""Native histograms out of the column store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from watchkeeper.model import CUSTOM_BUCKETS, Histogram, decode_histogram
from watchkeeper.query.promql.errors import TooManySamples
from watchkeeper.query.promql.histograms.arithmetic import at_schema
from watchkeeper.query.promql.histograms.bounds import FINEST_SCHEMA
from watchkeeper.query.promql.histograms.resets import with_known_hints
from watchkeeper.query.promql.histograms.samples import column, sample_value, weight
from watchkeeper.query.promql.types import F64, I64, Histograms
from watchkeeper.store.columns import Columns

_ANY = "SELECT 1 FROM histograms WHERE project_id IN {projects:Array(UInt32)} LIMIT 1"
_OF_SERIES = """
FROM histograms
WHERE project_id IN {{projects:Array(UInt32)}}
  AND ts >= fromUnixTimestamp64Milli({{start_ms:Int64}}, 'UTC')
  AND ts <= fromUnixTimestamp64Milli({{end_ms:Int64}}, 'UTC')
  AND series_id GLOBAL IN (SELECT series_id FROM series WHERE {where})
"""
_SOME = "SELECT 1" + _OF_SERIES + "LIMIT 1"
_READ = (
    "SELECT series_id, ts, histogram"
    + _OF_SERIES
    + "ORDER BY project_id, series_id, ts LIMIT {{most:UInt64}}"
)
_LIGHTEST = weight(Histogram(schema=0, count=0.0, sum=0.0))
_COARSEST, _FINEST_DEFINED = -4, 52
_FRESH_S = 1.0
"""How long "this project has no histograms" is believed."""


@dataclass(frozen=True, slots=True)
class SampleRows:
    """Samples by series and time. histograms: None if all are floats."""

    ids: np.ndarray
    ts: I64
    values: F64
    histograms: Histograms | None = None


class HistogramReader:
    """Reads the histograms of series, at next to no cost where a project has none.

    Conditions are on rows of `series`; their parameters name `projects`, `start_ms`, `end_ms`.
    """

    def __init__(
        self, columns: Columns, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._columns = columns
        self._monotonic = monotonic
        self._some: set[tuple[int, ...]] = set()
        self._none_at: dict[tuple[int, ...], float] = {}

    def _may_have(self, projects: Sequence[int]) -> bool:
        key = tuple(projects)
        if key in self._some:
            return True
        now = self._monotonic()
        if now - self._none_at.get(key, -_FRESH_S) < _FRESH_S:
            return False
        if self._columns.rows(_ANY, {"projects": list(projects)}):
            self._some.add(key)
            return True
        self._none_at[key] = now
        return False

    def any_of(self, projects: Sequence[int], where: str, params: Mapping[str, object]) -> bool:
        """True if a series that meets the condition has a histogram in the range."""
        if not self._may_have(projects):
            return False
        return bool(self._columns.rows(_SOME.format(where=where), dict(params)))

    def join(
        self,
        projects: Sequence[int],
        where: str,
        params: Mapping[str, object],
        floats: SampleRows,
        most: int,
    ) -> SampleRows:
        """The floats, and between them the histograms of the series that meet the condition.

        most: samples that there may be in all, a histogram by its weight. Raises TooManySamples.
        """
        if not self._may_have(projects):
            return floats
        params = {**params, "most": most // _LIGHTEST + 1}
        answer = self._columns.fetch(_READ.format(where=where), params, fmt="RowBinary")
        rows = _rows(answer, most - len(floats.ids))
        return _joined(floats, rows) if rows else floats


Row = tuple[int, int, Histogram]
"""Series id, Unix ms, histogram."""


def _rows(answer: bytes, most: int) -> list[Row]:
    """RowBinary of an id, a time and a string."""
    rows: list[Row] = []
    position = 0
    while position < len(answer):
        series = int.from_bytes(answer[position : position + 8], "little")
        ts_ms = int.from_bytes(answer[position + 8 : position + 16], "little", signed=True)
        length, position = _length(answer, position + 16)
        histogram = decode_histogram(answer[position : position + length])
        position += length
        most -= weight(histogram)
        if most < 0:
            raise TooManySamples
        known = _at_known_schema(histogram)
        if known is not None:
            rows.append((series, ts_ms, known))
    return rows


def _at_known_schema(histogram: Histogram) -> Histogram | None:
    """A finer resolution than ours is made coarser; of other schemas no bound is known."""
    if histogram.schema == CUSTOM_BUCKETS or _COARSEST <= histogram.schema <= FINEST_SCHEMA:
        return histogram
    if FINEST_SCHEMA < histogram.schema <= _FINEST_DEFINED:
        return at_schema(histogram, FINEST_SCHEMA)
    return None


def _length(answer: bytes, position: int) -> tuple[int, int]:
    """A variable-length integer, and where it ends."""
    value = shift = 0
    while True:
        byte = answer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _joined(floats: SampleRows, rows: Sequence[Row]) -> SampleRows:
    """Sorted by series and time; what is known of resets is found out from the neighbours."""
    ids = np.concatenate((floats.ids, np.array([row[0] for row in rows], floats.ids.dtype)))
    ts = np.concatenate((floats.ts, np.array([row[1] for row in rows], np.int64)))
    values = np.concatenate((floats.values, [sample_value(row[2]) for row in rows]))
    histograms: list[Histogram | None] = [None] * len(floats.ids)
    histograms.extend(row[2] for row in rows)
    order = np.lexsort((ts, ids))
    cells = column(histograms)[order]
    sorted_ids = ids[order]
    starts = np.flatnonzero(sorted_ids[1:] != sorted_ids[:-1]) + 1
    for piece in np.split(np.arange(len(cells)), starts):
        cells[piece] = column(with_known_hints(list(cells[piece])))
    return SampleRows(sorted_ids, ts[order], values[order], cells)
