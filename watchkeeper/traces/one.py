"""One trace and one span, read from every table that knows them."""

from __future__ import annotations

from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.repo import one as repo
from watchkeeper.traces.types import SpanDetail, SpanEvent, SpanLink, Trace
from watchkeeper.traces.waterfall import Found, drawn, objects_of, told_error

_LONGEST_ID = 64


def read_trace(
    columns: Columns, scope: Scope, trace_id: str, *, adjust_skew: bool, slow_query_ms: int
) -> Trace:
    """The trace in every project of the scope. Raises NotFound."""
    trace_id = _normal(trace_id)
    starts = _extent(columns, scope, trace_id)
    spans = repo.spans(columns, scope, trace_id, starts)
    if not spans:
        raise _no_trace(trace_id)
    total = len(spans)
    if total > repo.MOST_SPANS:
        total = repo.count_spans(columns, scope, trace_id, starts)
        spans = spans[: repo.MOST_SPANS]
    whole = (starts[0], max(span.start_ns + span.duration_ns for span in spans))
    count, errors = repo.errors(columns, scope, trace_id, whole)
    root = next((span for span in spans if not span.parent_id), spans[0])
    environment, release, attributes = repo.told_by(
        columns, scope, trace_id, root.span_id, root.start_ns
    )
    found = Found(
        trace_id=trace_id,
        spans=spans,
        total_spans=total,
        error_events=count,
        errors=errors,
        lines=repo.log_lines(columns, scope, trace_id, whole),
        profiles=repo.profiles(columns, scope, trace_id, whole),
        root_attributes=attributes,
        environment=environment,
        release=release,
    )
    return drawn(found, adjust_skew=adjust_skew, slow_query_ms=slow_query_ms)


def read_span(columns: Columns, scope: Scope, trace_id: str, span_id: str) -> SpanDetail:
    """Everything of one span. Raises NotFound."""
    trace_id, span_id = _normal(trace_id), _normal(span_id)
    starts = _extent(columns, scope, trace_id)
    row = repo.span_row(columns, scope, trace_id, span_id, starts)
    if row is None:
        raise NotFound(f"There is no span {span_id!r} in the trace {trace_id!r}.")
    start_ns, length_ns = _int(row.pop("ts")), _int(row["duration_ns"])
    whole = (start_ns, start_ns + length_ns)
    _count, errors = repo.errors(columns, scope, trace_id, whole)
    lines = repo.log_lines(columns, scope, trace_id, whole)
    row["received_ms"] = row.pop("received")
    row["is_entry"] = bool(row["is_entry"])
    row["events"] = [_event(each) for each in objects_of(str(row["events"]))]
    row["links"] = [_link(each) for each in objects_of(str(row["links"]))]
    # The names are those of `repo.span_row`; a contract test reads a stored span.
    return SpanDetail(
        trace_id=trace_id,
        start_ms=start_ns // NS_A_MS,
        start_nanos=start_ns % NS_A_MS,
        errors=[told_error(each, -1) for each in errors if each.span_id == span_id],
        log_lines=lines.get(span_id, 0),
        **row,  # type: ignore[arg-type]
    )


def _extent(columns: Columns, scope: Scope, trace_id: str) -> tuple[int, int]:
    starts = repo.extent(columns, scope, trace_id)
    if starts is None:
        raise _no_trace(trace_id)
    return starts


def _no_trace(trace_id: str) -> NotFound:
    return NotFound(
        f"There is no trace {trace_id!r} here: it was not sampled, is older than spans are kept, "
        "or belongs to another project."
    )


def _normal(text: str) -> str:
    """An id as it is stored: lower case, without the dashes of a UUID."""
    return text.strip().lower().replace("-", "")[:_LONGEST_ID]


def _event(told: dict[str, str]) -> SpanEvent:
    at_ns = _int(told.get("ts_ns", 0))
    return SpanEvent(
        ts_ms=at_ns // NS_A_MS,
        nanos=at_ns % NS_A_MS,
        name=str(told.get("name", "")),
        attributes=_texts(told.get("attributes")),
    )


def _link(told: dict[str, str]) -> SpanLink:
    return SpanLink(
        trace_id=str(told.get("trace_id", "")),
        span_id=str(told.get("span_id", "")),
        attributes=_texts(told.get("attributes")),
    )


def _texts(told: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}


def _int(value: object) -> int:
    return int(value) if isinstance(value, int | str) else 0
