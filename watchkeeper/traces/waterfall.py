"""A trace as columns that a page draws. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.traces.critical import Stretch, critical_path
from watchkeeper.traces.repo.one import StoredError, StoredProfile, StoredSpan
from watchkeeper.traces.skew import adjust, skewed
from watchkeeper.traces.tree import Node, Tree, arrange, grown, measure
from watchkeeper.traces.types import (
    CriticalPath,
    OpFacts,
    ServiceFacts,
    SpanColumns,
    StatusName,
    Trace,
    TraceError,
    TraceLink,
    TraceProblem,
    TraceProfile,
)

REPEATED = 5
"""Equal statements below one parent from which on they are an N+1."""
MISSING_NAME = "missing span"
_STATUS = {"unset": 0, "ok": 1, "error": 2}
_MOST_LINKS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was read of one trace. spans: by start. total_spans: stored ones."""

    trace_id: str
    spans: Sequence[StoredSpan]
    total_spans: int
    error_events: int
    errors: Sequence[StoredError]
    lines: Mapping[str, int]
    profiles: Sequence[StoredProfile]
    root_attributes: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    release: str = ""


def drawn(found: Found, *, adjust_skew: bool, slow_query_ms: int) -> Trace:
    """The trace, its clocks adjusted if wanted."""
    tree = grown(found.spans)
    rows = arrange(tree.roots)
    is_skewed = skewed(rows)
    shifts = adjust(rows) if adjust_skew and is_skewed else {}
    if shifts:
        _stretch_missing(rows)
        rows = arrange(_again(rows, tree))
    measure(rows)
    start_ns = min(node.start_ns for node in rows)
    end_ns = max(node.end_ns for node in rows)
    head = next((node for node in tree.roots if node.span), rows[0])
    path = critical_path(tree.roots[0])
    services = _services(rows, shifts)
    names = _Dictionary()
    ops = _Dictionary()
    kinds = _Dictionary()
    row_of = {node.span_id: node.row for node in rows}
    projects = sorted({span.project_id for span in found.spans})
    return Trace(
        trace_id=found.trace_id,
        project_ids=projects,
        name=head.span.name if head.span else "",
        service=head.service,
        status=_status(head),
        start_ms=start_ns // NS_A_MS,
        start_nanos=start_ns % NS_A_MS,
        duration_ns=end_ns - start_ns,
        environment=found.environment,
        release=found.release,
        total_spans=found.total_spans,
        is_cut=found.total_spans > len(found.spans),
        duplicates=tree.duplicates,
        orphans=tree.orphans,
        is_skew_adjusted=bool(shifts),
        is_skewed=is_skewed,
        sample_ratio=_sample_ratio(found.root_attributes),
        error_events=found.error_events,
        log_lines=sum(found.lines.values()),
        spans=_columns(rows, found, _Tables(names, ops, kinds, services, projects, start_ns)),
        names=names.values,
        ops=ops.values,
        kinds=kinds.values,
        services=services,
        self_time=_self_time(rows),
        critical_path=_path(path, start_ns),
        errors=[told_error(each, row_of.get(each.span_id, -1)) for each in found.errors],
        links=_links(rows),
        profiles=[_profile(each, row_of) for each in found.profiles],
        problems=[*_repeated(rows), *_slow(rows, slow_query_ms * NS_A_MS)],
    )


def told_error(error: StoredError, row: int) -> TraceError:
    """An error event as it is told beside a trace or a span."""
    return TraceError(
        event_id=error.event_id,
        project_id=error.project_id,
        span_id=error.span_id,
        row=row,
        ts_ms=error.ts_ms,
        level=error.level,
        type=error.type,
        value=error.value,
    )


class _Dictionary:
    """Texts by number, in the order in which they came."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.values)
            self.values.append(text)
        return found


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the columns refer to by number."""

    names: _Dictionary
    ops: _Dictionary
    kinds: _Dictionary
    services: Sequence[ServiceFacts]
    projects: Sequence[int]
    start_ns: int


def _again(rows: Sequence[Node], tree: Tree) -> Sequence[Node]:
    for node in rows:
        node.descendants = 0
    return tree.roots


def _stretch_missing(rows: Sequence[Node]) -> None:
    """A missing parent is as long as its children, also after they were moved."""
    for node in rows:
        if node.span is None and node.children:
            node.start_ns = min(child.start_ns for child in node.children)
            node.end_ns = max(child.end_ns for child in node.children)


