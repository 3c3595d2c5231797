"""Unmodified OpenTelemetry SDKs send metrics; PromQL reads them back."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.e2e.product import NODE

DELTA = {Counter: AggregationTemporality.DELTA, Histogram: AggregationTemporality.DELTA}


@dataclass
class Site:
    """One running server, asked by PromQL."""

    server: Server
    facts: dict[str, Any]
    client: httpx.Client

    def query(self, expression: str) -> list[dict[str, Any]]:
        path = f"/p/{self.facts['project_id']}/api/v1/query"
        answer = self.client.get(path, params={"query": expression}).json()
        assert answer["status"] == "success", answer
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def value(self, expression: str) -> float | None:
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def reaches(self, expression: str, wanted: float, within_s: float = 20) -> None:
        """Waits until the expression has this value."""
        what = f"{expression} == {wanted}"
        eventually(lambda: self.value(expression) == wanted, within_s=within_s, what=what)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(tmp_path_factory.mktemp("otlp") / "data")
    facts: dict[str, Any] = server.setup()
    server.start()
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield Site(server, facts, client)
    server.kill()


@pytest.fixture
def meters(site: Site) -> Iterator[Callable[..., MeterProvider]]:
    """Makes providers that export to the site when they are flushed."""
    made: list[MeterProvider] = []

    def make(service: str, *, views: tuple[View, ...] = (), **options: Any) -> MeterProvider:
        exporter = OTLPMetricExporter(
            endpoint=f"{site.server.url}/v1/metrics",
            headers={"Authorization": f"Bearer {site.facts['server_key']}"},
            **options,
        )
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
        resource = Resource({"service.name": service, "service.namespace": "shop", "os": "linux"})
        provider = MeterProvider([reader], resource=resource, views=views, shutdown_on_exit=False)
        made.append(provider)
        return provider

    yield make
    for provider in made:
        provider.shutdown()


@pytest.mark.parametrize(
    "compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate]
)
def test_python_sends_every_instrument(
    site: Site, meters: Callable[..., MeterProvider], compression: Compression
) -> None:
    service = f"py-{compression.value}"
    provider = meters(service, compression=compression)
    meter = provider.get_meter("shop", "1.0")
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders.")
    took = meter.create_histogram(
        "http.server.request.duration", unit="s", explicit_bucket_boundaries_advisory=[0.1, 1.0]
    )
    carts = meter.create_up_down_counter("carts.open")

    def load(_options: CallbackOptions) -> list[Observation]:
        return [Observation(0.75, {"cpu": 0})]

    meter.create_observable_gauge("cpu.load", callbacks=[load], unit="1")
    for _ in range(2):
        orders.add(3, {"pay.method": "card"})
        took.record(0.5, {"http.route": "/cart"})
        carts.add(2)
        provider.force_flush()

    job = f'job="shop/{service}"'
    site.reaches(f'shop_orders_total{{{job},pay_method="card",otel_scope_name="shop"}}', 6)
    site.reaches(f'http_server_request_duration_seconds_bucket{{{job},le="1"}}', 2)
    site.reaches(f'http_server_request_duration_seconds_bucket{{{job},le="0.1"}}', 0)
    site.reaches(f'http_server_request_duration_seconds_sum{{{job},http_route="/cart"}}', 1)
    site.reaches(f"carts_open{{{job}}}", 4)
    site.reaches(f'cpu_load_ratio{{{job},cpu="0"}}', 0.75)
    site.reaches(f'target_info{{{job},os="linux"}}', 1)


def test_python_deltas_are_totals_here(site: Site, meters: Callable[..., MeterProvider]) -> None:
    provider = meters("py-delta", preferred_temporality=DELTA)
    meter = provider.get_meter("shop")
    orders = meter.create_counter("delta.orders")
    took = meter.create_histogram("delta.took", explicit_bucket_boundaries_advisory=[1.0])
    for n in (1, 2, 4):
        orders.add(n)
        took.record(0.5)
        provider.force_flush()

    site.reaches("delta_orders_total", 7)
    site.reaches('delta_took_bucket{le="1"}', 3)
    eventually(
        lambda: (site.value("increase(delta_orders_total[1m])") or 0) >= 6,
        within_s=20,
        what="an increase",
    )


def test_python_exponential_histograms_are_native(
    site: Site, meters: Callable[..., MeterProvider]
) -> None:
    view = View(instrument_name="exp.took", aggregation=ExponentialBucketHistogramAggregation())
    provider = meters("py-exp", views=(view,))
    took = provider.get_meter("shop").create_histogram("exp.took", unit="s")
    for seconds in (0.1, 0.2, 0.4):
        took.record(seconds)
    provider.force_flush()

    site.reaches("histogram_count(exp_took_seconds)", 3)
    median = site.value("histogram_quantile(0.5, exp_took_seconds)")
    assert median == pytest.approx(0.2, rel=0.05)


def test_exemplars_lead_to_their_traces(site: Site, meters: Callable[..., MeterProvider]) -> None:
    provider = meters("py-exemplar")
    took = provider.get_meter("shop").create_histogram(
        "traced.took", explicit_bucket_boundaries_advisory=[1.0]
    )
    with (
        TracerProvider(shutdown_on_exit=False)
        .get_tracer("shop")
        .start_as_current_span("pay") as span
    ):
        took.record(0.5)
        trace_id = f"{span.get_span_context().trace_id:032x}"
    provider.force_flush()

    def told() -> Any:
        path = f"/p/{site.facts['project_id']}/api/v1/query_exemplars"
        asked: dict[str, str | float] = {
            "query": "traced_took_bucket",
            "start": time.time() - 60,
            "end": time.time() + 60,
        }
        return site.client.get(path, params=asked).json()["data"]

    found = eventually(told, within_s=20, what="an exemplar")
    assert found[0]["seriesLabels"]["le"] == "1"
    assert found[0]["exemplars"][0]["labels"]["trace_id"] == trace_id


@pytest.mark.node
@pytest.mark.parametrize("encoding", ["json", "protobuf"])
@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_javascript_sends_by_both_encodings(site: Site, encoding: str, temporality: str) -> None:
    environ = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": site.server.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={site.facts['server_key']}",
    }
    words = ["node", str(Path(NODE) / "otlp_app.mjs"), encoding, temporality]
    done = subprocess.run(
        words, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

    job = f'job="js-{encoding}-{temporality}"'
    site.reaches(f'shop_orders_total{{{job},first="true",pay_method="card"}}', 5)
    site.reaches(f'cart_size_bytes_bucket{{{job},le="100"}}', 2)
    site.reaches(f'cart_size_bytes_bucket{{{job},le="10"}}', 0)
    site.reaches(f"cart_size_bytes_sum{{{job}}}", 100)
    site.reaches(f"carts_open{{{job}}}", 2)
    site.reaches(f'target_info{{{job},host_name="h1"}}', 1)


def test_what_a_metric_is_can_be_asked(site: Site, meters: Callable[..., MeterProvider]) -> None:
    provider = meters("py-meta")
    meter = provider.get_meter("shop")
    meter.create_counter("meta.sent", unit="By", description="What was sent.").add(1)
    provider.force_flush()

    def told() -> Any:
        path = f"/p/{site.facts['project_id']}/api/v1/metadata"
        answer = site.client.get(path, params={"metric": "meta_sent_bytes_total"}).json()
        return answer["data"].get("meta_sent_bytes_total")

    found = eventually(told, within_s=20, what="metadata")
    assert found == [{"type": "counter", "help": "What was sent.", "unit": "bytes"}]
