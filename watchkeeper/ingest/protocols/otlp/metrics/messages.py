"""The messages of OTLP metrics 1.5, as their JSON is read. Times are Unix nanoseconds."""

from __future__ import annotations

import math

import msgspec

from watchkeeper.ingest.protocols.otlp.messages import (
    NO_ATTRIBUTES,
    Int32,
    Int64,
    Message,
    Resource,
    Scope,
    Unsigned,
)


class ExemplarPoint(Message):
    """An observation that a point shows as an example. Ids are hex digits, of protobuf bytes."""

    filtered_attributes: msgspec.Raw = NO_ATTRIBUTES
    time_unix_nano: Unsigned = 0
    as_double: float | None = 0.0
    as_int: Int64 = 0
    span_id: str = ""
    trace_id: str = ""


class NumberPoint(Message):
    """A gauge's or sum's point."""

    attributes: msgspec.Raw = NO_ATTRIBUTES
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    as_double: float | None = 0.0
    as_int: Int64 = 0
    exemplars: list[ExemplarPoint] = msgspec.field(default_factory=list)
    flags: Unsigned = 0

    def __post_init__(self) -> None:
        if self.as_double is None:  # what JavaScript makes of NaN
            self.as_double = math.nan


class HistogramPoint(Message):
    """A histogram's point with explicit bounds; counts are not cumulative over buckets."""

    attributes: msgspec.Raw = NO_ATTRIBUTES
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    count: Unsigned = 0
    sum: float | None = None
    bucket_counts: list[Unsigned] = msgspec.field(default_factory=list)
    explicit_bounds: list[float] = msgspec.field(default_factory=list)
    exemplars: list[ExemplarPoint] = msgspec.field(default_factory=list)
    flags: Unsigned = 0
    min: float | None = None
    max: float | None = None


class SparseBuckets(Message):
    """Counts of neighbouring exponential buckets from `offset` on."""

    offset: Int32 = 0
    bucket_counts: list[Unsigned] = msgspec.field(default_factory=list)


class ExponentialPoint(Message):
    """An exponential histogram's point: base 2^(2^-scale)."""

    attributes: msgspec.Raw = NO_ATTRIBUTES
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    count: Unsigned = 0
    sum: float | None = None
    scale: Int32 = 0
    zero_count: Unsigned = 0
    positive: SparseBuckets = msgspec.field(default_factory=SparseBuckets)
    negative: SparseBuckets = msgspec.field(default_factory=SparseBuckets)
    flags: Unsigned = 0
    exemplars: list[ExemplarPoint] = msgspec.field(default_factory=list)
    min: float | None = None
    max: float | None = None
    zero_threshold: float = 0.0


class QuantileValue(Message):
    """One quantile of a summary."""

    quantile: float = 0.0
    value: float | None = 0.0


class SummaryPoint(Message):
    """A summary's point."""

    attributes: msgspec.Raw = NO_ATTRIBUTES
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    count: Unsigned = 0
    sum: float | None = 0.0
    quantile_values: list[QuantileValue] = msgspec.field(default_factory=list)
    flags: Unsigned = 0


class Gauge(Message):
    """Values as they are."""

    data_points: list[NumberPoint] = msgspec.field(default_factory=list)


class Sum(Message):
    """Totals. aggregation_temporality: 1 delta, 2 cumulative, or the enum's name in JSON."""

    data_points: list[NumberPoint] = msgspec.field(default_factory=list)
    aggregation_temporality: Int64 | str = 0
    is_monotonic: bool = False


class Histogram(Message):
    """Distributions with explicit bounds."""

    data_points: list[HistogramPoint] = msgspec.field(default_factory=list)
    aggregation_temporality: Int64 | str = 0


class ExponentialHistogram(Message):
    """Distributions with exponential buckets."""

    data_points: list[ExponentialPoint] = msgspec.field(default_factory=list)
    aggregation_temporality: Int64 | str = 0


class Summary(Message):
    """Quantiles that the sender computed."""

    data_points: list[SummaryPoint] = msgspec.field(default_factory=list)


class Metric(Message):
    """One metric with its points."""

    name: str = ""
    description: str = ""
    unit: str = ""
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Histogram | None = None
    exponential_histogram: ExponentialHistogram | None = None
    summary: Summary | None = None

    def WhichOneof(self, _group: str) -> str | None:
        """Which of the five it is."""
        kinds = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
        return next((kind for kind in kinds if getattr(self, kind) is not None), None)


class ScopeMetrics(Message):
    """Metrics of one scope."""

    scope: Scope = msgspec.field(default_factory=Scope)
    metrics: list[Metric] = msgspec.field(default_factory=list)
    schema_url: str = ""


class ResourceMetrics(Message):
    """Metrics of one resource."""

    resource: Resource = msgspec.field(default_factory=Resource)
    scope_metrics: list[ScopeMetrics] = msgspec.field(default_factory=list)


class ExportRequest(Message):
    """A whole request."""

    resource_metrics: list[ResourceMetrics] = msgspec.field(default_factory=list)
