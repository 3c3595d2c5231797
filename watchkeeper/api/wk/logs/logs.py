"""Logs: search, histogram, facets, patterns, context, completion."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from watchkeeper.api.auth import Caller, RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.logs.answers import (
    facet_answer,
    histogram_answer,
    line_answer,
    pattern_answer,
)
from watchkeeper.api.wk.logs.shapes import (
    LogCompletion,
    LogCompletionsAnswer,
    LogContextAnswer,
    LogFacetsAnswer,
    LogFilter,
    LogHistogram,
    LogLine,
    LogPatternsAnswer,
    LogsAnswer,
)
from watchkeeper.api.wk.shapes import ERRORS
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.lib.side_by_side import side_by_side
from watchkeeper.logs import (
    Field as SearchField,
)
from watchkeeper.logs import (
    LogCounts,
    LogPatterns,
    LogSearch,
    LogSearches,
    Spot,
    completions,
    field_named,
    parse_search,
    words_of,
)

DEFAULT_MS = HOUR_MS
_SIDEBAR = ("level", "service", "environment", "host", "release", "source")
_SHOWN_ATTRIBUTES = 60
LineId = Annotated[str, Path(max_length=80)]

router = LateRouter(tags=["logs"], responses=ERRORS)


class LogsQuery(LogFilter):
    """cursor: `next_cursor` of the page before, with the same q and range."""

    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=100, ge=1, le=1_000)
    order: Literal["newest", "oldest"] = "newest"


class HistogramQuery(LogFilter):
    """buckets: at most so many; the step is a round one."""

    buckets: int = Field(default=60, ge=1, le=500)


class FacetsQuery(LogFilter):
    """field: what to count, as the search language writes it; level, service, … if absent."""

    field: list[str] = Field(default_factory=list, max_length=20)
    limit: int = Field(default=10, ge=1, le=100)


class PatternsQuery(LogFilter):
    """since: patterns that came up first at or after it are new, Unix ms; `from` if absent."""

    since: int | None = Field(default=None, ge=0)
    limit: int = Field(default=50, ge=1, le=200)


class CompletionQuery(LogFilter):
    """position: of the text cursor in q, in characters; its end if absent."""

    position: int | None = Field(default=None, ge=0, le=4_000)


_By = Literal["service", "host", "file"]
_AROUND: tuple[_By, ...] = ("service", "host")


class ContextQuery(BaseModel):
    """by: what the lines have in common with the one."""

    before: int = Field(default=20, ge=0, le=500)
    after: int = Field(default=20, ge=0, le=500)
    by: list[_By] = Field(default=list(_AROUND), max_length=3)


class RelatedQuery(BaseModel):
    """Of which trace or request, or both."""

    trace_id: str = Field(default="", max_length=64)
    request_id: str = Field(default="", max_length=128)
    limit: int = Field(default=200, ge=1, le=2_000)


@router.get("/projects/{project_id}/logs")
def list_logs(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[LogsQuery, Query()]
) -> LogsAnswer:
    """A page of lines. The last hour if no range is given."""
    node = parse_search(query.q)
    search = LogSearch(
        range=query.within(rooms.clock(), default_ms=DEFAULT_MS),
        node=node,
        after=Spot.of(query.cursor) if query.cursor else None,
        limit=query.limit,
        is_newest_first=query.order == "newest",
    )
    page = LogSearches(rooms.columns, scope, rooms.clock).page(search)
    return LogsAnswer(
        lines=[line_answer(each) for each in page.lines],
        next_cursor=str(page.after) if page.after else None,
        words=words_of(node),
    )


@router.get("/projects/{project_id}/logs/histogram")
def get_log_histogram(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[HistogramQuery, Query()]
) -> LogHistogram:
    """Lines a bucket and severity; what takes too long to count is counted in a sample."""
    span = query.within(rooms.clock(), default_ms=DEFAULT_MS)
    counts = LogCounts(rooms.columns, scope)
    return histogram_answer(counts.histogram(span, parse_search(query.q), buckets=query.buckets))


@router.get("/projects/{project_id}/logs/facets")
def get_log_facets(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[FacetsQuery, Query()]
) -> LogFacetsAnswer:
    """The commonest values of fields among the lines that match."""
    span = query.within(rooms.clock(), default_ms=DEFAULT_MS)
    node, counts = parse_search(query.q), LogCounts(rooms.columns, scope)
    fields = [_field(name) for name in dict.fromkeys(query.field or _SIDEBAR)]
    facets, names = side_by_side(
        lambda: counts.facets(span, node, fields, limit=query.limit),
        lambda: counts.attributes(span, node, limit=_SHOWN_ATTRIBUTES),
    )
    return LogFacetsAnswer(
        facets=[facet_answer(each) for each in facets],
        attributes=[name for name, _lines in names],
    )


@router.get("/projects/{project_id}/logs/completion")
def complete_log_search(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[CompletionQuery, Query()]
) -> LogCompletionsAnswer:
    """What may stand at the text cursor, from the lines of the range."""
    span = query.within(rooms.clock(), default_ms=DEFAULT_MS)
    at = len(query.q) if query.position is None else query.position
    found = completions(LogCounts(rooms.columns, scope), span, query.q, at)
    return LogCompletionsAnswer(
        start=found.start,
        end=found.end,
        options=[
            LogCompletion.model_validate(
                {
                    "label": each.label,
                    "insert": each.insert,
                    "kind": each.kind,
                    "detail": each.detail,
                    "count": each.count,
                }
            )
            for each in found.options
        ],
    )


@router.get("/projects/{project_id}/logs/patterns")
def list_log_patterns(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[PatternsQuery, Query()]
) -> LogPatternsAnswer:
    """Lines that say the same, the commonest first."""
    span = query.within(rooms.clock(), default_ms=DEFAULT_MS)
    since_ms = span.start_ms if query.since is None else query.since
    found = LogPatterns(rooms.columns, scope).of(span, parse_search(query.q), limit=query.limit)
    scale = found.total / found.counted if found.counted else 1.0
    return LogPatternsAnswer(
        patterns=[
            pattern_answer(each, scale=scale, total=found.total, since_ms=since_ms)
            for each in found.patterns
        ],
        total=found.total,
        counted=found.counted,
        patterns_total=found.patterns_total,
        since_ms=since_ms,
    )


@router.get("/projects/{project_id}/logs/related")
def list_related_logs(
    rooms: RoomsHere,
    caller: Caller,
    scope: ViewerScope,
    query: Annotated[RelatedQuery, Query()],
) -> list[LogLine]:
    """Lines of a trace or request, oldest first, in every project of this one's organisation that
    the caller may see."""
    wide = next((m for m in caller.memberships if m.org_id == scope.org_id), None)
    if wide is not None:
        scope = caller.scope(org=wide.org_slug)
    found = LogSearches(rooms.columns, scope, rooms.clock).related(
        trace_id=query.trace_id, request_id=query.request_id, limit=query.limit
    )
    return [line_answer(each) for each in found]


@router.get("/projects/{project_id}/logs/lines/{line_id}")
def get_log_line(rooms: RoomsHere, scope: ViewerScope, line_id: LineId) -> LogLine:
    """One line by its id."""
    return line_answer(LogSearches(rooms.columns, scope, rooms.clock).line(Spot.of(line_id)))


@router.get("/projects/{project_id}/logs/lines/{line_id}/context")
def get_log_context(
    rooms: RoomsHere,
    scope: ViewerScope,
    line_id: LineId,
    query: Annotated[ContextQuery, Query()],
) -> LogContextAnswer:
    """Lines before and after one, of the same service and host (or file)."""
    found = LogSearches(rooms.columns, scope, rooms.clock).context(
        Spot.of(line_id), before=query.before, after=query.after, by=query.by
    )
    return LogContextAnswer(
        before=[line_answer(each) for each in found.before],
        line=line_answer(found.line),
        after=[line_answer(each) for each in found.after],
        by=dict(found.by),
    )


def _field(name: str) -> SearchField:
    """Raises Invalid for a field that is not counted."""
    found = field_named(name)
    if found is None or found.name == "body":
        raise Invalid(
            f"There is no field {name[:60]!r} to count; ask for level, service, environment, host, "
            "release, source, user, request, pattern or attr.NAME."
        )
    return found
