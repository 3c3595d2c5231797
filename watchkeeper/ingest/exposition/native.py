"""Native histograms: from the wire's spans and deltas, and kept within bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate

from watchkeeper.ingest.exposition.protobuf_schema import PbHistogram, Span
from watchkeeper.ingest.exposition.types import BadExposition
from watchkeeper.model import CUSTOM_BUCKETS, Buckets, Histogram, ResetHint

COARSEST, FINEST = -4, 8


def is_native(histogram: PbHistogram) -> bool:
    """True if it has native buckets, or says that it has none so far."""
    return bool(
        histogram.positive_span
        or histogram.negative_span
        or histogram.zero_threshold > 0
        or histogram.zero_count
        or histogram.zero_count_float > 0
    )


def native_histogram(histogram: PbHistogram, name: str, *, is_gauge: bool) -> Histogram:
    """One histogram in our form. Raises BadExposition if its parts do not fit together."""
    if not COARSEST <= histogram.schema <= FINEST:
        raise BadExposition(f"invalid histogram {name[:80]}: schema {histogram.schema}")
    is_float = histogram.HasField("sample_count_float") and histogram.sample_count_float > 0
    positive = _buckets(
        histogram.positive_span,
        histogram.positive_count if is_float else accumulate(histogram.positive_delta),
        name,
    )
    negative = _buckets(
        histogram.negative_span,
        histogram.negative_count if is_float else accumulate(histogram.negative_delta),
        name,
    )
    return Histogram(
        schema=histogram.schema,
        count=histogram.sample_count_float if is_float else float(histogram.sample_count),
        sum=histogram.sample_sum,
        zero_threshold=histogram.zero_threshold,
        zero_count=histogram.zero_count_float if is_float else float(histogram.zero_count),
        positive=positive,
        negative=negative,
        reset_hint=ResetHint.GAUGE if is_gauge else ResetHint.UNKNOWN,
    )


def _buckets(spans: Sequence[Span], counts: Iterable[float], name: str) -> Buckets:
    """The populated buckets of one sign."""
    listed = [float(count) for count in counts]
    if sum(span.length for span in spans) != len(listed):
        raise BadExposition(f"invalid histogram {name[:80]}: its spans do not fit its buckets")
    indexes: list[int] = []
    at = 0
    for number, span in enumerate(spans):
        if number and span.offset < 0:
            raise BadExposition(f"invalid histogram {name[:80]}: a span has a negative offset")
        at += span.offset
        indexes.extend(range(at, at + span.length))
        at += span.length
    if any(not count >= 0 for count in listed):
        raise BadExposition(f"invalid histogram {name[:80]}: a bucket has a negative count")
    kept = [(index, count) for index, count in zip(indexes, listed, strict=True) if count]
    return Buckets(tuple(i for i, _ in kept), tuple(c for _, c in kept))


def bucket_count(histogram: Histogram) -> int:
    """Populated buckets, the zero bucket not counted."""
    return len(histogram.positive.indexes) + len(histogram.negative.indexes)


def schema_for_factor(factor: float) -> int:
    """The finest schema whose bucket bounds grow at least by `factor`; 1 or less: any."""
    if factor <= 1:
        return FINEST
    return min(max(-math.floor(math.log2(math.log2(factor))), COARSEST), FINEST)


def at_schema(histogram: Histogram, schema: int) -> Histogram:
    """The histogram with buckets merged down to `schema`; itself if it is no finer."""
    steps = histogram.schema - schema
    if steps <= 0 or histogram.schema == CUSTOM_BUCKETS:
        return histogram
    return Histogram(
        schema=schema,
        count=histogram.count,
        sum=histogram.sum,
        zero_threshold=histogram.zero_threshold,
        zero_count=histogram.zero_count,
        positive=_merged(histogram.positive, steps),
        negative=_merged(histogram.negative, steps),
        reset_hint=histogram.reset_hint,
    )


def fitted(histogram: Histogram, *, limit: int, min_factor: float) -> Histogram | None:
    """The histogram in at most `limit` buckets (0: any number) that grow at least by `min_factor`.

    None if it does not fit.
    """
    if min_factor > 1:
        histogram = at_schema(histogram, schema_for_factor(min_factor))
    return within_buckets(histogram, limit) if limit else histogram


def within_buckets(histogram: Histogram, limit: int) -> Histogram | None:
    """The histogram in at most `limit` buckets, coarser if need be; None if it does not fit."""
    while bucket_count(histogram) > limit:
        if histogram.schema <= COARSEST:
            return None
        histogram = at_schema(histogram, histogram.schema - 1)
    return histogram


def _merged(buckets: Buckets, steps: int) -> Buckets:
    totals: dict[int, float] = {}
    for index, count in zip(buckets.indexes, buckets.counts, strict=True):
        coarse = ((index - 1) >> steps) + 1
        totals[coarse] = totals.get(coarse, 0.0) + count
    return Buckets(tuple(totals), tuple(totals.values()))
