"""Reads for lists of traces: candidates in order, then whole rows of those on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from watchkeeper.lib.clock import HOUR_MS, NS_A_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces.language import Term
from watchkeeper.traces.repo.conditions import Bound, merged_where, parts_where, spans_where
from watchkeeper.traces.types import TraceItem

APART_MS = HOUR_MS
"""Parts of one trace are looked for within this of each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time, half-open, Unix ns."""

    start_ns: int
    end_ns: int

    @classmethod
    def of(cls, range_: TimeRange) -> Window:
        return cls(start_ns=range_.start_ms * NS_A_MS, end_ns=range_.end_ms * NS_A_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trace that may belong on the page. rank: start (newest) or length (slowest), ns."""

    trace_id: str
    at_ns: int
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A search as terms. service: fast path, a service that any span of the trace has."""

    terms: Sequence[Term]
    service: str = ""

    @property
    def of_spans(self) -> bool:
        """True if a single span must match, so that spans have to be read."""
        return any(term.of == "span" for term in self.terms)

    @property
    def of_traces(self) -> list[Term]:
        """The terms about whole traces."""
        return [term for term in self.terms if term.of == "trace"]


@dataclass(slots=True)
class _Read:
    """One statement in the making: its conditions and their values."""

    scope: Scope
    bound: Bound = field(default_factory=Bound)

    def params(self, **more: object) -> dict[str, object]:
        return {"projects": list(self.scope.project_ids), **self.bound.params, **more}


_OURS = "project_id IN {projects:Array(UInt32)}"


def _within(column: str, last: str = "<", *, of: str = "") -> str:
    """of: before the names of the bounds."""
    return (
        f"{column} >= fromUnixTimestamp64Nano({{{of}start:Int64}}) "
        f"AND {column} {last} fromUnixTimestamp64Nano({{{of}end:Int64}})"
    )


def newest(
    columns: Columns, scope: Scope, wanted: Wanted, window: Window, *, before: str, limit: int
) -> list[Candidate]:
    """Traces with something that matches in the window, the newest match first.

    before: of those that match right at the window's end, only traces with a lesser id.
    """
    read = _Read(scope)
    table, at, where = _source(wanted, read.bound)
    # With one project this is the tables' own order: rows are read from the end until enough.
    order = f"project_id DESC, {at} DESC, trace_id DESC"
    if len(scope.project_ids) > 1:
        order = f"{at} DESC, trace_id DESC"
    sql = f"""
    SELECT trace_id, toUnixTimestamp64Nano({at}) FROM {table}
    WHERE {_OURS} AND {_within(at, "<=")} AND {where}
      AND ({at} < fromUnixTimestamp64Nano({{end:Int64}}) OR trace_id < {{before:String}})
    ORDER BY {order} LIMIT {{limit:UInt32}}
    """
    params = read.params(start=window.start_ns, end=window.end_ns, before=before, limit=limit)
    rows = columns.rows(sql, params)
    return [Candidate(trace_id=t, at_ns=int(ns), rank=int(ns)) for t, ns in rows]


def slowest(
    columns: Columns,
    scope: Scope,
    wanted: Wanted,
    window: Window,
    *,
    below: tuple[int, str] | None,
    at_least: int,
    limit: int,
) -> list[Candidate]:
    """Traces with something that matches in the window, the longest match first.

    below: only what comes after this rank and trace id. at_least: ns.
    """
    read = _Read(scope)
    table, at, where = _source(wanted, read.bound)
    length = "duration_ns" if wanted.of_spans else "extent_ns"
    beyond = ""
    if below:
        beyond = f"""AND {length} <= {{rank:UInt64}}
          AND ({length}, trace_id) < ({{rank:UInt64}}, {{last:String}})"""
    sql = f"""
    SELECT trace_id, toUnixTimestamp64Nano({at}), {length} FROM {table}
    WHERE {_OURS} AND {_within(at)} AND {length} >= {{least:UInt64}} AND {where} {beyond}
    ORDER BY {length} DESC, trace_id DESC LIMIT {{limit:UInt32}}
    """
    rank, last = below or (0, "")
    params = read.params(
        start=window.start_ns,
        end=window.end_ns,
        limit=limit,
        rank=rank,
        last=last,
        least=at_least,
    )
    rows = columns.rows(sql, params)
    return [Candidate(trace_id=t, at_ns=int(ns), rank=int(took)) for t, ns, took in rows]


def _source(wanted: Wanted, bound: Bound) -> tuple[str, str, str]:
    """Table, its time and its condition."""
    if wanted.of_spans:
        return "spans", "ts", spans_where(wanted.terms, bound)
    where = parts_where(wanted.terms, bound)
    if wanted.service:
        where += f" AND has(services, {bound.text(wanted.service)})"
    return "trace_parts", "start", where


def matched(
    columns: Columns, scope: Scope, wanted: Wanted, window: Window, found: Sequence[Candidate]
) -> dict[str, tuple[int, int, int]]:
    """Of each trace: which spans match in the window, the newest time and the longest, ns."""
    if not found:
        return {}
    near = _near(found)
    read = _Read(scope)
    where = spans_where(wanted.terms, read.bound)
    sql = f"""
    SELECT trace_id, count(), max(toUnixTimestamp64Nano(ts)), max(duration_ns) FROM spans
    PREWHERE trace_id IN {{ids:Array(String)}}
    WHERE {_OURS} AND {_within("ts")} AND {where} GROUP BY trace_id
    """
    params = read.params(
        start=max(window.start_ns, near.start_ns),
        end=min(window.end_ns, near.end_ns),
        ids=[each.trace_id for each in found],
    )
    return {t: (int(n), int(ns), int(took)) for t, n, ns, took in columns.rows(sql, params)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A trace put together. newest_ns, longest_ns: of its parts that match in the window."""

    item: TraceItem
    newest_ns: int
    longest_ns: int


