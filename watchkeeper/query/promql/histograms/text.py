"""A histogram as text: what `count_values` groups by."""

from __future__ import annotations

from watchkeeper.model import Histogram
from watchkeeper.query.promql.histograms.bounds import (
    Bucket,
    negative_buckets,
    positive_buckets,
    zero_bucket,
)
from watchkeeper.query.promql.literals import format_shortest


def describe_histogram(histogram: Histogram) -> str:
    """`{count:…, sum:…, (lower,upper]:count, …}`, populated buckets in ascending order."""
    buckets = list(negative_buckets(histogram))[::-1]
    buckets.append(zero_bucket(histogram))
    buckets.extend(positive_buckets(histogram))
    parts = [
        f"count:{format_shortest(histogram.count)}",
        f"sum:{format_shortest(histogram.sum)}",
        *(_described(bucket) for bucket in buckets if bucket.count != 0),
    ]
    return "{" + ", ".join(parts) + "}"


def _described(bucket: Bucket) -> str:
    opening, closing = "[" if bucket.lower_closed else "(", "]" if bucket.upper_closed else ")"
    bounds = f"{format_shortest(bucket.lower)},{format_shortest(bucket.upper)}"
    return f"{opening}{bounds}{closing}:{format_shortest(bucket.count)}"
