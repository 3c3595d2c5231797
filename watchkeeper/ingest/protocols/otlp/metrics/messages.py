"""The messages of OTLP metrics 1.5, as their JSON is read. Times are Unix nanoseconds.

Messages of protobuf have the same attributes and the two methods, so that one translation serves
both. Attributes stay as they came: see `attributes.Key`.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

from watchkeeper.ingest.protocols.otlp.attributes import Key

Attributes = msgspec.Raw | list[bytes]
"""Raw JSON; of protobuf, each pair's bytes."""

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""JSON itself bounds no number."""
Unsigned = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""Times and counts; none of anything reaches into the upper half of 64 bits."""
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]

_NONE = msgspec.Raw(b"")


class Message(msgspec.Struct, rename="camel"):
    """A message whose fields may be absent."""

    def HasField(self, name: str) -> bool:
        """True if an optional field was sent."""
        return getattr(self, name) is not None


class ExemplarPoint(Message):
    """An observation that a point shows as an example. Ids are hex digits, of protobuf bytes."""

    filtered_attributes: msgspec.Raw = _NONE
    time_unix_nano: Unsigned = 0
    as_double: float | None = 0.0
    as_int: Int64 = 0
    span_id: str = ""
    trace_id: str = ""


class NumberPoint(Message):
    """A gauge's or sum's point."""

    attributes: msgspec.Raw = _NONE
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    as_double: float | None = 0.0
    as_int: Int64 = 0
    exemplars: list[ExemplarPoint] = []
    flags: Unsigned = 0

    def __post_init__(self) -> None:
        if self.as_double is None:  # what JavaScript makes of NaN
            self.as_double = math.nan


class HistogramPoint(Message):
    """A histogram's point with explicit bounds; counts are not cumulative over buckets."""

    attributes: msgspec.Raw = _NONE
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    count: Unsigned = 0
    sum: float | None = None
    bucket_counts: list[Unsigned] = []
    explicit_bounds: list[float] = []
    exemplars: list[ExemplarPoint] = []
    flags: Unsigned = 0
    min: float | None = None
    max: float | None = None


class SparseBuckets(Message):
    """Counts of neighbouring exponential buckets from `offset` on."""

    offset: Int32 = 0
    bucket_counts: list[Unsigned] = []


class ExponentialPoint(Message):
    """An exponential histogram's point: base 2^(2^-scale)."""

    attributes: msgspec.Raw = _NONE
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    count: Unsigned = 0
    sum: float | None = None
    scale: Int32 = 0
    zero_count: Unsigned = 0
    positive: SparseBuckets = msgspec.field(default_factory=SparseBuckets)
    negative: SparseBuckets = msgspec.field(default_factory=SparseBuckets)
    flags: Unsigned = 0
    exemplars: list[ExemplarPoint] = []
    min: float | None = None
    max: float | None = None
    zero_threshold: float = 0.0


class QuantileValue(Message):
    """One quantile of a summary."""

    quantile: float = 0.0
    value: float | None = 0.0


class SummaryPoint(Message):
    """A summary's point."""

    attributes: msgspec.Raw = _NONE
    start_time_unix_nano: Unsigned = 0
    time_unix_nano: Unsigned = 0
    count: Unsigned = 0
    sum: float | None = 0.0
    quantile_values: list[QuantileValue] = []
    flags: Unsigned = 0


class Gauge(Message):
    """Values as they are."""

    data_points: list[NumberPoint] = []


class Sum(Message):
    """Totals. aggregation_temporality: 1 delta, 2 cumulative, or the enum's name in JSON."""

    data_points: list[NumberPoint] = []
    aggregation_temporality: Int64 | str = 0
    is_monotonic: bool = False


class Histogram(Message):
    """Distributions with explicit bounds."""

    data_points: list[HistogramPoint] = []
    aggregation_temporality: Int64 | str = 0


class ExponentialHistogram(Message):
    """Distributions with exponential buckets."""

    data_points: list[ExponentialPoint] = []
    aggregation_temporality: Int64 | str = 0


class Summary(Message):
    """Quantiles that the sender computed."""

    data_points: list[SummaryPoint] = []


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


class Scope(Message):
    """The instrumentation library."""

    name: str = ""
    version: str = ""
    attributes: msgspec.Raw = _NONE


class ScopeMetrics(Message):
    """Metrics of one scope."""

    scope: Scope = msgspec.field(default_factory=Scope)
    metrics: list[Metric] = []
    schema_url: str = ""


class Resource(Message):
    """What the metrics are about."""

    attributes: msgspec.Raw = _NONE


class ResourceMetrics(Message):
    """Metrics of one resource."""

    resource: Resource = msgspec.field(default_factory=Resource)
    scope_metrics: list[ScopeMetrics] = []


class ExportRequest(Message):
    """A whole request."""

    resource_metrics: list[ResourceMetrics] = []


def key_of_json(attributes: msgspec.Raw) -> Key:
    """The key of attributes that came as JSON."""
    return bytes(attributes)


def key_of_protobuf(attributes: msgspec.Raw) -> Key:
    """The key of attributes that came as protobuf, where they are a list of bytes."""
    return tuple(attributes)  # type: ignore[arg-type]
