"""What is told of operations: endpoints, statements, calls to others, problems, the map.

These are also the bodies of the JSON API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PresetName = Literal["calm", "average", "patient", "brisk", "strict", "own"]
StatName = Literal["p95", "p50", "p99", "avg"]
ProblemKind = Literal["n_plus_one", "slow_query", "slower_query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBudget:
    """How slow an endpoint of the project may be: its `stat` at most limit_ms over for_minutes.

    satisfied_ms: quicker calls count as satisfied, those up to four times that as tolerated.
    slow_query_ms: a database call that takes longer is slow.
    """

    preset: PresetName
    stat: StatName
    limit_ms: int
    for_minutes: int
    satisfied_ms: int
    slow_query_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyPreset:
    """A budget that is offered. expression: the same as an alert rule's PromQL."""

    name: PresetName
    stat: StatName
    limit_ms: int
    for_minutes: int
    expression: str
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChoice:
    """The project's budget and what may be chosen instead."""

    budget: LatencyBudget
    presets: list[LatencyPreset]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Times of a set of calls, ms; the percentiles are mostly within 5 % of the exact ones."""

    avg_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekBefore:
    """The same thing a week before. p95_ratio: now to then; null if then there was none.

    is_significant: enough calls in both, and the difference is beyond chance.
    """

    calls: int
    error_ratio: float
    p95_ms: float
    p95_ratio: float | None
    is_significant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route of one service.

    under: share (0..1) of calls within 500, 1000, 2000 and 3000 ms. apdex: 0..1 of the project's
    satisfied_ms. time_ratio: its share of all time spent. spark: calls in the columns of
    spark_times_ms. is_over_budget: see LatencyBudget.
    """

    service: str
    route: str
    method: str
    op: str
    calls: int
    per_s: float
    errors: int
    error_ratio: float
    latency: Latency
    under: dict[str, float]
    apdex: float
    total_ms: float
    time_ratio: float
    spark: list[int]
    before: WeekBefore | None
    is_over_budget: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPage:
    """from_ms, to_ms: what was counted; whole hours where the range is over 12 hours.

    total: endpoints that match, of which at most 200 are listed.
    """

    from_ms: int
    to_ms: int
    resolution_ms: int
    spark_times_ms: list[int]
    budget: LatencyBudget
    total: int
    calls: int
    per_s: float
    error_ratio: float
    latency: Latency
    endpoints: list[Endpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedSeries:
    """Columns over time; p…_ms null for an empty bucket. per_s: calls a second."""

    times_ms: list[int]
    bucket_ms: int
    calls: list[int]
    per_s: list[float]
    errors: list[int]
    p50_ms: list[float | None]
    p95_ms: list[float | None]
    p99_ms: list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One normalised statement, as one service runs it.

    slow: calls over 1 s. time_ratio: share of the time of all statements. example_trace_id,
    example_ms: its slowest call.
    """

    statement: str
    system: str
    service: str
    op: str
    calls: int
    per_s: float
    errors: int
    error_ratio: float
    latency: Latency
    total_ms: float
    time_ratio: float
    slow: int
    spark: list[int]
    before: WeekBefore | None
    is_regressed: bool
    example_trace_id: str
    example_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """Like EndpointPage."""

    from_ms: int
    to_ms: int
    resolution_ms: int
    spark_times_ms: list[int]
    total: int
    calls: int
    per_s: float
    latency: Latency
    statements: list[Statement]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowQuery:
    """One call that took long."""

    trace_id: str
    span_id: str
    ts_ms: int
    duration_ms: float
    statement: str
    system: str
    service: str
    transaction: str
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowQueries:
    """The slowest first. searched_from_ms: as TracePage."""

    over_ms: int
    searched_from_ms: int
    queries: list[SlowQuery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """Calls of a service to something outside: a host, a cache, a queue.

    category: http, cache, queue or rpc. hit_ratio: 0..1 of cache reads that tell; null: none did.
    """

    category: Literal["http", "cache", "queue", "rpc"]
    service: str
    name: str
    system: str
    op: str
    calls: int
    per_s: float
    errors: int
    error_ratio: float
    latency: Latency
    total_ms: float
    hits: int
    misses: int
    hit_ratio: float | None
    spark: list[int]
    before: WeekBefore | None
    example_trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyPage:
    """Like EndpointPage."""

    from_ms: int
    to_ms: int
    resolution_ms: int
    spark_times_ms: list[int]
    total: int
    dependencies: list[Dependency]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemEvidence:
    """A trace that shows a problem. calls: of the statement under one parent."""

    trace_id: str
    span_id: str
    ts_ms: int
    calls: int
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceProblem:
    """One performance problem.

    kind: n_plus_one (five or more equal statements below one parent), slow_query (calls over the
    project's slow_query_ms), slower_query (slower than a week before, beyond chance).
    occurrences: times it was seen; calls: statements in them; lost_ms: time that they took.
    avg_calls: statements an occurrence. p95_ratio: now to a week before; null for other kinds.
    """

    id: str
    kind: ProblemKind
    title: str
    service: str
    transaction: str
    statement: str
    system: str
    occurrences: int
    calls: int
    avg_calls: float
    lost_ms: float
    p95_ms: float | None
    p95_ratio: float | None
    first_seen_ms: int
    last_seen_ms: int
    evidence: list[ProblemEvidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """The costliest first."""

    from_ms: int
    to_ms: int
    total: int
    problems: list[PerformanceProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A service, or what services call. id: `service:shop`, `db:postgresql`, `http:api.x.com`.

    Of a service: the work that entered it; of others: the calls made to them.
    """

    id: str
    kind: Literal["service", "db", "http", "cache", "queue", "rpc"]
    name: str
    calls: int
    per_s: float
    errors: int
    error_ratio: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEdge:
    """Calls from one node to another. is_estimated: those of the last minutes are scaled up."""

    source: str
    target: str
    calls: int
    per_s: float
    errors: int
    error_ratio: float
    p50_ms: float
    p95_ms: float
    is_estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMap:
    """sample_ratio: share of the range's time in which calls between services were looked at.

    sampled_spans: how many spans were joined for what is not counted by minute yet. Nodes and edges
    to databases and hosts count all.
    """

    from_ms: int
    to_ms: int
    nodes: list[MapNode]
    edges: list[MapEdge]
    sample_ratio: float
    sampled_spans: int
