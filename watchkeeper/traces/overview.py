"""The histogram and the scatter above a list of traces."""

from __future__ import annotations

from watchkeeper.lib.clock import NS_A_MS, SECOND_MS
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.queries import TraceQuery
from watchkeeper.traces.repo import overview as repo
from watchkeeper.traces.repo.conditions import is_costly
from watchkeeper.traces.repo.overview import Slot
from watchkeeper.traces.repo.search import Wanted, Window
from watchkeeper.traces.types import TraceHistogram, TraceOverview, TraceScatter

MOST_POINTS = 500
LONGEST = 25
"""Buckets whose longest traces are all shown."""
_ROWS_AT_MOST = {False: 1_000_000, True: 100_000}
"""Spans that are looked at for one overview; fewer where wide columns must be read."""


def read_overview(
    columns: Columns, scope: Scope, query: TraceQuery, wanted: Wanted, *, buckets: int
) -> TraceOverview:
    """The overview; of a share of each bucket's time if the range holds too much."""
    span = query.range
    bucket_ms = max(SECOND_MS, -(-span.length_ms // buckets))
    times_ms = list(range(span.start_ms, span.end_ms, bucket_ms))
    ratio = 1.0
    if wanted.of_spans:
        most = _ROWS_AT_MOST[is_costly(wanted.terms)]
        ratio = min(1.0, most / max(1, repo.count(columns, scope, Window.of(span))))
    windows = _windows(query, times_ms, bucket_ms, ratio)
    slots = repo.histogram(
        columns,
        scope,
        wanted,
        windows,
        start_ns=span.start_ms * NS_A_MS,
        bucket_ns=bucket_ms * NS_A_MS,
    )
    total = sum(slot.count for slot in slots.values())
    errors = sum(slot.errors for slot in slots.values())
    points = repo.points(
        columns,
        scope,
        wanted,
        windows,
        one_in=max(1, total // 300),
        one_error_in=max(1, errors // 150),
        from_ns=_longest(slots),
        limit=MOST_POINTS,
    )
    return TraceOverview(
        unit="spans" if wanted.of_spans else "traces",
        total=round(total / ratio),
        errors=round(errors / ratio),
        sample_ratio=ratio,
        histogram=_histogram(times_ms, bucket_ms, slots, ratio),
        scatter=TraceScatter(
            trace_id=[point.trace_id for point in points],
            start_ms=[point.start_ms for point in points],
            duration_ms=[point.duration_ms for point in points],
            is_error=[point.is_error for point in points],
            name=[point.name for point in points],
            service=[point.service for point in points],
        ),
    )


def _longest(slots: dict[int, Slot]) -> int:
    """The length from which on every trace is shown: of the longest of the buckets' longest."""
    longest = sorted((slot.longest_ns for slot in slots.values()), reverse=True)
    return longest[min(len(longest), LONGEST) - 1] if longest else 0


def _windows(query: TraceQuery, times_ms: list[int], bucket_ms: int, ratio: float) -> list[Window]:
    """The whole range, or the first part of each bucket."""
    if ratio >= 1:
        return [Window.of(query.range)]
    length_ns = int(bucket_ms * ratio * NS_A_MS)
    return [Window(start_ns=at * NS_A_MS, end_ns=at * NS_A_MS + length_ns) for at in times_ms]


def _histogram(
    times_ms: list[int], bucket_ms: int, slots: dict[int, Slot], ratio: float
) -> TraceHistogram:
    found = [slots.get(at) for at in range(len(times_ms))]
    return TraceHistogram(
        times_ms=times_ms,
        bucket_ms=bucket_ms,
        count=[round(slot.count / ratio) if slot else 0 for slot in found],
        errors=[round(slot.errors / ratio) if slot else 0 for slot in found],
        p50_ms=[slot.p50_ms if slot else None for slot in found],
        p95_ms=[slot.p95_ms if slot else None for slot in found],
    )
