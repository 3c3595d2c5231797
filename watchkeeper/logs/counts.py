"""Histograms over time and facets: exact where that is cheap, else counted in a sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.logs.language import Field, FieldKind, Node, is_plain
from watchkeeper.logs.repo import (
    Count,
    attribute_names,
    condition_of,
    count_buckets,
    count_lines,
    count_stripes,
    facet_counts,
    minute_counts,
    minute_facets,
)
from watchkeeper.logs.slices import newest_stretch
from watchkeeper.logs.types import Facet, Histogram, severity_row
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns, QueryTooHeavy

NEWEST_LINES = 5_000
"""Lines in which facets of a search are counted, and names of attributes looked for."""
_STEPS_MS = tuple(
    unit * count
    for unit, counts in (
        (SECOND_MS, (1, 2, 5, 10, 15, 30)),
        (MINUTE_MS, (1, 2, 5, 10, 15, 30)),
        (HOUR_MS, (1, 2, 3, 6, 12)),
        (DAY_MS, (1, 2, 7)),
    )
    for count in counts
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBounds:
    """How much is read to count.

    most_rows: lines for one exact histogram; a search that the index narrows reads far fewer.
    sampled_rows: lines for one by sample.
    """

    most_rows: int = 2_000_000
    sampled_rows: int = 200_000


class LogCounts:
    """Counts lines of one caller's project."""

    def __init__(self, columns: Columns, scope: Scope, bounds: CountBounds | None = None) -> None:
        self._columns, self._scope = columns, scope
        self._bounds = bounds or CountBounds()
        self._stretches: dict[tuple[TimeRange, Node], TimeRange] = {}

    def histogram(self, span: TimeRange, node: Node, *, buckets: int) -> Histogram:
        """Lines by severity and time. Buckets begin at multiples of a round step."""
        step_ms = step_of(span, buckets)
        start_ms = span.start_ms // step_ms * step_ms
        end_ms = -(-span.end_ms // step_ms) * step_ms
        aligned = TimeRange(start_ms, end_ms)
        condition = condition_of(node)
        is_exact, scale, counts = True, 1.0, list[Count]()
        if is_plain(node) and step_ms % MINUTE_MS == 0:
            counts = minute_counts(self._columns, self._scope, aligned, condition, step_ms=step_ms)
        else:
            try:
                counts = count_buckets(
                    self._columns,
                    self._scope,
                    aligned,
                    condition,
                    step_ms=step_ms,
                    most_rows=self._bounds.most_rows,
                )
            except QueryTooHeavy:
                is_exact = False
                scale, counts = self._sampled(aligned, node, step_ms)
        return _histogram(counts, aligned, step_ms, scale, is_exact=is_exact)

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
            found |= _facets(rolled, list(rows), total=None)
        if others:
            rows = facet_counts(
                self._columns,
                self._scope,
                self._newest(span, node),
                condition,
                others,
                limit=limit,
                newest=NEWEST_LINES,
            )
            counted = list(rows)
            total = next((lines for at, _value, lines in counted if at < 0), 0)
            found |= _facets(others, counted, total=total)
        return [found[each.name] for each in fields]

    def attributes(self, span: TimeRange, node: Node, *, limit: int) -> list[tuple[str, int]]:
        """Names of attributes in the newest lines, the commonest first."""
        return attribute_names(
            self._columns,
            self._scope,
            self._newest(span, node),
            condition_of(node),
            limit=limit,
            newest=NEWEST_LINES,
        )

    def _newest(self, span: TimeRange, node: Node) -> TimeRange:
        """Where the newest lines are; looked for once, whatever is asked of them."""
        key = span, node
        if key not in self._stretches:
            self._stretches[key] = newest_stretch(
                self._columns, self._scope, span, condition_of(node), most=NEWEST_LINES
            )
        return self._stretches[key]

    def _sampled(self, span: TimeRange, node: Node, step_ms: int) -> tuple[float, list[Count]]:
        """Counts in a stripe of each bucket, and by how much to multiply them."""
        lines = max(1, count_lines(self._columns, self._scope, span))
        share = min(1.0, self._bounds.sampled_rows / lines)
        stripe_ms = max(1, round(step_ms * share))
        starts = range(span.start_ms, span.end_ms, step_ms)
        stripes = [
            (at_ms + offset_ms, at_ms + offset_ms + stripe_ms)
            for at_ms in starts
            for offset_ms in [_offset(at_ms, step_ms - stripe_ms)]
        ]
        counts = count_stripes(
            self._columns,
            self._scope,
            span,
            condition_of(node),
            step_ms=step_ms,
            stripes=stripes,
            most_rows=16 * self._bounds.most_rows,
        )
        return step_ms / stripe_ms, counts


def step_of(span: TimeRange, buckets: int) -> int:
    """The shortest round step with which the range has no more buckets than wished."""
    wanted_ms = max(1, math.ceil(span.length_ms / max(1, buckets)))
    return next((step for step in _STEPS_MS if step >= wanted_ms), _STEPS_MS[-1])


def _offset(at_ms: int, most_ms: int) -> int:
    """Where in a bucket its stripe begins: spread, and the same each time."""
    return at_ms * 2_654_435_761 // 4_096 % (most_ms + 1)


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
    fields: Sequence[Field], rows: Sequence[tuple[int, str, int]], *, total: int | None
) -> dict[str, Facet]:
    """total: lines looked at; None if the rows are of all lines."""
    facets = {}
    for number, searched in enumerate(fields):
        values = [(value, lines) for at, value, lines in rows if at == number]
        facets[searched.name] = Facet(
            field=searched.name,
            values=values,
            counted=sum(lines for _value, lines in values) if total is None else total,
            is_exact=total is None or total < NEWEST_LINES,
        )
    return facets
