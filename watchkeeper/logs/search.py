"""Finding lines: pages of a search, single lines, what stands around one, all of a request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.logs.language import Always, And, Matches, Node, attribute_field, field_named
from watchkeeper.logs.repo import (
    arrived_lines,
    condition_of,
    lines_of_ids,
    page_of_lines,
)
from watchkeeper.logs.slices import slices_of
from watchkeeper.logs.types import Context, Line, LogPage, LogSearch, Spot
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

_FILE = "log.file.path"
_LINES_A_STEP = 2_000


class LogSearches:
    """Reads lines of one caller's projects."""

    def __init__(self, columns: Columns, scope: Scope, clock: Clock) -> None:
        self._columns, self._scope, self._clock = columns, scope, clock

    def page(self, search: LogSearch) -> LogPage:
        """One page. Time is searched slice by slice, so that what is common is found at once."""
        condition = condition_of(search.node)
        wanted, found = search.limit + 1, list[Line]()
        for part in slices_of(search.range, search.after, is_newest_first=search.is_newest_first):
            found += page_of_lines(
                self._columns,
                self._scope,
                part,
                condition,
                after=search.after,
                is_newest_first=search.is_newest_first,
                limit=wanted - len(found),
            )
            if len(found) >= wanted:
                break
        return _page(found, search)

    def every(self, search: LogSearch, *, most: int) -> Iterator[Sequence[Line]]:
        """All lines of a search up to `most`, some thousands at a time."""
        while most > 0:
            page = self.page(replace(search, limit=min(most, _LINES_A_STEP)))
            yield page.lines
            most -= len(page.lines)
            if page.after is None:
                return
            search = replace(search, after=page.after)

    def line(self, spot: Spot) -> Line:
        """The line at a spot. Raises NotFound."""
        found = page_of_lines(
            self._columns,
            self._scope,
            TimeRange(spot.ts_ms, spot.ts_ms + 1),
            condition_of(Always()),
            after=replace(spot, skip=0),
            is_newest_first=True,
            limit=1,
        )
        if not found or found[0].spot != replace(spot, skip=0):
            raise NotFound("There is no such line, or it is older than what is kept.")
        return found[0]

    def context(self, spot: Spot, *, before: int, after: int, by: Sequence[str]) -> Context:
        """Lines next to one that have the same service, host or file as it. Raises NotFound."""
        line = self.line(spot)
        same = {name: value for name in by if (value := _value_of(line, name))}
        parts = tuple(_equals(name, value) for name, value in same.items())
        node = And(parts) if parts else Always()
        around = LogSearch(
            range=TimeRange(line.ts_ms - DAY_MS, line.ts_ms + 1),
            node=node,
            after=replace(line.spot, skip=1),
            limit=before,
        )
        later = replace(
            around, range=TimeRange(line.ts_ms, line.ts_ms + DAY_MS), limit=after,
            is_newest_first=False,
        )  # fmt: skip
        older = self.page(around).lines if before else ()
        return Context(
            before=tuple(reversed(older)),
            line=line,
            after=self.page(later).lines if after else (),
            by=same,
        )

    def related(self, *, trace_id: str, request_id: str, limit: int) -> list[Line]:
        """Lines of a trace or a request, in every project of the scope, oldest first."""
        if not trace_id and not request_id:
            raise Invalid("Name a trace_id or a request_id.")
        return lines_of_ids(
            self._columns,
            self._scope,
            trace_id=trace_id.lower().replace("-", ""),
            request_id=request_id,
            limit=limit,
        )

    def arrived(self, node: Node, *, since_ms: int, until_ms: int, limit: int) -> list[Line]:
        """The newest lines received in [since_ms, until_ms), in the order of their arrival."""
        return arrived_lines(
            self._columns,
            self._scope,
            condition_of(node),
            since_ms=since_ms,
            until_ms=until_ms,
            limit=limit,
        )


def _page(found: list[Line], search: LogSearch) -> LogPage:
    if len(found) <= search.limit:
        return LogPage(lines=found, after=None)
    lines = found[: search.limit]
    if not lines:
        return LogPage(lines=lines, after=search.after)
    spot = lines[-1].spot
    skip = sum(line.spot == spot for line in lines)
    earlier = search.after
    if earlier is not None and replace(earlier, skip=0) == spot:
        skip += earlier.skip
    return LogPage(lines=lines, after=replace(spot, skip=skip))


def _value_of(line: Line, name: str) -> str:
    if name == "file":
        return line.attributes.get(_FILE, "")
    return {"service": line.service, "host": line.host}[name]


def _equals(name: str, value: str) -> Node:
    searched = attribute_field(_FILE) if name == "file" else field_named(name)
    assert searched is not None
    return Matches(searched, (value,))
