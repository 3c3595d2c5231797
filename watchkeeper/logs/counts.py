"""Histograms over time and facets: exact where that is cheap, else counted in a sample."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.lib.clock import MINUTE_MS
from watchkeeper.lib.round_steps import round_step_ms
from watchkeeper.logs.language import Field, FieldKind, Node, columns_used, is_plain
from watchkeeper.logs.repo import (
    Count,
    Stripes,
    attribute_names,
    condition_of,
    count_buckets,
    count_lines,
    facet_counts,
    minute_counts,
    minute_facets,
    rows_to_read,
)
from watchkeeper.logs.sampling import stripes_of, stripes_of_buckets
from watchkeeper.logs.types import Facet, Histogram, severity_row
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns, QueryTooHeavy


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBounds:
    """How much is read to count.

    most_rows: lines for one exact histogram; a search that the index narrows reads far fewer.
    sampled_rows: lines for one by sample. facet_rows: for exact facets. facet_lines: for facets by
    sample, and where too few of those match. A line's attributes are as long as all the rest of
    it: where they are read, it is half as many.
    """

    most_rows: int = 2_000_000
    sampled_rows: int = 200_000
    facet_rows: int = 500_000
    facet_lines: tuple[int, int] = (60_000, 300_000)


_FACET_PARTS = (8, 24)
"""Stretches of a range in which the smaller and the larger sample for facets lie."""
_ENOUGH_LINES = 500
_ESTIMATE_PARTS, _ESTIMATE_ONE_IN = 16, 12.0
"""Where the index is asked how much it can rule out, before it is asked of the whole range."""
_NAME_LINES, _NAME_PARTS = 20_000, 4
"""For names of attributes, which most lines have in common."""


class LogCounts:
    """Counts lines of one caller's project."""

    def __init__(self, columns: Columns, scope: Scope, bounds: CountBounds | None = None) -> None:
        self._columns, self._scope = columns, scope
        self._bounds = bounds or CountBounds()
        self._rows: dict[tuple[TimeRange, Node], int] = {}
        self._looking_up = threading.Lock()

    def histogram(self, span: TimeRange, node: Node, *, buckets: int) -> Histogram:
        """Lines by severity and time. Buckets begin at multiples of a round step."""
        step_ms = step_of(span, buckets)
        start_ms = span.start_ms // step_ms * step_ms
        end_ms = -(-span.end_ms // step_ms) * step_ms
        aligned = TimeRange(start_ms, end_ms)
        condition = condition_of(node)
        if is_plain(node) and step_ms % MINUTE_MS == 0:
            counts = minute_counts(self._columns, self._scope, aligned, condition, step_ms=step_ms)
            return _histogram(counts, aligned, step_ms, 1.0, is_exact=True)
        rows, bounds = self._rows_of(aligned, node), self._bounds
        if rows <= bounds.most_rows:
            try:
                counts = count_buckets(
                    self._columns,
                    self._scope,
                    aligned,
                    condition,
                    step_ms=step_ms,
                    stripes=None,
                    most_rows=2 * bounds.most_rows,
                )
                return _histogram(counts, aligned, step_ms, 1.0, is_exact=True)
            except QueryTooHeavy:
                rows = self._rows_after_all(aligned, node)
        one_in = max(1.0, rows / bounds.sampled_rows)
        stripes = stripes_of_buckets(aligned, step_ms, one_in=one_in)
        counts = count_buckets(
            self._columns, self._scope, aligned, condition, step_ms=step_ms, stripes=stripes
        )
        return _histogram(counts, aligned, step_ms, stripes.one_in, is_exact=False)

    def facets(
        self, span: TimeRange, node: Node, fields: Sequence[Field], *, limit: int
    ) -> list[Facet]:
        """The commonest values of each field, in the order of the fields."""
        condition = condition_of(node)
        rolled = [each for each in fields if is_plain(node) and _is_rolled(each)]
        others = [each for each in fields if each not in rolled]
        found: dict[str, Facet] = {}
        if rolled:
            rows = minute_facets(self._columns, self._scope, span, condition, rolled, limit=limit)
            found |= _facets(rolled, list(rows), total=None, one_in=1.0)
        if others:
            found |= self._of_lines(span, node, others, limit=limit)
        return [found[each.name] for each in fields]

    def attributes(self, span: TimeRange, node: Node, *, limit: int) -> list[tuple[str, int]]:
        """Names of attributes, the commonest first; of many lines those of a sample."""
        rows, stripes = self._rows_of(span, node), None
        if rows > _NAME_LINES:
            stripes = stripes_of(span, parts=_NAME_PARTS, one_in=rows / _NAME_LINES)
        return attribute_names(
            self._columns, self._scope, span, condition_of(node), limit=limit, stripes=stripes
        )

    def _of_lines(
        self, span: TimeRange, node: Node, fields: Sequence[Field], *, limit: int
    ) -> dict[str, Facet]:
        """Facets from the lines: from all of them, or else from a sample with enough that match."""
        used = columns_used(node) | {each.column for each in fields}
        weight = 2 if "attributes" in used else 1
        most = self._bounds.facet_rows // weight
        rows = self._rows_of(span, node)
        if rows <= most:
            try:
                return self._counted(span, node, fields, None, limit=limit, most_rows=2 * most)
            except QueryTooHeavy:
                rows = self._rows_after_all(span, node)
        found: dict[str, Facet] = {}
        for lines, parts in zip(self._bounds.facet_lines, _FACET_PARTS, strict=True):
            stripes = stripes_of(span, parts=parts, one_in=max(1.0, rows * weight / lines))
            found = self._counted(span, node, fields, stripes, limit=limit, most_rows=None)
            if all(facet.counted >= _ENOUGH_LINES for facet in found.values()):
                break
        return found

    def _counted(
        self,
        span: TimeRange,
        node: Node,
        fields: Sequence[Field],
        stripes: Stripes | None,
        *,
        limit: int,
        most_rows: int | None,
    ) -> dict[str, Facet]:
        rows = facet_counts(
            self._columns,
            self._scope,
            span,
            condition_of(node),
            fields,
            limit=limit,
            stripes=stripes,
            most_rows=most_rows,
        )
        found = list(rows)
        total = next((lines for at, _value, lines in found if at < 0), 0)
        return _facets(fields, found, total=total, one_in=stripes.one_in if stripes else 1.0)

    def _rows_of(self, span: TimeRange, node: Node) -> int:
        """About how many lines a search would read; looked up once, whatever is asked of them."""
        key = span, node
        with self._looking_up:  # facets and names ask at the same time
            if key not in self._rows:
                self._rows[key] = rows_to_read(
                    self._columns,
                    self._scope,
                    span,
                    condition_of(node),
                    stripes_of(span, parts=_ESTIMATE_PARTS, one_in=_ESTIMATE_ONE_IN),
                )
            return self._rows[key]

    def _rows_after_all(self, span: TimeRange, node: Node) -> int:
        """The same where it turned out to be too few: all there are."""
        self._rows[span, node] = count_lines(self._columns, self._scope, span)
        return self._rows[span, node]


def step_of(span: TimeRange, buckets: int) -> int:
    """The shortest round step with which the range has no more buckets than wished."""
    return round_step_ms(max(1, math.ceil(span.length_ms / max(1, buckets))))


def _histogram(
    counts: Sequence[Count], span: TimeRange, step_ms: int, scale: float, *, is_exact: bool
) -> Histogram:
    times = list(range(span.start_ms, span.end_ms, step_ms))
    rows = severity_row(len(times))
    for count in counts:
        row = rows.get(count.severity, rows["info"])
        if 0 <= count.bucket < len(times):
            row[count.bucket] += round(count.lines * scale)
    return Histogram(
        times_ms=times,
        step_ms=step_ms,
        by_severity=rows,
        total=sum(map(sum, rows.values())),
        is_exact=is_exact,
    )


def _is_rolled(field: Field) -> bool:
    return field.kind is FieldKind.LEVEL or field.name in {
        "service",
        "environment",
        "host",
        "release",
        "source",
    }


def _facets(
    fields: Sequence[Field],
    rows: Sequence[tuple[int, str, int]],
    *,
    total: int | None,
    one_in: float,
) -> dict[str, Facet]:
    """total: lines that match; None if they are what the rows add up to. one_in: of the sample."""
    facets = {}
    for number, searched in enumerate(fields):
        values = [(value, lines) for at, value, lines in rows if at == number]
        facets[searched.name] = Facet(
            field=searched.name,
            values=values,
            counted=sum(lines for _value, lines in values) if total is None else total,
            one_in=one_in,
        )
    return facets
