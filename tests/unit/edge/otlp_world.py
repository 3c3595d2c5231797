"""What the tests of OTLP share: requests by OpenTelemetry's own schema, and what the spool has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.world import SERVER, Answer
from watchkeeper.ingest import (
    ExemplarRow,
    decode_exemplars,
    decode_histograms,
    decode_metadata,
    decode_samples,
    decode_series,
)
from watchkeeper.model import METRIC_NAME, Histogram, Kind, decode_histogram

NOW = 1_795_224_000_000
NS = 1_000_000
METRICS = "/v1/metrics"
PROTOBUF = {"Authorization": f"Bearer {SERVER}", "Content-Type": "application/x-protobuf"}
JSON = {**PROTOBUF, "Content-Type": "application/json"}
DELTA, CUMULATIVE = 1, 2


def fill(attributes: Any, pairs: Mapping[str, object]) -> None:
    """Add attributes of the type that each Python value has."""
    for name, value in pairs.items():
        any_value = attributes.add(key=name).value
        match value:
            case bool():
                any_value.bool_value = value
            case int():
                any_value.int_value = value
            case float():
                any_value.double_value = value
            case bytes():
                any_value.bytes_value = value
            case list():
                for each in value:
                    any_value.array_value.values.add(string_value=each)
            case dict():
                any_value.kvlist_value.values.extend(
                    KeyValue(key=k, value=AnyValue(string_value=v)) for k, v in value.items()
                )
            case _:
                any_value.string_value = str(value)


def request(
    *metrics: Metric,
    resource: Mapping[str, object] | None = None,
    scope: str = "",
    scope_attributes: Mapping[str, object] | None = None,
) -> ExportMetricsServiceRequest:
    made = ExportMetricsServiceRequest()
    of_resource = made.resource_metrics.add()
    fill(of_resource.resource.attributes, resource or {})
    of_scope = of_resource.scope_metrics.add()
    of_scope.scope.name = scope
    fill(of_scope.scope.attributes, scope_attributes or {})
    of_scope.metrics.extend(metrics)
    return made


def gauge(
    name: str,
    value: float,
    at_ms: int = NOW,
    *,
    unit: str = "",
    flags: int = 0,
    more: Mapping[str, object] | None = None,
    **labels: object,
) -> Metric:
    metric = Metric(name=name, unit=unit)
    point = metric.gauge.data_points.add(as_double=value, time_unix_nano=at_ms * NS, flags=flags)
    fill(point.attributes, {**labels, **(more or {})})
    return metric


def total(
    name: str,
    value: int,
    at_ms: int = NOW,
    *,
    start_ms: int = 0,
    temporality: int = CUMULATIVE,
    is_monotonic: bool = True,
    unit: str = "",
    more: Mapping[str, object] | None = None,
) -> Metric:
    metric = Metric(name=name, unit=unit)
    metric.sum.aggregation_temporality = temporality  # type: ignore[assignment]
    metric.sum.is_monotonic = is_monotonic
    point = metric.sum.data_points.add(
        as_int=value, time_unix_nano=at_ms * NS, start_time_unix_nano=start_ms * NS
    )
    fill(point.attributes, more or {})
    return metric


def histogram(
    name: str,
    bounds: list[float],
    counts: list[int],
    at_ms: int = NOW,
    *,
    total_s: float | None = None,
    start_ms: int = 0,
    temporality: int = CUMULATIVE,
    **labels: object,
) -> Metric:
    metric = Metric(name=name, unit="s")
    metric.histogram.aggregation_temporality = temporality  # type: ignore[assignment]
    point = metric.histogram.data_points.add(
        count=sum(counts),
        bucket_counts=counts,
        explicit_bounds=bounds,
        sum=total_s,
        time_unix_nano=at_ms * NS,
        start_time_unix_nano=start_ms * NS,
    )
    fill(point.attributes, labels)
    return metric


def exponential(
    name: str,
    scale: int,
    offset: int,
    counts: list[int],
    at_ms: int = NOW,
    *,
    temporality: int = CUMULATIVE,
    zero_count: int = 0,
    flags: int = 0,
) -> Metric:
    metric = Metric(name=name)
    metric.exponential_histogram.aggregation_temporality = temporality  # type: ignore[assignment]
    point = metric.exponential_histogram.data_points.add(
        count=sum(counts) + zero_count,
        scale=scale,
        zero_count=zero_count,
        sum=12.5,
        time_unix_nano=at_ms * NS,
        flags=flags,
    )
    point.positive.offset = offset
    point.positive.bucket_counts.extend(counts)
    return metric


class OtlpEdge(Edge):
    """An edge, and what was sent to it by OTLP as it stands in the spool."""

    async def send(
        self, made: ExportMetricsServiceRequest, *, path: str = METRICS, **headers: str
    ) -> Answer:
        told = {**PROTOBUF, **headers}
        return await self.post(made.SerializeToString(), path=path, headers=told)

    async def send_json(self, made: ExportMetricsServiceRequest) -> Answer:
        return await self.post(json_format.MessageToJson(made).encode(), path=METRICS, headers=JSON)

    def names(self) -> dict[int, dict[str, str]]:
        return {
            row.series_id: dict(row.labels)
            for record in self.world.records(Kind.SERIES)
            for row in decode_series(record.payload)
        }

    def samples(self) -> list[tuple[str, int, float]]:
        """(series as text, Unix ms, value), by series and time."""
        names = self.names()
        found = []
        for record in self.world.records(Kind.SAMPLES):
            for series, at_ms, value in zip(*decode_samples(record.payload), strict=True):
                found.append((shown(names[int(series)]), int(at_ms), float(value)))
        return sorted(found, key=lambda each: (each[0], each[1]))

    def values(self) -> dict[str, float]:
        """The newest value of each series."""
        return {series: value for series, _, value in self.samples()}

    def histograms(self) -> list[tuple[str, int, Histogram]]:
        names = self.names()
        return [
            (shown(names[row.series_id]), row.ts_ms, decode_histogram(row.histogram))
            for record in self.world.records(Kind.HISTOGRAMS)
            for row in decode_histograms(record.payload)
        ]

    def exemplars(self) -> list[ExemplarRow]:
        return [
            row
            for record in self.world.records(Kind.EXEMPLARS)
            for row in decode_exemplars(record.payload)
        ]

    def metadata(self) -> dict[str, tuple[str, str, str]]:
        return {
            row.metric: (row.type, row.help, row.unit)
            for record in self.world.records(Kind.METADATA)
            for row in decode_metadata(record.payload)
        }


def shown(labels: Mapping[str, str]) -> str:
    """A series as people write it."""
    rest = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()) if k != METRIC_NAME)
    return labels[METRIC_NAME] + (f"{{{rest}}}" if rest else "")


def partial_success(answer: Answer) -> tuple[int, str]:
    """(rejected, message) of an answer in protobuf."""
    told = ExportMetricsServiceResponse.FromString(answer.body).partial_success
    return told.rejected_data_points, told.error_message


def is_stale(value: float) -> bool:
    return math.isnan(value)
