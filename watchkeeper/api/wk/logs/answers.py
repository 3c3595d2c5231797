"""What the room of logs tells, as bodies."""

from __future__ import annotations

from watchkeeper.api.wk.logs.shapes import (
    LogFacet,
    LogFacetValue,
    LogHistogram,
    LogLine,
    LogPatternAnswer,
    LogQueryAnswer,
)
from watchkeeper.logs import MATCHES_TOTAL, Facet, Histogram, Line, Pattern, SavedRow


def line_answer(line: Line) -> LogLine:
    """One line."""
    return LogLine(
        id=str(line.spot),
        project_id=line.project_id,
        ts_ms=line.ts_ms,
        nanos=line.nanos,
        received_ms=line.received_ms,
        severity=line.severity,
        severity_number=line.severity_number,
        service=line.service,
        environment=line.environment,
        release=line.release,
        host=line.host,
        source=line.source,
        body=line.body,
        attributes=dict(line.attributes),
        trace_id=line.trace_id,
        span_id=line.span_id,
        request_id=line.request_id,
        user_key=line.user_key,
        session_id=line.session_id,
        pattern=f"{line.pattern:016x}",
    )


def histogram_answer(histogram: Histogram) -> LogHistogram:
    """Lines by time and severity."""
    return LogHistogram.model_validate(
        {
            "times_ms": list(histogram.times_ms),
            "step_ms": histogram.step_ms,
            "by_severity": {name: list(row) for name, row in histogram.by_severity.items()},
            "total": histogram.total,
            "is_exact": histogram.is_exact,
        }
    )


def facet_answer(facet: Facet) -> LogFacet:
    """One field's values."""
    counted = max(1, facet.counted)
    return LogFacet(
        field=facet.field,
        values=[
            LogFacetValue(value=value, count=lines, ratio=lines / counted)
            for value, lines in facet.values
        ],
        counted=facet.counted,
        is_exact=facet.is_exact,
        sampled_one_in=facet.one_in,
    )


def pattern_answer(
    pattern: Pattern, *, scale: float, total: int, since_ms: int
) -> LogPatternAnswer:
    """scale: by which the counts of a sample are multiplied."""
    ids = [f"{one:016x}" for one in pattern.ids]
    lines = round(pattern.lines * scale)
    return LogPatternAnswer(
        ids=ids,
        template=pattern.template,
        lines=lines,
        share=min(1.0, lines / max(1, total)),
        severity=max(pattern.by_severity, key=lambda one: pattern.by_severity[one]),
        by_severity={name: round(count * scale) for name, count in pattern.by_severity.items()},
        services=list(pattern.services),
        spark=[round(count * scale) for count in pattern.spark],
        first_ms=pattern.first_ms,
        last_ms=pattern.last_ms,
        is_new=pattern.first_ms >= since_ms,
        example=line_answer(pattern.example) if pattern.example else None,
        search=f"pattern:{ids[0]}" if len(ids) == 1 else f"pattern:({' OR '.join(ids)})",
    )


def query_answer(row: SavedRow, slug: str) -> LogQueryAnswer:
    """A saved query. slug: of its project, a label of the counter."""
    return LogQueryAnswer(
        id=row.id,
        name=row.name,
        q=row.query,
        metric=f'{MATCHES_TOTAL}{{project="{slug}",query="{row.name}"}}',
        matches=row.matches,
        counted_ms=row.counted_ms,
        created_ms=row.created_ms,
        created_by=row.created_by,
        error=row.error,
    )
