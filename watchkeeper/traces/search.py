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
        found = repo.whole(self.columns, self.scope, self.wanted, candidates, self.window)
        best = {
            trace_id: each.newest_ns if sort is TraceSort.NEWEST else each.longest_ns
            for trace_id, each in found.items()
        }
        seen = dict.fromkeys(found, 0)
        if self.wanted.of_spans:
            near = [each for each in candidates if each.trace_id in found]
            counts = repo.matched(self.columns, self.scope, self.wanted, self.window, near)
            for trace_id, (matches, newest_ns, longest_ns) in counts.items():
                best[trace_id] = newest_ns if sort is TraceSort.NEWEST else longest_ns
                seen[trace_id] = matches
        ranks = {each.trace_id: each.rank for each in candidates}
        return {
            trace_id: replace(each.item, matched=seen[trace_id])
            for trace_id, each in found.items()
            if best[trace_id] == ranks[trace_id]
        }


def newest_page(search: Search, cursor: str, *, budget_s: float, seconds: Seconds) -> TracePage:
    """The newest first. A slice of time is added until the page is full or the time is spent."""
    window = search.window
    end_ns, before = _rank_of(cursor) if cursor else (window.end_ns, "")
    slice_ns = _first_slice_ns(search)
    if not search.wanted.of_spans:
        slice_ns = window.end_ns - window.start_ns
    fetched = search.limit * _ROWS_A_TRACE[search.wanted.of_spans]
    deadline = seconds() + budget_s
    kept: list[TraceItem] = []
    for _ in range(_MOST_SLICES):
        started = seconds()
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
        is_full = len(found) == fetched
        if is_full:
            end_ns, before = found[-1].at_ns, found[-1].trace_id
        else:
            end_ns, before, slice_ns = begin_ns, "", slice_ns * 2
        is_over = end_ns <= window.start_ns and not before
        if is_over or _would_end(seconds(), started, longer=1 if is_full else 2) > deadline:
            break
    return _page(kept, end_ns, before, window)


def _would_end(now_s: float, started_s: float, *, longer: int) -> float:
    """When the next stretch would be read, if it takes so many times as long as the last one."""
    return now_s + longer * (now_s - started_s)


def _first_slice_ns(search: Search) -> int:
    length_ns = search.window.end_ns - search.window.start_ns
    part = length_ns // _FIRST_SLICE[is_costly(search.wanted.terms)]
    return max(part, MINUTE_MS * NS_A_MS)


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


def slowest_page(search: Search, cursor: str, *, budget_s: float, seconds: Seconds) -> TracePage:
    """The longest first: of the trace, or of the span that matched.

    Where spans must be read, of as far back as the time allowed; the pages that follow are of the
    same stretch, and then of one before it.
    """
    window = search.window
    after = _Place.of(cursor).inside(window) if cursor else _Place(end_ns=window.end_ns)
    if after.begin_ns or not search.wanted.of_spans:
        begin_ns = after.begin_ns or window.start_ns
        found = _longest(search, after, Window(start_ns=begin_ns, end_ns=after.end_ns), 0)
    else:
        begin_ns, found = _longest_so_far(search, after, budget_s=budget_s, seconds=seconds)
    shown = _tops(found[: search.limit])
    rows = search.rows(shown, TraceSort.SLOWEST)
    following = None
    if len(found) > search.limit:
        last = found[search.limit - 1]
        following = _Place(last.rank, last.trace_id, begin_ns=begin_ns, end_ns=after.end_ns)
    elif begin_ns > window.start_ns:
        following = _Place(end_ns=begin_ns)
    return TracePage(
        traces=sorted(rows.values(), key=lambda item: item.duration_ns, reverse=True),
        next_cursor=following.text if following else None,
        searched_from_ms=begin_ns // NS_A_MS,
        is_partial=begin_ns > window.start_ns,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a list of the slowest goes on: after a rank, in a stretch; begin_ns 0: not searched."""

    rank: int = 0
    trace_id: str = ""
    begin_ns: int = 0
    end_ns: int = 0

    @classmethod
    def of(cls, cursor: str) -> _Place:
        """Raises Invalid."""
        rank, trace_id, begin, end = (cursor.split(":") + [""] * 4)[:4]
        return cls(_number(rank), trace_id, _number(begin), _number(end))

    def inside(self, window: Window) -> _Place:
        """The same, of the window at most."""
        begin_ns = max(self.begin_ns, window.start_ns) if self.begin_ns else 0
        return replace(self, begin_ns=begin_ns, end_ns=min(self.end_ns, window.end_ns))

    @property
    def text(self) -> str:
        return f"{self.rank}:{self.trace_id}:{self.begin_ns}:{self.end_ns}"

    @property
    def below(self) -> tuple[int, str] | None:
        return (self.rank, self.trace_id) if self.trace_id else None


def _longest(search: Search, after: _Place, window: Window, at_least: int) -> list[Candidate]:
    return repo.slowest(
        search.columns,
        search.scope,
        search.wanted,
        window,
        below=after.below,
        at_least=at_least,
        limit=search.limit + 1,
    )


def _longest_so_far(
    search: Search, after: _Place, *, budget_s: float, seconds: Seconds
) -> tuple[int, list[Candidate]]:
    """How far back was searched within the time, Unix ns, and the longest of that stretch."""
    window = search.window
    slice_ns = _first_slice_ns(search)
    deadline = seconds() + budget_s
    begin_ns, best = after.end_ns, list[Candidate]()
    for _ in range(_MOST_SLICES):
        end_ns, begin_ns = begin_ns, max(window.start_ns, begin_ns - slice_ns)
        at_least = best[-1].rank if len(best) > search.limit else 0
        started = seconds()
        best += _longest(search, after, Window(start_ns=begin_ns, end_ns=end_ns), at_least)
        best.sort(key=lambda each: (each.rank, each.trace_id), reverse=True)
        del best[search.limit + 1 :]
        if begin_ns <= window.start_ns or _would_end(seconds(), started, longer=2) > deadline:
            break
        slice_ns *= 2
    return begin_ns, best


def _rank_of(cursor: str) -> tuple[int, str]:
    rank, _, trace_id = cursor.partition(":")
    return _number(rank), trace_id


def _number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 19:
        raise Invalid("The cursor is not one of this list; begin without one.")
    return int(cursor)
