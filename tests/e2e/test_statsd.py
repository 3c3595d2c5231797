"""Unmodified StatsD clients send to a real server, and their metrics can be queried."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import statsd
from datadog.dogstatsd.base import DogStatsd

from bench.server import Server, free_port
from tests.e2e.eventually import eventually
from tests.e2e.product import NODE

MAPPING = """
mappings:
- match: "mapped.*.requests"
  name: mapped_requests_total
  labels: {site: "$1"}
- match: "mapped.*.seconds"
  name: mapped_seconds
  observer_type: histogram
  histogram_options: {buckets: [0.1, 1]}
"""


@dataclass
class Listening:
    """A server with StatsD on a port and on a Unix socket."""

    server: Server
    client: httpx.Client
    project: int
    port: int
    path: Path

    def value(self, expression: str) -> float | None:
        """The value of an expression that has one, or None."""
        path = f"/p/{self.project}/api/v1/query"
        answer = self.client.get(path, params={"query": expression}).json()
        result = answer["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def arrives(self, expression: str) -> float:
        """The value of an expression, as soon as it has one."""
        found = eventually(
            lambda: (v,) if (v := self.value(expression)) is not None else None,
            within_s=25,
            what=expression,
        )
        return found[0]


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    directory = tmp_path_factory.mktemp("statsd")
    port, path = free_port(), directory / "dsd.sock"
    (directory / "mapping.yml").write_text(MAPPING)
    environ = {
        "WATCHKEEPER_STATSD_LISTEN": f"acme/web=127.0.0.1:{port}, unixgram://{path}",
        "WATCHKEEPER_STATSD_MAPPING_FILE": str(directory / "mapping.yml"),
        "WATCHKEEPER_STATSD_HASH_TAGS": "email",
    }
    server = Server(directory / "data", environ=environ)
    facts = server.setup()
    server.start()
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    try:
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
            yield Listening(server, client, int(str(facts["project_id"])), port, path)
    finally:
        server.stop()


@pytest.mark.node
def test_a_hot_shots_product_is_seen_under_its_names(listening: Listening) -> None:
    command = ["node", str(NODE / "statsd_app.mjs"), "127.0.0.1", str(listening.port)]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

    views = 'sigma_playground_workbook_views{workbook_id="w1",user_id="u7"}'
    assert listening.arrives(views) == 3
    assert listening.arrives(f"increase({views}[1m]) > 0") > 0
    for expression, value in {
        'sigma_playground_workbook_load_time{quantile="0.99",workbook_id="w1"}': 0.32,
        'sigma_playground_workbook_load_time_count{workbook_id="w1"}': 1,
        'sigma_playground_workbook_error_rate{workbook_id="w1"}': 1,
        'sigma_playground_user_logins{method="email"}': 1,
        'sigma_playground_api_calls{status_code="200"}': 1,
        'sigma_playground_database_query_time_sum{query=~"SELECT .*"}': 0.0125,
        "sigma_playground_queue_delta": 7,
        "sigma_playground_sizes_sum": 42,
        "sigma_playground_spread_count": 1,
        'sigma_playground_health_response_time_sum{service="db"}': 0.004,
        "sigma_playground_users_unique": 1,
    }.items():
        assert listening.arrives(expression) == pytest.approx(value), expression


def test_datadog_s_client_is_understood(listening: Listening) -> None:
    with DogStatsd(
        host="127.0.0.1", port=listening.port, constant_tags=["env:prod"], disable_telemetry=True
    ) as client:
        client.increment("dd.page.views", 4, tags=["page:a b"])
        client.decrement("dd.refused")
        client.gauge("dd.depth", 9, tags=["email:ann@example.com"])
        client.gauge_with_timestamp("dd.past", 3, 1_795_224_000)
        client.histogram("dd.size", 512, sample_rate=1)
        client.distribution("dd.spread", 0.5)
        client.timing("dd.took", 250)
        client.set("dd.people", "ann")
        client.service_check("dd.up", DogStatsd.CRITICAL, tags=["db:a"], message="away")

    assert listening.arrives('dd_page_views{env="prod",page="a_b"}') == 4
    assert listening.arrives('dd_depth{email=~"[0-9a-f]{16}"}') == 9
    assert listening.arrives('dd_took{quantile="0.5"}') == 0.25
    assert listening.arrives("dd_size_sum") == 512
    assert listening.arrives("dd_spread_count") == 1
    assert listening.arrives('service_check_status{check="dd.up",db="a",env="prod"}') == 2
    assert listening.arrives("dd_people") == 1
    assert listening.value("dd_refused") is None


def test_datadog_s_client_reaches_a_unix_socket(listening: Listening) -> None:
    with DogStatsd(socket_path=str(listening.path), disable_telemetry=True) as client:
        client.increment("uds.hits", 2)

    assert listening.arrives("uds_hits") == 2


def test_the_python_statsd_client_is_understood(listening: Listening) -> None:
    client = statsd.StatsClient("127.0.0.1", listening.port, prefix="py")
    with client.pipeline() as pipe:
        pipe.incr("hits", 3)
        pipe.incr("hits", 2)
        pipe.gauge("temperature", -5)
        pipe.gauge("level", 10)
        pipe.gauge("level", -4, delta=True)
        pipe.timing("took", 1500)
        pipe.set("users", "ann")
    stream = statsd.TCPStatsClient("127.0.0.1", listening.port, prefix="tcp")
    stream.incr("hits", 6)
    stream.close()

    assert listening.arrives("py_hits") == 5
    assert listening.arrives("py_temperature") == -5
    assert listening.arrives("py_level") == 6
    assert listening.arrives("py_took_sum") == 1.5
    assert listening.arrives("tcp_hits") == 6


def test_a_mapping_file_holds(listening: Listening) -> None:
    client = statsd.StatsClient("127.0.0.1", listening.port)
    client.incr("mapped.berlin.requests")
    client.timing("mapped.berlin.seconds", 500)

    assert listening.arrives('mapped_requests_total{site="berlin"}') == 1
    assert listening.arrives('mapped_seconds_bucket{le="1"}') == 1
    assert listening.arrives('mapped_seconds_bucket{le="0.1"}') == 0


def test_metrics_tell_their_type(listening: Listening) -> None:
    listening.arrives("py_hits")

    answer = listening.client.get(f"/p/{listening.project}/api/v1/metadata").json()["data"]

    assert {name: answer[name][0]["type"] for name in ("py_hits", "py_level", "py_took")} == {
        "py_hits": "counter",
        "py_level": "gauge",
        "py_took": "summary",
    }
