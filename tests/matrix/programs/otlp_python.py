"""Watched by any opentelemetry-sdk from 1.15 on: its words are URL, gRPC, KEY, SERVICE, WAY."""

import logging
import sys
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

try:
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
except ImportError:
    from opentelemetry.sdk._logs import LogEmitterProvider as LoggerProvider  # type: ignore
    from opentelemetry.sdk._logs import LoggingHandler
try:
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
except ImportError:
    from opentelemetry.sdk._logs.export import BatchLogProcessor as BatchLogRecordProcessor  # type: ignore


def exporters(url: str, grpc: str, key: str, way: str) -> tuple[Any, Any, Any]:
    headers = {"authorization": f"Bearer {key}"}
    if way == "grpc":
        from grpc import Compression
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as Logs
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
            OTLPMetricExporter as Nums,
        )
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Spans

        more: Any = {"endpoint": grpc, "insecure": True, "headers": tuple(headers.items())}
        return Spans(**more, compression=Compression.Gzip), Logs(**more), Nums(**more)
    from opentelemetry.exporter.otlp.proto.http import Compression as Packed
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
        OTLPMetricExporter as HttpNums,
    )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans

    more = {
        "headers": headers,
        "compression": Packed.Gzip if way == "gzip" else Packed.NoCompression,
    }
    return (
        HttpSpans(endpoint=f"{url}/v1/traces", **more),
        HttpLogs(endpoint=f"{url}/v1/logs", **more),
        HttpNums(endpoint=f"{url}/v1/metrics", **more),
    )


def main(url: str, grpc: str, key: str, service: str, way: str) -> None:
    spans, lines, numbers = exporters(url, grpc, key, way)
    resource = Resource.create(
        {
            "service.name": service,
            "service.version": "1.2.3",
            "deployment.environment": "production",
        }
    )
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(spans))
    logs = LoggerProvider(resource=resource)
    add = getattr(logs, "add_log_record_processor", None) or logs.add_log_processor
    add(BatchLogRecordProcessor(lines))
    meters = MeterProvider(
        resource=resource, metric_readers=[PeriodicExportingMetricReader(numbers, 60_000)]
    )
    tracer: Any = traces.get_tracer("shop", "1.0")
    logger = logging.getLogger("shop")
    logger.addHandler(LoggingHandler(logger_provider=logs))
    logger.setLevel(logging.INFO)
    meter: Any = meters.get_meter("shop")

    attributes: Any = {"http.method": "POST", "http.route": "/orders/{id}", "http.status_code": 500}
    with tracer.start_as_current_span("POST /orders/{id}", kind=SpanKind.SERVER) as root:
        root.set_attributes(attributes)
        query: Any = {
            "db.system": "postgresql",
            "db.statement": "SELECT * FROM orders WHERE id = 7",
        }
        with tracer.start_as_current_span("SELECT orders", kind=SpanKind.CLIENT, attributes=query):
            logger.warning("stock of %s is low", "tea", extra={"left": 3})
        linked = [Link(trace.get_current_span().get_span_context(), {"why": "retry"})]
        with tracer.start_as_current_span("charge", links=linked) as span:
            span.add_event("asked", {"gateway": "acme"})
            try:
                raise ValueError(f"no price for {service}")
            except ValueError as error:
                span.record_exception(error)
                span.set_status(Status(StatusCode.ERROR, "no price"))
                logger.exception("payment failed")
    meter.create_counter("orders", unit="1").add(2, {"plan": "pro"})
    meter.create_up_down_counter("queue.depth").add(7)
    meter.create_histogram("checkout.time", unit="ms").record(120, {"plan": "pro"})
    for provider in (traces, logs, meters):
        provider.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
