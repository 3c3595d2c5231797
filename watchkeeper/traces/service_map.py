"""Who calls whom: services and what they call. All of it is counted; the calls between services
of the last minutes are joined when they are asked for, in samples of the time if they are many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.lib.side_by_side import side_by_side
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces.performance_types import MapEdge, MapNode, ServiceMap
from watchkeeper.traces.queries import Category, OperationQuery
from watchkeeper.traces.repo import calls as calls_repo
from watchkeeper.traces.repo import hosts as hosts_repo
from watchkeeper.traces.repo import operations as repo
from watchkeeper.traces.repo.operations import Grid, Totals

SPANS_AT_MOST = 30_000
"""How many spans that are not counted yet are joined for one map."""
SAMPLES = 6
"""Stretches of time that they are taken from."""
_LONGEST_SAMPLE_MS = 5 * 60 * SECOND_MS
_BY_HOST = frozenset({Category.HTTP.value, Category.RPC.value})

_Key = tuple[str, str, str]
"""Service, category, what is called."""


@dataclass(slots=True)
class _Sum:
    """Calls to one thing, of several callers. p95 weighted by calls."""

    calls: int = 0
    errors: int = 0
    p50: float = 0.0
    p95: float = 0.0

    def add(self, totals: Totals) -> None:
        self.calls += totals.calls
        self.errors += totals.errors
        self.p50 += totals.times.quantile_ms(0.5) * totals.calls
        self.p95 = max(self.p95, totals.times.quantile_ms(0.95))


def service_map(
    columns: Columns, scope: Scope, span: TimeRange, *, environment: str, counted_ms: int
) -> ServiceMap:
    """The map of a range, at the resolution of the tables.

    counted_ms: calls between services that were received before are counted by minute.
    """
    grid = Grid.over(span)
    query = OperationQuery(range=span, categories=tuple(Category), environment=environment)
    found = repo.callees(columns, scope, query, grid)
    entries = _of(found, Category.ENTRY)
    between = {(at[0], at[2]): totals for at, totals in _of(found, Category.CALL).items()}
    outside = {
        at: each for at, each in found.items() if at[1] not in {Category.ENTRY, Category.CALL}
    }
    still = calls_repo.Open(
        scope=scope, range=grid.range, since_ms=counted_ms, environment=environment
    )
    # Spans that enter a service are counted at once, calls a while later: none is no entry.
    samples, _ratio = _samples(span, sum(totals.calls for totals in entries.values()))

    def behind() -> Mapping[str, Collection[str]]:
        if not any(category in _BY_HOST for _service, category, _name in outside):
            return {}
        return hosts_repo.services_behind(columns, scope, samples, environment=environment)

    ours, rest = side_by_side(behind, lambda: _rest(columns, still))
    outside = {at: each for at, each in outside.items() if not _is_ours(at, ours)}
    nodes, edges = _outside(outside, grid)
    for (service, _, _), totals in entries.items():
        nodes[f"service:{service}"] = _node("service", service, _one(totals), grid)
    for edge in edges:
        _known(nodes, edge.source, grid)
    for caller, callee in sorted({*between, *rest.calls}):
        edges.append(_between(caller, callee, between, rest, grid))
        _known(nodes, f"service:{caller}", grid)
        _known(nodes, f"service:{callee}", grid)
    return ServiceMap(
        from_ms=grid.range.start_ms,
        to_ms=grid.range.end_ms,
        nodes=sorted(nodes.values(), key=lambda node: (-node.calls, node.id)),
        edges=sorted(edges, key=lambda edge: (-edge.calls, edge.source, edge.target)),
        sample_ratio=1 - _open_share(still) * (1 - rest.ratio),
        sampled_spans=rest.looked_at,
    )


def _is_ours(called: _Key, behind: Mapping[str, Collection[str]]) -> bool:
    """Whether what was called is a service that sends spans itself: it is on the map by its name,
    and would stand there twice.
    """
    _service, category, host = called
    return category in _BY_HOST and host in behind


def _of(found: Mapping[_Key, Totals], category: Category) -> dict[_Key, Totals]:
    return {at: totals for at, totals in found.items() if at[1] == category}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """Calls that are not counted yet. ratio: share of their time that was looked at."""

    calls: Mapping[tuple[str, str], Totals]
    ratio: float
    looked_at: int


def _rest(columns: Columns, still: calls_repo.Open) -> _Rest:
    """Joined now: all of them, or if they are many those of samples of the time."""
    waiting = calls_repo.open_spans(columns, still)
    if not waiting:
        return _Rest(calls={}, ratio=1.0, looked_at=0)
    if waiting <= SPANS_AT_MOST:
        calls = calls_repo.open_calls(columns, still, [still.range])
        return _Rest(calls=calls, ratio=1.0, looked_at=waiting)
    parts, ratio = _samples(_open_range(still), waiting)
    calls = calls_repo.open_calls(columns, still, parts)
    return _Rest(calls=calls, ratio=ratio, looked_at=round(waiting * ratio))


def _outside(
    found: dict[tuple[str, str, str], Totals], grid: Grid
) -> tuple[dict[str, MapNode], list[MapEdge]]:
    """Nodes and edges to databases, hosts, caches and queues."""
    sums: dict[tuple[str, str], _Sum] = {}
    edges: list[MapEdge] = []
    for (service, category, other), totals in found.items():
        name = other or category
        sums.setdefault((category, name), _Sum()).add(totals)
        edges.append(
            MapEdge(
                source=f"service:{service}",
                target=f"{category}:{name}",
                calls=totals.calls,
                per_s=_per_s(totals.calls, grid),
                errors=totals.errors,
                error_ratio=totals.errors / totals.calls if totals.calls else 0.0,
                p50_ms=totals.times.quantile_ms(0.5),
                p95_ms=totals.times.quantile_ms(0.95),
                is_estimated=False,
            )
        )
    nodes = {f"{c}:{n}": _node(c, n, each, grid) for (c, n), each in sums.items()}
    return nodes, edges


def _open_range(still: calls_repo.Open) -> TimeRange:
    """When what is not counted yet was: as a rule in the time since; else it came late."""
    start_ms, end_ms = still.range.start_ms, still.range.end_ms
    return TimeRange(still.since_ms if start_ms < still.since_ms < end_ms else start_ms, end_ms)


def _open_share(still: calls_repo.Open) -> float:
    return _open_range(still).length_ms / max(1, still.range.length_ms)


def _between(
    caller: str,
    callee: str,
    counted: Mapping[tuple[str, str], Totals],
    rest: _Rest,
    grid: Grid,
) -> MapEdge:
    """What is counted, and what is not yet scaled up."""
    known = counted.get((caller, callee), Totals())
    more = rest.calls.get((caller, callee), Totals())
    calls = known.calls + round(more.calls / rest.ratio)
    errors = known.errors + round(more.errors / rest.ratio)
    times = known.times.plus(more.times)
    return MapEdge(
        source=f"service:{caller}",
        target=f"service:{callee}",
        calls=calls,
        per_s=_per_s(calls, grid),
        errors=errors,
        error_ratio=errors / calls if calls else 0.0,
        p50_ms=times.quantile_ms(0.5),
        p95_ms=times.quantile_ms(0.95),
        is_estimated=rest.ratio < 1 and more.calls > 0,
    )


def _samples(span: TimeRange, spans: int) -> tuple[list[TimeRange], float]:
    """Stretches spread over the range that hold about SPANS_AT_MOST, and their share of it."""
    if spans <= SPANS_AT_MOST:
        return [span], 1.0
    step = span.length_ms / SAMPLES
    length = min(int(step * SPANS_AT_MOST / spans), _LONGEST_SAMPLE_MS)
    length = max(length, 1)
    starts = [span.start_ms + int(step * (at + 0.5)) - length // 2 for at in range(SAMPLES)]
    parts = [TimeRange(start, start + length) for start in starts]
    return parts, min(1.0, SAMPLES * length / span.length_ms)


def _one(totals: Totals) -> _Sum:
    made = _Sum()
    made.add(totals)
    return made


def _known(nodes: dict[str, MapNode], id_: str, grid: Grid) -> None:
    """A node for an edge's end that nothing was counted of."""
    if id_ not in nodes:
        kind, _, name = id_.partition(":")
        nodes[id_] = _node(kind, name, _Sum(), grid)


def _node(kind: str, name: str, sums: _Sum, grid: Grid) -> MapNode:
    return MapNode(
        id=f"{kind}:{name}",
        # A category of the table, or service.
        kind=kind,  # type: ignore[arg-type]
        name=name,
        calls=sums.calls,
        per_s=_per_s(sums.calls, grid),
        errors=sums.errors,
        error_ratio=sums.errors / sums.calls if sums.calls else 0.0,
        p50_ms=sums.p50 / sums.calls if sums.calls else 0.0,
        p95_ms=sums.p95,
    )


def _per_s(calls: int, grid: Grid) -> float:
    return calls * SECOND_MS / max(1, grid.range.length_ms)
