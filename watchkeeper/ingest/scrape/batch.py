"""From a scrape's outcome to the rows that are stored. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from watchkeeper.ingest import Exemplar, HistogramBatch, SampleBatch
from watchkeeper.ingest.scrape.series_cache import Scraped
from watchkeeper.model import METRIC_NAME, Histogram, Labels, labels_of

STALE_BITS = 0x7FF0_0000_0000_0002
"""The NaN that says "this series ended here" (Prometheus value.StaleNaN)."""

STALE_HISTOGRAM = Histogram(
    schema=0, count=0.0, sum=struct.unpack("<d", struct.pack("<Q", STALE_BITS))[0]
)

REPORTS = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
EXTRA_REPORTS = ("scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The samples about a scrape itself, in the order of REPORTS, then of EXTRA_REPORTS.

    extra: whether those are told too. body_bytes: -1 if the body was too large.
    """

    up: bool
    duration_s: float
    scraped: int = 0
    kept: int = 0
    added: int = 0
    extra: bool = False
    timeout_s: float = 0.0
    sample_limit: int = 0
    body_bytes: int = 0

    def values(self) -> tuple[float, ...]:
        """The samples' values."""
        told = (float(self.up), self.duration_s, self.scraped, self.kept, self.added)
        if not self.extra:
            return told
        return (*told, self.timeout_s, self.sample_limit, self.body_bytes)


def report_series(target_labels: Labels, *, extra: bool) -> list[Labels]:
    """The label sets of a target's reports."""
    names = (*REPORTS, *EXTRA_REPORTS) if extra else REPORTS
    return [labels_of((*target_labels, (METRIC_NAME, name))) for name in names]


def new_batch(
    *,
    ts_ms: int,
    scraped: Scraped | None,
    stale: Sequence[Labels],
    reports: Sequence[Labels],
    report: Report | None,
) -> SampleBatch:
    """The samples of one scrape: those of the target, the ends of `stale`, the report.

    report None: the target is gone, so its reports end too. ts_ms: Unix ms of all but the samples
    whose own timestamps are honoured.
    """
    series = [*(scraped.series if scraped else ()), *stale, *reports]
    samples = len(scraped.values) if scraped else 0
    values = np.zeros(len(series), dtype=np.float64)
    times = np.full(len(series), ts_ms, dtype=np.int64)
    if scraped:
        values[:samples] = scraped.values
        if scraped.timestamps:
            times[list(scraped.timestamps)] = list(scraped.timestamps.values())
    ends = len(series) if report is None else samples + len(stale)
    values.view(np.uint64)[samples:ends] = STALE_BITS
    if report is not None:
        values[ends:] = report.values()
    return SampleBatch(series=series, ts_ms=times, values=values)


def new_histograms(
    *, ts_ms: int, scraped: Scraped | None, stale: Sequence[Labels]
) -> HistogramBatch | None:
    """The native histograms of one scrape and the ends of `stale`; None if there are neither."""
    found = scraped.histograms if scraped else None
    count = len(found.series) if found else 0
    if not count and not stale:
        return None
    times = np.full(count + len(stale), ts_ms, dtype=np.int64)
    for at, own_ts_ms in enumerate(found.ts_ms if found else ()):
        if own_ts_ms is not None:
            times[at] = own_ts_ms
    return HistogramBatch(
        series=[*(found.series if found else ()), *stale],
        ts_ms=times,
        histograms=[*(found.histograms if found else ()), *[STALE_HISTOGRAM] * len(stale)],
    )


def new_exemplars(scraped: Scraped | None, *, ts_ms: int) -> list[Exemplar]:
    """The exemplars of one scrape. ts_ms: for those without a time of their own."""
    return [
        Exemplar(
            series=each.series,
            ts_ms=ts_ms if each.ts_ms is None else each.ts_ms,
            value=each.value,
            labels=each.labels,
        )
        for each in (scraped.exemplars if scraped else ())
    ]
