"""Native histograms as Prometheus writes them in JSON."""

from __future__ import annotations

from watchkeeper.model import Histogram
from watchkeeper.query.promql import format_sample
from watchkeeper.query.promql.histograms import Bucket, all_buckets


def histogram_text(histogram: Histogram) -> str:
    """`{"count":"…","sum":"…","buckets":[[boundaries,"lower","upper","count"],…]}`.

    boundaries: 0 (lower, upper], 1 [lower, upper), 2 (lower, upper), 3 [lower, upper]. Empty
    buckets are left out; if none is left there are no `buckets`.
    """
    rows = [_bucket(bucket) for bucket in all_buckets(histogram) if bucket.count != 0]
    buckets = f',"buckets":[{",".join(rows)}]' if rows else ""
    count, total = format_sample(histogram.count), format_sample(histogram.sum)
    return f'{{"count":"{count}","sum":"{total}"{buckets}}}'


def _bucket(bucket: Bucket) -> str:
    if bucket.lower_closed:
        boundaries = 3 if bucket.upper_closed else 1
    else:
        boundaries = 0 if bucket.upper_closed else 2
    lower, upper = format_sample(bucket.lower), format_sample(bucket.upper)
    return f'[{boundaries},"{lower}","{upper}","{format_sample(bucket.count)}"]'
