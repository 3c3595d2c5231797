"""From a scrape's outcome to the samples that are stored. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from watchkeeper.ingest import SampleBatch
from watchkeeper.ingest.scrape.series_cache import Scraped
from watchkeeper.model import METRIC_NAME, Labels, labels_of

STALE_BITS = 0x7FF0_0000_0000_0002
"""The NaN that says "this series ended here" (Prometheus value.StaleNaN)."""

REPORTS = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The samples about a scrape itself, in the order of REPORTS."""

    up: bool
    duration_s: float
    scraped: int = 0
    kept: int = 0
    added: int = 0


def report_series(target_labels: Labels) -> list[Labels]:
    """The label sets of REPORTS for one target."""
    return [labels_of((*target_labels, (METRIC_NAME, name))) for name in REPORTS]


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
        for at, own_ts_ms in scraped.timestamps.items():
            times[at] = own_ts_ms
    ends = len(series) if report is None else samples + len(stale)
    values.view(np.uint64)[samples:ends] = STALE_BITS
    if report is not None:
        values[ends:] = (
            float(report.up),
            report.duration_s,
            report.scraped,
            report.kept,
            report.added,
        )
    return SampleBatch(series=series, ts_ms=times, values=values)
