"""Small pictures of traces: the longest spans of each, enough for a row of a list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from watchkeeper.lib.clock import HOUR_MS, NS_A_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces.repo import outlines as repo
from watchkeeper.traces.repo.outlines import LongSpan
from watchkeeper.traces.repo.search import Window
from watchkeeper.traces.types import TraceOutline, TraceOutlines

MOST_SPANS = 24
"""Of one trace; a row is too low for more."""
FAILED = "error"


def read_outlines(
    columns: Columns, scope: Scope, trace_ids: Sequence[str], range_: TimeRange
) -> TraceOutlines:
    """Outlines of those of the traces that have spans within an hour of the range."""
    if not trace_ids:
        return TraceOutlines(outlines=[])
    window = Window(
        start_ns=(range_.start_ms - HOUR_MS) * NS_A_MS, end_ns=(range_.end_ms + HOUR_MS) * NS_A_MS
    )
    found = repo.longest(columns, scope, trace_ids, window, most=MOST_SPANS)
    by_trace = groupby(found, key=lambda span: span.trace_id)
    return TraceOutlines(outlines=[_outline(each, list(spans)) for each, spans in by_trace])


def _outline(trace_id: str, spans: Sequence[LongSpan]) -> TraceOutline:
    begun_ns = min(span.at_ns for span in spans)
    services = sorted({span.service for span in spans})
    return TraceOutline(
        trace_id=trace_id,
        services=services,
        service=[services.index(span.service) for span in spans],
        start_ns=[span.at_ns - begun_ns for span in spans],
        duration_ns=[span.duration_ns for span in spans],
        is_failed=[span.status == FAILED for span in spans],
    )
