"""Who calls whom: services and what they call. Calls to others are counted all; calls between
services are joined in samples of the time and scaled up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces.performance_types import MapEdge, MapNode, ServiceMap
from watchkeeper.traces.queries import Category, OperationQuery
from watchkeeper.traces.repo import calls as calls_repo
from watchkeeper.traces.repo import operations as repo
from watchkeeper.traces.repo.operations import Grid, Totals

SPANS_AT_MOST = 30_000
"""How many spans are joined for one map."""
SAMPLES = 6
"""Stretches of time that they are taken from."""
_LONGEST_SAMPLE_MS = 5 * 60 * SECOND_MS
_LEAST_SPANS = 10_000
"""So many are looked at, however long it took to get them: else rare calls were missed."""
_BY_HOST = frozenset({Category.HTTP.value, Category.RPC.value})


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


def service_map(columns: Columns, scope: Scope, span: TimeRange, *, environment: str) -> ServiceMap:
    """The map of a range, at the resolution of the tables."""
    grid = Grid.over(span)
    query = OperationQuery(range=span, categories=tuple(Category), environment=environment)
    found = repo.callees(columns, scope, query, grid)
    entries = {at: totals for at, totals in found.items() if at[1] == Category.ENTRY}
    samples, ratio = _samples(span, sum(totals.calls for totals in found.values()))
    outside = {at: each for at, each in found.items() if at not in entries}
    if any(category in _BY_HOST for _service, category, _name in outside):
        behind = calls_repo.services_behind(columns, scope, samples, environment=environment)
        outside = {at: each for at, each in outside.items() if not _is_ours(at, behind)}
    nodes, edges = _outside(outside, grid)
    for (service, _, _), totals in entries.items():
        nodes[f"service:{service}"] = _node("service", service, _one(totals), grid)
    for edge in edges:
        _known(nodes, edge.source, grid)
    looked_at, calls = calls_repo.between_services(
        columns, scope, samples, environment=environment, spans_at_most=SPANS_AT_MOST
    )
    for call in calls:
        edges.append(_between(call, ratio, grid))
        _known(nodes, f"service:{call.caller}", grid)
        _known(nodes, f"service:{call.callee}", grid)
    return ServiceMap(
        from_ms=grid.range.start_ms,
        to_ms=grid.range.end_ms,
        nodes=sorted(nodes.values(), key=lambda node: (-node.calls, node.id)),
        edges=sorted(edges, key=lambda edge: (-edge.calls, edge.source, edge.target)),
        sample_ratio=ratio,
        sampled_spans=looked_at,
    )


def _is_ours(called: tuple[str, str, str], behind: Mapping[str, Collection[str]]) -> bool:
    """Whether what was called is a service that sends spans itself: it is on the map by its name,
    and would stand there twice. (service, category, host)
    """
    _service, category, host = called
    return category in _BY_HOST and host in behind


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


def _between(call: calls_repo.Calls, ratio: float, grid: Grid) -> MapEdge:
    scaled = round(call.calls / ratio)
    return MapEdge(
        source=f"service:{call.caller}",
        target=f"service:{call.callee}",
        calls=scaled,
        per_s=_per_s(scaled, grid),
        errors=round(call.errors / ratio),
        error_ratio=call.errors / call.calls if call.calls else 0.0,
        p50_ms=call.p50_ms,
        p95_ms=call.p95_ms,
        is_estimated=ratio < 1,
    )


def _samples(span: TimeRange, spans: int) -> tuple[list[TimeRange], float]:
    """Stretches spread over the range that hold about SPANS_AT_MOST, and their share of it."""
    if spans <= SPANS_AT_MOST:
        return [span], 1.0
    step = span.length_ms / SAMPLES
    length = min(int(step * SPANS_AT_MOST / spans), _LONGEST_SAMPLE_MS)
    length = max(length, int(step * min(1.0, _LEAST_SPANS / spans)), 1)
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
