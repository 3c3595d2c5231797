"""The histogram and the scatter above a list of traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from watchkeeper.lib.clock import NS_A_MS, SECOND_MS
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.queries import TraceQuery
from watchkeeper.traces.repo import overview as repo
from watchkeeper.traces.repo.conditions import is_costly
from watchkeeper.traces.repo.overview import SAMPLED_A_SLOT, Point, Slot, Stretches
from watchkeeper.traces.repo.search import Wanted, Window
from watchkeeper.traces.types import TraceHistogram, TraceOverview, TraceScatter

MOST_POINTS = 500
EVEN_POINTS = 300
LONGEST = 25
"""Buckets whose longest traces are all shown."""
_ROWS_AT_MOST = {False: 250_000, True: 60_000}
"""Spans that are looked at for one overview; fewer where wide columns must be read."""
_BUCKETS_OF_SAMPLES = {False: 30, True: 15}
"""At most, where not all is looked at: for each a block of the table is read."""


def read_overview(
    columns: Columns, scope: Scope, query: TraceQuery, wanted: Wanted, *, buckets: int
) -> TraceOverview:
    """The overview; of a share of each bucket's time if the range holds too many spans."""
    if wanted.of_spans:
        return _of_spans(columns, scope, query, wanted, buckets)
    window, bucket_ms = Window.of(query.range), _bucket_ms(query, buckets)
    all_of_it = Stretches(
        window=window, bucket_ns=bucket_ms * NS_A_MS, length_ns=bucket_ms * NS_A_MS
    )
    slots = repo.histogram(columns, scope, wanted, all_of_it)
    total = sum(slot.count for slot in slots.values())
    errors = sum(slot.errors for slot in slots.values())
    points = repo.points(
        columns,
        scope,
        wanted,
        window,
        one_in=max(1, total // EVEN_POINTS),
        one_error_in=max(1, errors // (EVEN_POINTS // 2)),
        from_ns=_longest(slots),
        limit=MOST_POINTS,
    )
    return _told("traces", query, bucket_ms, slots, points, 1.0)


def _of_spans(
    columns: Columns, scope: Scope, query: TraceQuery, wanted: Wanted, buckets: int
) -> TraceOverview:
    costly = is_costly(wanted.terms)
    window = Window.of(query.range)
    ratio = min(1.0, _ROWS_AT_MOST[costly] / max(1, repo.count(columns, scope, window)))
    if ratio < 1:
        buckets = min(buckets, _BUCKETS_OF_SAMPLES[costly])
    bucket_ms = _bucket_ms(query, buckets)
    bucket_ns = bucket_ms * NS_A_MS
    stretches = Stretches(window=window, bucket_ns=bucket_ns, length_ns=int(bucket_ns * ratio))
    found = repo.histogram_of_spans(columns, scope, wanted, stretches)
    slots = {at: slot for at, (slot, _) in found.items()}
    return _told("spans", query, bucket_ms, slots, _dots(found), ratio)


def _dots(found: Mapping[int, tuple[Slot, list[Point]]]) -> list[Point]:
    """Of each bucket as many as it has matches, in proportion, each trace once."""
    total = sum(slot.count for slot, _ in found.values())
    dots: dict[str, Point] = {}
    for slot, points in found.values():
        failed = min(slot.errors, SAMPLED_A_SLOT // 2)
        even = max(1, round(EVEN_POINTS * slot.count / total))
        for point in points[: 1 + failed + even]:
            dots.setdefault(point.trace_id, point)
    return sorted(dots.values(), key=lambda point: -point.duration_ms)[:MOST_POINTS]


def _bucket_ms(query: TraceQuery, buckets: int) -> int:
    return max(SECOND_MS, -(-query.range.length_ms // buckets))


def _told(
    unit: Literal["traces", "spans"],
    query: TraceQuery,
    bucket_ms: int,
    slots: Mapping[int, Slot],
    points: Sequence[Point],
    ratio: float,
) -> TraceOverview:
    times_ms = list(range(query.range.start_ms, query.range.end_ms, bucket_ms))
    return TraceOverview(
        unit=unit,
        total=round(sum(slot.count for slot in slots.values()) / ratio),
        errors=round(sum(slot.errors for slot in slots.values()) / ratio),
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


def _longest(slots: Mapping[int, Slot]) -> int:
    """The length from which on every trace is shown: of the longest of the buckets' longest."""
    longest = sorted((slot.longest_ns for slot in slots.values()), reverse=True)
    return longest[min(len(longest), LONGEST) - 1] if longest else 0


def _histogram(
    times_ms: list[int], bucket_ms: int, slots: Mapping[int, Slot], ratio: float
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
