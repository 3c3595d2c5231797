"""A page of a search: candidates in order, each trace once, until the page is full or time is up.

A trace stands where its newest (or longest) match is, so that a page and the next never share one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from watchkeeper.lib.clock import MINUTE_MS, NS_A_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.language import Term, parse_search
from watchkeeper.traces.queries import TraceQuery, TraceSort
from watchkeeper.traces.repo import search as repo
from watchkeeper.traces.repo.conditions import is_costly
from watchkeeper.traces.repo.search import Candidate, Wanted, Window
from watchkeeper.traces.types import TraceItem, TracePage

Seconds = Callable[[], float]
"""A monotonic clock."""

_MOST_SLICES = 64
_ROWS_A_TRACE = {False: 1, True: 6}
"""Matches that are read for each trace of a page: a trace may have several."""
_FIRST_SLICE = {False: 8, True: 128}
"""The first stretch that is searched is this part of the range; the next is twice as long."""


def wanted_of(query: TraceQuery) -> Wanted:
    """The query as terms. Raises BadSearch."""
    terms = [*parse_search(query.text), *_given(query)]
    of_spans = [term for term in terms if term.of == "span"]
    if len(of_spans) != 1:
        return Wanted(terms=terms)
    rest = [term for term in terms if term.of == "trace"]
    if _is_one_service(of_spans[0]):
        return Wanted(terms=rest, service=of_spans[0].values[0])
    if _is_any_error(of_spans[0]):
        return Wanted(terms=[*rest, Term(of="trace", field="trace.errors", comparison=">")])
    return Wanted(terms=terms)


def _is_one_service(term: Term) -> bool:
    is_plain = term.field == "service" and not term.is_negated and len(term.values) == 1
    return is_plain and "*" not in term.values[0]


def _is_any_error(term: Term) -> bool:
    return term.field == "status" and not term.is_negated and term.values == ("error",)


def _given(query: TraceQuery) -> list[Term]:
    spans = (("service", query.service), ("op", query.op), ("route", query.route))
    traces = (("environment", query.environment), ("release", query.release))
    terms = [Term(of="span", field=f, values=(v,)) for f, v in spans if v]
    if query.status:
        terms.append(Term(of="span", field="status", values=(query.status,)))
    terms += [Term(of="trace", field=f, values=(v,)) for f, v in traces if v]
    if query.min_ms is not None:
        terms.append(_lasting(">=", query.min_ms))
    if query.max_ms is not None:
        terms.append(_lasting("<=", query.max_ms))
    return terms


def _lasting(sign: str, ms: float) -> Term:
    return Term(
        of="trace",
        field="trace.duration",
        comparison=">=" if sign == ">=" else "<=",
        number=ms * NS_A_MS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search of one caller."""

    columns: Columns
    scope: Scope
    query: TraceQuery
    wanted: Wanted
    limit: int

    @property
    def window(self) -> Window:
        return Window.of(self.query.range)

    def rows(self, candidates: Sequence[Candidate], sort: TraceSort) -> dict[str, TraceItem]:
        """The candidates that belong on this page, by trace id."""
        found = repo.whole(self.columns, self.scope, self.wanted, candidates)
        near = [each for each in candidates if each.trace_id in found]
        counts = repo.matched(self.columns, self.scope, self.wanted, self.window, near)
        ranks = {each.trace_id: each.rank for each in candidates}
        kept = {}
        for trace_id, item in found.items():
            matches, newest_ns, longest_ns = counts.get(trace_id, (0, 0, 0))
            best = newest_ns if sort is TraceSort.NEWEST else longest_ns
            if best == ranks[trace_id]:
                seen = matches if self.wanted.of_spans else 0
                kept[trace_id] = replace(item, matched=seen)
        return kept


def newest_page(search: Search, cursor: str, *, budget_s: float, seconds: Seconds) -> TracePage:
    """The newest first. A slice of time is added until the page is full or the time is spent."""
    window = search.window
    end_ns, before = _rank_of(cursor) if cursor else (window.end_ns, "")
    slice_ns = max(
        (window.end_ns - window.start_ns) // _FIRST_SLICE[is_costly(search.wanted.terms)],
        MINUTE_MS * NS_A_MS,
    )
    if not search.wanted.of_spans:
        slice_ns = window.end_ns - window.start_ns
    fetched = search.limit * _ROWS_A_TRACE[search.wanted.of_spans]
    deadline = seconds() + budget_s
    kept: list[TraceItem] = []
    for _ in range(_MOST_SLICES):
        begin_ns = max(window.start_ns, end_ns - slice_ns)
        part = Window(start_ns=begin_ns, end_ns=end_ns)
        found = repo.newest(
            search.columns, search.scope, search.wanted, part, before=before, limit=fetched
        )
        tops = _tops(found)
        rows = search.rows(tops, TraceSort.NEWEST)
        for each in tops:
            if each.trace_id in rows:
                kept.append(rows[each.trace_id])
                if len(kept) == search.limit:
                    return _page(kept, each.at_ns, each.trace_id, window)
        if len(found) == fetched:
            end_ns, before = found[-1].at_ns, found[-1].trace_id
        else:
            end_ns, before, slice_ns = begin_ns, "", slice_ns * 2
        if (end_ns <= window.start_ns and not before) or seconds() > deadline:
            break
    return _page(kept, end_ns, before, window)


def _tops(found: Sequence[Candidate]) -> list[Candidate]:
    """The first match of each trace."""
    first: dict[str, Candidate] = {}
    for each in found:
        first.setdefault(each.trace_id, each)
    return list(first.values())


def _page(items: list[TraceItem], reached_ns: int, before: str, window: Window) -> TracePage:
    is_over = reached_ns <= window.start_ns and not before
    return TracePage(
        traces=sorted(items, key=lambda item: item.start_ms, reverse=True),
        next_cursor=None if is_over else f"{reached_ns}:{before}",
        searched_from_ms=max(reached_ns, window.start_ns) // NS_A_MS,
        is_partial=False,
    )


def slowest_page(search: Search, cursor: str) -> TracePage:
    """The longest first: of the trace, or of the span that matched."""
    below = _rank_of(cursor) if cursor else None
    found = repo.slowest(
        search.columns,
        search.scope,
        search.wanted,
        search.window,
        below=below,
        limit=search.limit + 1,
    )
    shown = _tops(found[: search.limit])
    rows = search.rows(shown, TraceSort.SLOWEST)
    last = found[search.limit - 1] if len(found) > search.limit else None
    return TracePage(
        traces=sorted(rows.values(), key=lambda item: item.duration_ns, reverse=True),
        next_cursor=f"{last.rank}:{last.trace_id}" if last else None,
        searched_from_ms=search.query.range.start_ms,
        is_partial=False,
    )


def _rank_of(cursor: str) -> tuple[int, str]:
    rank, _, trace_id = cursor.partition(":")
    return _number(rank), trace_id


def _number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 19:
        raise Invalid("The cursor is not one of this list; begin without one.")
    return int(cursor)
