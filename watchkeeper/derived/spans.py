"""Spans as series: how many, how many failed, how long the entries took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.derived import repo
from watchkeeper.derived.counters import OTHER, Burst, Growth, group_of
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

SPANS_TOTAL = "watchkeeper_spans_total"
DURATION = "watchkeeper_span_duration_seconds"
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2", "3", "5", "10", "30")
"""Seconds: those of the usual objectives among them, so that they are read off exactly."""

_NS_A_S = 1_000_000_000
_BOUNDS_NS = [round(float(bound) * _NS_A_S) for bound in BOUNDS]


class SpansSource:
    """`watchkeeper_spans_total` of all spans, `watchkeeper_span_duration_seconds` of entries."""

    name = "spans"
    table: repo.SourceTable = "spans"
    metrics: tuple[str, ...] = (
        SPANS_TOTAL,
        f"{DURATION}_bucket",
        f"{DURATION}_sum",
        f"{DURATION}_count",
    )
    max_groups = 500

    def bursts(
        self, columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
    ) -> Iterator[Burst]:
        """One burst for the count of each group and one for the entries' durations."""
        rows = repo.span_counts(
            columns,
            scope,
            start_ms=start_ms,
            end_ms=end_ms,
            step_ms=step_ms,
            bounds_ns=_BOUNDS_NS,
        )
        for project_id, slot, service, operation, is_told, kind, status, *numbers in rows:
            spans, entries, total_ns, within = numbers
            place = {"service": service, "operation": operation if is_told else OTHER}
            other = {"operation": OTHER}
            at = {"project_id": int(project_id), "interval_ms": int(slot) * step_ms}
            more = {"kind": kind, "status": status}
            yield Burst(
                **at,
                group=group_of(place | more),
                other=group_of(other | more),
                growth=(Growth(SPANS_TOTAL, int(spans)),),
            )
            if int(entries):
                yield Burst(
                    **at,
                    group=group_of(place),
                    other=group_of(other),
                    growth=_durations(int(entries), int(total_ns), within),
                )


def _durations(entries: int, total_ns: int, within: Sequence[int]) -> tuple[Growth, ...]:
    bucket = f"{DURATION}_bucket"
    return (
        *(Growth(bucket, int(n), le) for n, le in zip(within, BOUNDS, strict=True)),
        Growth(bucket, entries, "+Inf"),
        Growth(f"{DURATION}_sum", total_ns / _NS_A_S),
        Growth(f"{DURATION}_count", entries),
    )