def _columns(rows: Sequence[Node], found: Found, tables: _Tables) -> SpanColumns:
    numbers = {each.name: at for at, each in enumerate(tables.services)}
    places = {project: at for at, project in enumerate(tables.projects)}
    errors: dict[str, int] = defaultdict(int)
    for each in found.errors:
        errors[each.span_id] += 1
    spans = [node.span for node in rows]
    return SpanColumns(
        span_id=[node.span_id for node in rows],
        parent=[node.parent.row if node.parent else -1 for node in rows],
        depth=[node.depth for node in rows],
        descendants=[node.descendants for node in rows],
        start_ns=[node.start_ns - tables.start_ns for node in rows],
        duration_ns=[node.end_ns - node.start_ns for node in rows],
        self_ns=[node.self_ns for node in rows],
        name=[tables.names.number(span.name if span else MISSING_NAME) for span in spans],
        service=[numbers[node.service] for node in rows],
        op=[tables.ops.number(span.op if span else "") for span in spans],
        kind=[tables.kinds.number(span.kind if span else "") for span in spans],
        status=[_STATUS.get(span.status, 0) if span else 0 for span in spans],
        http_status=[span.http_status if span else 0 for span in spans],
        errors=[errors.get(node.span_id, 0) for node in rows],
        logs=[found.lines.get(node.span_id, 0) for node in rows],
        is_missing=[span is None for span in spans],
        is_critical=[node.is_critical for node in rows],
        project=[places[span.project_id] if span else 0 for span in spans],
    )


def _status(node: Node) -> StatusName:
    status = node.span.status if node.span else "unset"
    return "error" if status == "error" else "ok" if status == "ok" else "unset"


def _is_error(node: Node) -> bool:
    return node.span is not None and node.span.status == "error"


def _services(rows: Sequence[Node], shifts: Mapping[str, int]) -> list[ServiceFacts]:
    """The one that works longest first."""
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in rows:
        groups[node.service].append(node)
    facts = [
        ServiceFacts(
            name=name,
            spans=sum(node.span is not None for node in nodes),
            errors=sum(map(_is_error, nodes)),
            self_ns=sum(node.self_ns for node in nodes),
            total_ns=sum(node.end_ns - node.start_ns for node in nodes if node.span),
            skew_ns=shifts.get(name, 0),
        )
        for name, nodes in groups.items()
    ]
    return sorted(facts, key=lambda each: (-each.self_ns, each.name))


def _self_time(rows: Iterable[Node]) -> list[OpFacts]:
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in rows:
        if node.span:
            groups[node.span.op].append(node)
    facts = [
        OpFacts(
            op=op,
            spans=len(nodes),
            errors=sum(map(_is_error, nodes)),
            self_ns=sum(node.self_ns for node in nodes),
            total_ns=sum(node.end_ns - node.start_ns for node in nodes),
        )
        for op, nodes in groups.items()
    ]
    return sorted(facts, key=lambda each: (-each.self_ns, each.op))


def _path(path: Sequence[Stretch], start_ns: int) -> CriticalPath:
    return CriticalPath(
        row=[each.node.row for each in path],
        from_ns=[each.from_ns - start_ns for each in path],
        to_ns=[each.to_ns - start_ns for each in path],
    )


def _links(rows: Iterable[Node]) -> list[TraceLink]:
    found: list[TraceLink] = []
    for node in rows:
        if node.span and node.span.links and len(found) < _MOST_LINKS:
            found += [
                TraceLink(row=node.row, trace_id=each["trace_id"], span_id=each["span_id"])
                for each in objects_of(node.span.links)
            ]
    return found[:_MOST_LINKS]


def objects_of(text: str) -> list[dict[str, str]]:
    """A stored JSON list of objects; empty for what cannot be read."""
    try:
        told = json.loads(text) if text else []
    except ValueError:
        return []
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _profile(profile: StoredProfile, row_of: Mapping[str, int]) -> TraceProfile:
    return TraceProfile(
        profile_id=profile.profile_id,
        project_id=profile.project_id,
        row=row_of.get(profile.span_id, -1),
        transaction=profile.transaction,
        duration_ns=profile.duration_ns,
    )


def _repeated(rows: Iterable[Node]) -> list[TraceProblem]:
    """Equal statements of one parent, the costliest first."""
    groups: dict[tuple[int, str], list[Node]] = defaultdict(list)
    for node in rows:
        if node.span and node.span.statement and node.parent:
            groups[node.parent.row, node.span.statement].append(node)
    found = [
        _problem(nodes, "n_plus_one", parent)
        for (parent, _), nodes in groups.items()
        if len(nodes) >= REPEATED
    ]
    return sorted(found, key=lambda each: -each.total_ns)


def _slow(rows: Iterable[Node], over_ns: int) -> list[TraceProblem]:
    nodes = [
        node
        for node in rows
        if node.span and node.span.statement and node.span.duration_ns > over_ns
    ]
    parents = [node.parent.row if node.parent else -1 for node in nodes]
    return [_problem([node], "slow_query", at) for node, at in zip(nodes, parents, strict=True)]


def _problem(nodes: Sequence[Node], kind: str, parent: int) -> TraceProblem:
    span = nodes[0].span
    return TraceProblem(
        kind="n_plus_one" if kind == "n_plus_one" else "slow_query",
        statement=span.statement if span else "",
        system=span.db_system if span else "",
        parent=parent,
        rows=[node.row for node in nodes],
        total_ns=sum(node.end_ns - node.start_ns for node in nodes),
    )


def _sample_ratio(attributes: Mapping[str, str]) -> float | None:
    for key in ("sentry.sample_rate", "sampling.probability", "SampleRate"):
        try:
            ratio = float(attributes.get(key, ""))
        except ValueError:
            continue
        if key == "SampleRate" and ratio > 1:
            ratio = 1 / ratio
        if 0 < ratio <= 1:
            return ratio
    return None
