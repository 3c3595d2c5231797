"""io.prometheus.client.MetricFamily (client_model 0.6.2), built when the first body comes.

Differs from the published schema in ways that read the same bytes: a metric's labels stay bytes,
because they name the series and most series are known; and text is bytes, which the library does
not check for UTF-8 in messages of this age.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, cast


class Label(Protocol):
    """A pair, UTF-8."""

    name: bytes
    value: bytes


class Moment(Protocol):
    """google.protobuf.Timestamp."""

    seconds: int
    nanos: int


class PbExemplar(Protocol):
    """One exemplar."""

    label: Sequence[Label]
    value: float
    timestamp: Moment

    def HasField(self, name: str) -> bool: ...
    def SerializeToString(self) -> bytes: ...


class Simple(Protocol):
    """Counter, gauge or untyped; only counters carry an exemplar."""

    value: float
    exemplar: PbExemplar

    def HasField(self, name: str) -> bool: ...


class Quantile(Protocol):
    """One quantile of a summary."""

    quantile: float
    value: float


class PbSummary(Protocol):
    """A summary."""

    sample_count: int
    sample_sum: float
    quantile: Sequence[Quantile]


class Bucket(Protocol):
    """A classic bucket, cumulative."""

    cumulative_count: int
    cumulative_count_float: float
    upper_bound: float
    exemplar: PbExemplar

    def HasField(self, name: str) -> bool: ...


class Span(Protocol):
    """Buckets that follow each other, `offset` after those before."""

    offset: int
    length: int


class PbHistogram(Protocol):
    """A histogram: classic, native or both."""

    sample_count: int
    sample_count_float: float
    sample_sum: float
    bucket: Sequence[Bucket]
    schema: int
    zero_threshold: float
    zero_count: int
    zero_count_float: float
    negative_span: Sequence[Span]
    negative_delta: Sequence[int]
    negative_count: Sequence[float]
    positive_span: Sequence[Span]
    positive_delta: Sequence[int]
    positive_count: Sequence[float]
    exemplars: Sequence[PbExemplar]

    def HasField(self, name: str) -> bool: ...


class Metric(Protocol):
    """One series, or one histogram or summary. label: encoded pairs."""

    label: Sequence[bytes]
    counter: Simple
    gauge: Simple
    untyped: Simple
    summary: PbSummary
    histogram: PbHistogram
    timestamp_ms: int

    def HasField(self, name: str) -> bool: ...


class Family(Protocol):
    """One metric family. name, help, unit: UTF-8."""

    name: bytes
    help: bytes
    type: int
    unit: bytes
    metric: Sequence[Metric]


class Schema(Protocol):
    """Decoders of the two messages that come as bytes."""

    def family(self, encoded: bytes) -> Family: ...
    def label(self, encoded: bytes) -> Label: ...


_TYPES = {
    name: f"TYPE_{name.upper()}"
    for name in (
        "double",
        "int64",
        "uint64",
        "int32",
        "string",
        "bytes",
        "uint32",
        "sint32",
        "sint64",
    )
}
_MESSAGES = {
    "LabelPair": "name=1 bytes, value=2 bytes",
    "Moment": "seconds=1 int64, nanos=2 int32",
    "Exemplar": "label=1 *LabelPair, value=2 double, timestamp=3 Moment",
    "Gauge": "value=1 double",
    "Untyped": "value=1 double",
    "Counter": "value=1 double, exemplar=2 Exemplar",
    "Quantile": "quantile=1 double, value=2 double",
    "Summary": "sample_count=1 uint64, sample_sum=2 double, quantile=3 *Quantile",
    "Bucket": "cumulative_count=1 uint64, upper_bound=2 double, exemplar=3 Exemplar, "
    "cumulative_count_float=4 double",
    "BucketSpan": "offset=1 sint32, length=2 uint32",
    "Histogram": "sample_count=1 uint64, sample_sum=2 double, bucket=3 *Bucket, "
    "sample_count_float=4 double, schema=5 sint32, zero_threshold=6 double, zero_count=7 uint64, "
    "zero_count_float=8 double, negative_span=9 *BucketSpan, negative_delta=10 *sint64, "
    "negative_count=11 *double, positive_span=12 *BucketSpan, positive_delta=13 *sint64, "
    "positive_count=14 *double, exemplars=16 *Exemplar",
    "Metric": "label=1 *bytes, gauge=2 Gauge, counter=3 Counter, summary=4 Summary, "
    "untyped=5 Untyped, timestamp_ms=6 int64, histogram=7 Histogram",
    "MetricFamily": "name=1 bytes, help=2 bytes, type=3 int32, metric=4 *Metric, unit=5 bytes",
}


@lru_cache(maxsize=1)
def schema() -> Schema:
    """The decoders. Loads protobuf at the first call. Each raises DecodeError."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    Field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="watchkeeper/exposition.proto", package="watchkeeper.exposition", syntax="proto2"
    )
    for name, listed in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for entry in listed.split(", "):
            field, kind = entry.split(" ")
            field_name, number = field.split("=")
            plain = kind.lstrip("*")
            added = message.field.add(name=field_name, number=int(number))
            added.label = Field.LABEL_REPEATED if kind.startswith("*") else Field.LABEL_OPTIONAL
            added.type = Field.Type.Value(_TYPES.get(plain, "TYPE_MESSAGE"))
            if plain not in _TYPES:
                added.type_name = f".watchkeeper.exposition.{plain}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)

    class Decoders:
        """Of this pool."""

        _family = message_factory.GetMessageClass(
            pool.FindMessageTypeByName("watchkeeper.exposition.MetricFamily")
        )
        _label = message_factory.GetMessageClass(
            pool.FindMessageTypeByName("watchkeeper.exposition.LabelPair")
        )

        def family(self, encoded: bytes) -> Family:
            return cast(Family, self._family.FromString(encoded))

        def label(self, encoded: bytes) -> Label:
            return cast(Label, self._label.FromString(encoded))

    return Decoders()