def whole(
    columns: Columns,
    scope: Scope,
    wanted: Wanted,
    candidates: Sequence[Candidate],
    window: Window,
) -> dict[str, Whole]:
    """The candidates as rows, those that fail a term about traces left out."""
    if not candidates:
        return {}
    read = _Read(scope)
    where = merged_where(wanted.terms, read.bound)
    _table, _at, matches = _source(replace(wanted, terms=wanted.of_traces), read.bound)
    sql = f"""
    SELECT trace_id, intDiv(begun, 1000000), extent_ns, has_root, spans, errors,
           name, service, op, route, method, status, environment, release, services,
           newest, longest
    FROM (
        SELECT trace_id, begun, extent_ns, has_root, spans, errors, head.1 AS name,
               head.2 AS service, head.3 AS op, head.4 AS route, head.5 AS method,
               head.6 AS status, head.7 AS environment, head.8 AS release, services,
               newest, longest
        FROM (
            SELECT trace_id, min(toUnixTimestamp64Nano(start)) AS begun,
                   max(toUnixTimestamp64Nano(start) + toInt64(part.extent_ns)) - begun AS extent_ns,
                   max(part.has_root) AS has_root, sum(part.spans) AS spans,
                   sum(part.errors) AS errors,
                   argMin((name, service, op, route, method, status, environment, release),
                          (part.has_root = 0, start)) AS head,
                   arraySort(groupUniqArrayArray(64)(part.services)) AS services,
                   maxIf(toUnixTimestamp64Nano(start), part.matches) AS newest,
                   maxIf(part.extent_ns, part.matches) AS longest
            FROM (
                SELECT *, {_within("start", of="window_")} AND {matches} AS matches
                FROM trace_parts
                PREWHERE trace IN (SELECT cityHash64(arrayJoin({{ids:Array(String)}})))
                WHERE trace_id IN {{ids:Array(String)}} AND {_OURS} AND {_within("start")}
            ) AS part GROUP BY trace_id
        )
    ) WHERE {where}
    """
    near = _near(candidates)
    params = read.params(
        ids=[each.trace_id for each in candidates],
        start=near.start_ns,
        end=near.end_ns,
        window_start=window.start_ns,
        window_end=window.end_ns,
    )
    return {
        row[0]: Whole(item=_item(row[:15]), newest_ns=int(row[15]), longest_ns=int(row[16]))
        for row in columns.rows(sql, params)
    }


def _near(found: Sequence[Candidate]) -> Window:
    """Where all parts of these traces are looked for."""
    times = [each.at_ns for each in found]
    apart_ns = APART_MS * NS_A_MS
    return Window(start_ns=min(times) - apart_ns, end_ns=max(times) + apart_ns)


def _item(row: list[object]) -> TraceItem:
    trace_id, start_ms, extent_ns, has_root, spans, errors, name, service, *rest = row
    op, route, method, status, environment, release, services = rest
    assert isinstance(services, list)
    return TraceItem(
        trace_id=str(trace_id),
        start_ms=int(str(start_ms)),
        duration_ns=int(str(extent_ns)),
        name=str(name),
        service=str(service),
        op=str(op),
        route=str(route),
        method=str(method),
        # The column holds nothing else.
        status=status,  # type: ignore[arg-type]
        has_root=bool(has_root),
        spans=int(str(spans)),
        errors=int(str(errors)),
        matched=0,
        services=[str(each) for each in services],
        environment=str(environment),
        release=str(release),
    )
