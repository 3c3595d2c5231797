"""What ingest must still know after a restart, read from the end of its own lane."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from watchkeeper.ingest.rows import (
    Ids,
    Times,
    Values,
    decode_histograms,
    decode_samples,
    histogram_marks,
)
from watchkeeper.ingest.series import SeriesOptions, SeriesRegistry
from watchkeeper.model import Kind, Record
from watchkeeper.store.spool import SegmentReader

REMEMBERED_BYTES = 16 * 2**20
"""Far more than can be on its way when a process dies: those requests alone come twice."""


def remembered_series(
    spool: Path, lane: str, options: SeriesOptions | None = None
) -> SeriesRegistry:
    """The registry of a lane's writer, which has just opened it, after whatever ended the last.

    A sender repeats a request whose answer a crash swallowed. Its samples are in the spool already
    and are then dropped as repeated, instead of being stored twice.
    """
    series = SeriesRegistry(options)
    remember_newest(series, SegmentReader(spool).newest(lane, max_bytes=REMEMBERED_BYTES))
    return series


def remember_newest(series: SeriesRegistry, records: Iterable[Record]) -> int:
    """Teach a new registry the newest sample of each series in these records; returns how many."""
    blocks = [columns for one in records if (columns := _columns(one)) is not None]
    if not blocks:
        return 0
    ids, times, values = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    order = np.lexsort((times, ids))
    is_last = np.append(ids[order][1:] != ids[order][:-1], True)
    newest = order[is_last]
    series.warm(
        zip(ids[newest].tolist(), times[newest].tolist(), values[newest].tolist(), strict=True)
    )
    return len(newest)


def _columns(record: Record) -> tuple[Ids, Times, Values] | None:
    """The samples of a record, of either kind; None for a record of something else."""
    if record.kind is Kind.SAMPLES:
        return decode_samples(record.payload)
    if record.kind is not Kind.HISTOGRAMS:
        return None
    rows = decode_histograms(record.payload)
    ids = np.array([row.series_id for row in rows], np.uint64)
    times = np.array([row.ts_ms for row in rows], np.int64)
    return ids, times, histogram_marks([row.histogram for row in rows])
