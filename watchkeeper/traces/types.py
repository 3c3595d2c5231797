"""What is told of traces. Where a list is a column, entry i of each is about row i.

These are also the bodies of the JSON API: times are Unix ms, offsets in ns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StatusName = Literal["unset", "ok", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceItem:
    """One trace of a list.

    name, service, op, route, method: of its root, or of its earliest entry span where no root is
    stored (has_root false). status: error if the root or entry failed. errors: failed spans.
    matched: spans that the search matched; 0 if it asked for nothing of a single span.
    """

    trace_id: str
    start_ms: int
    duration_ns: int
    name: str
    service: str
    op: str
    route: str
    method: str
    status: StatusName
    has_root: bool
    spans: int
    errors: int
    matched: int
    services: list[str]
    environment: str
    release: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePage:
    """A page of traces. next_cursor: null on the last page.

    searched_from_ms: how far back the search has come; later than the range's start when it
    stopped for time: `next_cursor` goes on from there, also if this page is not full.
    is_partial: with sort=slowest, the slowest of what was searched only.
    """

    traces: list[TraceItem]
    next_cursor: str | None
    searched_from_ms: int
    is_partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOutline:
    """The longest spans of a trace in columns, by start. service: index into services.

    start_ns: from the earliest of them.
    """

    trace_id: str
    services: list[str]
    service: list[int]
    start_ns: list[int]
    duration_ns: list[int]
    is_failed: list[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOutlines:
    """In no order; a trace without a span there is left out."""

    outlines: list[TraceOutline]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHistogram:
    """Columns; times_ms are the buckets' starts. count, errors: scaled up where sampled.

    p50_ms, p95_ms: null for an empty bucket.
    """

    times_ms: list[int]
    bucket_ms: int
    count: list[int]
    errors: list[int]
    p50_ms: list[float | None]
    p95_ms: list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceScatter:
    """Columns, at most 500 points, spread evenly over the traces; failed ones are preferred."""

    trace_id: list[str]
    start_ms: list[int]
    duration_ms: list[float]
    is_error: list[bool]
    name: list[str]
    service: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOverview:
    """What is drawn above the list.

    unit: what is counted: traces, or spans when the search asks for single spans.
    total, errors: in the range. sample_ratio: 1 if all were looked at, else the share of each
    bucket's time that was, by which counts were scaled up.
    """

    unit: Literal["traces", "spans"]
    total: int
    errors: int
    sample_ratio: float
    histogram: TraceHistogram
    scatter: TraceScatter


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchField:
    """A field of the search language. kind: text, number, duration or status.

    of: trace or span. example: a whole term.
    """

    name: str
    kind: str
    of: str
    doc: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFields:
    """What can be asked. attributes: the commonest keys of the newest spans."""

    fields: list[SearchField]
    attributes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchValue:
    """count: spans of the newest that have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchValues:
    """The commonest first. is_sampled: counted in the newest spans only."""

    values: list[SearchValue]
    is_sampled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """A service in one trace. self_ns: time in its spans while none of their children ran.

    skew_ns: what was added to its times so that its spans lie in their parents; 0: nothing.
    """

    name: str
    spans: int
    errors: int
    self_ns: int
    total_ns: int
    skew_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpFacts:
    """What sort of work the time went to."""

    op: str
    spans: int
    errors: int
    self_ns: int
    total_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanColumns:
    """Rows of the waterfall in drawing order: each parent right before its children, by start.

    parent: row of the parent, -1 for none. descendants: rows below it that fold with it.
    start_ns: since the trace's start; may be negative for none. self_ns: see ServiceFacts.
    name, service, op, kind: index into names, services, ops, kinds of the answer.
    status: 0 unset, 1 ok, 2 error. errors, logs: error events and log lines of the span.
    is_missing: a row that stands for a parent that is not stored: its children hang below it, and
    its time is theirs. is_critical: the trace would have been shorter without it.
    project: index into project_ids.
    """

    span_id: list[str]
    parent: list[int]
    depth: list[int]
    descendants: list[int]
    start_ns: list[int]
    duration_ns: list[int]
    self_ns: list[int]
    name: list[int]
    service: list[int]
    op: list[int]
    kind: list[int]
    status: list[int]
    http_status: list[int]
    errors: list[int]
    logs: list[int]
    is_missing: list[bool]
    is_critical: list[bool]
    project: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalPath:
    """Columns: stretches of time, newest first, and the row that the trace waited for."""

    row: list[int]
    from_ns: list[int]
    to_ns: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceError:
    """One error event of the trace. row: -1 if it names no stored span."""

    event_id: str
    project_id: int
    span_id: str
    row: int
    ts_ms: int
    level: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLink:
    """Another trace that a span names. row: the span's."""

    row: int
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceProfile:
    """A profile that was taken during the trace. row: of its span, -1 if that is not stored."""

    profile_id: str
    project_id: int
    row: int
    transaction: str
    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceProblem:
    """What costs time in this trace. kind: n_plus_one or slow_query.

    rows: the spans. parent: row of the span that all belong to, -1 for none.
    """

    kind: Literal["n_plus_one", "slow_query"]
    statement: str
    system: str
    parent: int
    rows: list[int]
    total_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A whole trace. total_spans: stored ones; more than rows if is_cut (10,000 are shown).

    duplicates: spans that were sent twice and are shown once. orphans: spans whose parent is not
    stored. is_skew_adjusted: times of services were shifted, by `skew_ns` of each.
    sample_ratio: of such traces this share was kept by the sender, where it tells.
    errors: the first 100 events of error_events; log_lines: how many lines carry the trace's id.
    """

    trace_id: str
    project_ids: list[int]
    name: str
    service: str
    status: StatusName
    start_ms: int
    start_nanos: int
    duration_ns: int
    environment: str
    release: str
    total_spans: int
    is_cut: bool
    duplicates: int
    orphans: int
    is_skew_adjusted: bool
    is_skewed: bool
    sample_ratio: float | None
    error_events: int
    log_lines: int
    names: list[str]
    ops: list[str]
    kinds: list[str]
    services: list[ServiceFacts]
    self_time: list[OpFacts]
    spans: SpanColumns
    critical_path: CriticalPath
    errors: list[TraceError]
    links: list[TraceLink]
    profiles: list[TraceProfile]
    problems: list[TraceProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEvent:
    """Something that happened in a span. ts_ms, nanos: when; nanos below a millisecond."""

    ts_ms: int
    nanos: int
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLink:
    """A span of this or another trace."""

    trace_id: str
    span_id: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanDetail:
    """All that is stored of one span."""

    trace_id: str
    span_id: str
    parent_id: str
    project_id: int
    start_ms: int
    start_nanos: int
    duration_ns: int
    received_ms: int
    name: str
    kind: str
    op: str
    status: StatusName
    status_message: str
    service: str
    environment: str
    release: str
    host: str
    is_entry: bool
    route: str
    transaction: str
    http_method: str
    http_status: int
    db_system: str
    statement: str
    user_key: str
    session_id: str
    source: str
    attributes: dict[str, str]
    events: list[SpanEvent]
    links: list[SpanLink]
    errors: list[TraceError]
    log_lines: int
