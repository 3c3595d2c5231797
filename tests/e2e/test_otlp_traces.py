"""Unmodified OpenTelemetry SDKs send spans and logs; the series made of them tell what came."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import (
    OTLPLogExporter as GrpcLogExporter,
)
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcMetricExporter,
)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcSpanExporter,
)
from opentelemetry.exporter.otlp.proto.http._log_exporter import (
    OTLPLogExporter as HttpLogExporter,
)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpSpanExporter,
)
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind

from bench.server import Server, free_port
from tests.e2e.product import NODE
from tests.e2e.test_otlp import Site

WITHIN_S = 60


@pytest.fixture(scope="module")
def grpc_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, grpc_port: int) -> Iterator[Site]:
    listen = {"WATCHKEEPER_OTLP_GRPC_LISTEN": f"127.0.0.1:{grpc_port}"}
    server = Server(tmp_path_factory.mktemp("otlp") / "data", environ=listen)
    facts = server.setup()
    server.start()
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield Site(server, facts, client)
    server.kill()


def _exporters(site: Site, port: int, protocol: str) -> tuple[SpanExporter, LogRecordExporter]:
    key = {"authorization": f"Bearer {site.facts['server_key']}"}
    if protocol == "grpc":
        where = f"http://127.0.0.1:{port}"
        return (
            GrpcSpanExporter(endpoint=where, headers=key),
            GrpcLogExporter(endpoint=where, headers=key),
        )
    return (
        HttpSpanExporter(endpoint=f"{site.server.url}/v1/traces", headers=key),
        HttpLogExporter(endpoint=f"{site.server.url}/v1/logs", headers=key),
    )


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_python_sends_spans_exceptions_and_logs(site: Site, grpc_port: int, protocol: str) -> None:
    service = f"py-{protocol}"
    spans_to, logs_to = _exporters(site, grpc_port, protocol)
    resource = Resource.create({"service.name": service, "deployment.environment": protocol})
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans_to))
    loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(logs_to))

    tracer = tracers.get_tracer("shop")
    route = {"http.route": "/cart/{id}", "http.request.method": "GET"}
    with (
        pytest.raises(ValueError, match="no cart"),
        tracer.start_as_current_span("GET /cart/{id}", kind=SpanKind.SERVER, attributes=route),
        tracer.start_as_current_span("load"),
    ):
        raise ValueError("no cart")
    slow = LogRecord(severity_number=SeverityNumber.WARN, body={"message": "slow", "ms": 7})
    loggers.get_logger("shop").emit(slow)
    tracers.shutdown()
    loggers.shutdown()

    told = f'service="{service}"'
    entry = f'{told},operation="/cart/{{id}}"'
    site.reaches(f'watchkeeper_spans_total{{{entry},kind="server",status="error"}}', 1, WITHIN_S)
    site.reaches(f"watchkeeper_span_duration_seconds_count{{{entry}}}", 1, WITHIN_S)
    site.reaches(f'watchkeeper_spans_total{{{told},operation="load"}}', 1, WITHIN_S)
    site.reaches(
        f'watchkeeper_logs_total{{{told},severity="warn",environment="{protocol}"}}', 1, WITHIN_S
    )
    site.reaches(
        f'watchkeeper_errors_total{{type="ValueError",environment="{protocol}"}}', 1, WITHIN_S
    )


def test_python_sends_metrics_by_grpc(site: Site, grpc_port: int) -> None:
    exporter = GrpcMetricExporter(
        endpoint=f"http://127.0.0.1:{grpc_port}",
        headers={"x-watchkeeper-key": str(site.facts["server_key"])},
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("shop").create_counter("grpc.orders").add(3)
    provider.shutdown()

    site.reaches("grpc_orders_total", 3)


@pytest.mark.node
def test_javascript_sends_a_trace_with_an_exception_and_a_log(site: Site) -> None:
    key = urlsplit(str(site.facts["sentry_dsn"])).username
    environ = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": site.server.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={key}",
    }
    words = ["node", str(Path(NODE) / "otlp_traces_app.mjs")]
    done = subprocess.run(
        words, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

    told = 'service="js-shop",operation="/cart/{id}",kind="server",status="error"'
    site.reaches(f"watchkeeper_spans_total{{{told}}}", 1, WITHIN_S)
    site.reaches('watchkeeper_errors_total{type="TypeError",environment="staging"}', 1, WITHIN_S)
    site.reaches('watchkeeper_logs_total{service="js-shop",severity="error"}', 1, WITHIN_S)
