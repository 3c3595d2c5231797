"""Sends secrets by OpenTelemetry's SDK, in every place where it takes text.

Run as a program: address and server key as arguments, the secrets by standard input, one a comma.
"""

from __future__ import annotations

import sys

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AnyValue

SECRETS = [f"otel9{n:03}secret" for n in range(26)]
MARK = "otel-secrets-are-sent"


def send_spans(url: str, headers: dict[str, str], resource: Resource, s: list[str]) -> None:
    """A request, its statement and its error."""
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", headers=headers)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("shop", "1.0", attributes={"scope.password": s[0]})
    other = SpanContext(7, 7, is_remote=True, trace_flags=TraceFlags(1))
    links = [Link(other, {"session_token": s[1], "note": f"secret={s[2]}"})]
    request = {
        "url.full": f"https://shop.example/cart?page=2&access_token={s[3]}",
        "http.request.header.authorization": [f"Bearer {s[4]}"],
        "http.request.header.cookie": f"sid={s[5]}",
        "user.email": f"{s[6]}@example.org",
    }
    with tracer.start_as_current_span(
        f"GET /cart?api_key={s[7]}", kind=SpanKind.SERVER, attributes=request, links=links
    ) as span:
        span.add_event("login", {"password": s[8], "how": f"Authorization: Bearer {s[9]}"})
        statement = f"SELECT * FROM users WHERE password = '{s[10]}' AND token = '{s[11]}'"
        with tracer.start_as_current_span("select", attributes={"db.system": "postgresql"}) as db:
            db.set_attribute("db.statement", statement)
            db.set_attribute("db.connection_string", f"postgresql://shop:{s[12]}@db/shop")
        try:
            raise ValueError(f"password={s[13]} was refused")
        except ValueError as error:
            span.record_exception(error, {"client.secret": s[14]})
        span.set_status(Status(StatusCode.ERROR, f"token={s[15]} has expired"))
    provider.shutdown()


def send_logs(url: str, headers: dict[str, str], resource: Resource, s: list[str]) -> None:
    """Text, structure and attributes of log records."""
    provider = LoggerProvider(resource=resource)
    exporter = OTLPLogExporter(endpoint=f"{url}/v1/logs", headers=headers)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("shop", attributes={"scope.api_key": s[16]})
    for body in (f"login with password={s[17]}", {"card": {"pin": s[18]}}, [f"secret={s[19]}"]):
        attributes: dict[str, AnyValue] = {"auth_token": s[20], "nested": {"passwd": s[21]}}
        record = LogRecord(body=body, severity_number=SeverityNumber.ERROR, attributes=attributes)
        logger.emit(record)
    logger.emit(LogRecord(body=MARK, severity_number=SeverityNumber.INFO))
    provider.shutdown()


def send_metrics(url: str, headers: dict[str, str], resource: Resource, s: list[str]) -> None:
    """Attributes of measurements."""
    exporter = OTLPMetricExporter(endpoint=f"{url}/v1/metrics", headers=headers)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
    provider = MeterProvider(resource=resource, metric_readers=[reader])
    meter = provider.get_meter("shop", attributes={"meter.password": s[22]})
    logins = meter.create_counter("logins")
    logins.add(1, {"api_key": s[23], "url": f"https://u:{s[24]}@shop.example/"})
    provider.shutdown()


def main() -> None:
    """Send everything and end."""
    url, key = sys.argv[1:]
    secrets = sys.stdin.read().split(",")
    headers = {"authorization": f"Bearer {key}"}
    about = {
        "service.name": "otel-shop",
        "process.command_args": ["run", "--password", secrets[25]],
    }
    resource = Resource.create(about)
    for send in (send_spans, send_logs, send_metrics):
        send(url, headers, resource, secrets)


if __name__ == "__main__":
    main()
