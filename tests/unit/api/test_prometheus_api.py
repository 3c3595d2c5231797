"""The Prometheus query API, asked as its clients ask it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request

from tests.fakes.clock import HandClock
from watchkeeper.api.compat import prometheus_routes
from watchkeeper.lib.errors import NotFound, Unauthorized
from watchkeeper.model import Role, Scope, labels_of
from watchkeeper.query import QueryLimits
from watchkeeper.query.exemplars import Exemplar, SeriesExemplars
from watchkeeper.query.promql import Engine, MatcherSets, MemorySource, MetricMetadata

SCOPE = Scope(org_id=1, project_ids=(7,), role=Role.VIEWER)
START_S = 1_700_000_000
CLOCK = HandClock(now_ms=(START_S + 600) * 1000)


def memory() -> MemorySource:
    source = MemorySource({"requests_total": [MetricMetadata("counter", "Requests seen.", "")]})
    for job in ("api", "web"):
        source.append(
            labels_of({"__name__": "requests_total", "job": job, "http.status": "200"}),
            [((START_S + t) * 1000, float(t)) for t in range(0, 601, 15)],
        )
    source.append(labels_of({"__name__": "up", "job": "api"}), [(CLOCK.now_ms, 1.0)])
    return source


class OneExemplar:
    """Holds one exemplar of `requests_total{job="api"}`."""

    def exemplars(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[SeriesExemplars]:
        assert scope == SCOPE
        asked = {(m.name, m.value) for matchers in matcher_sets for m in matchers}
        at_ms = START_S * 1000 + 250
        if ("__name__", "requests_total") not in asked or not start_ms <= at_ms <= end_ms:
            return []
        exemplar = Exemplar(ts_ms=at_ms, value=0.5, labels={"trace_id": "abc"})
        series = labels_of({"__name__": "requests_total", "job": "api"})
        return [SeriesExemplars(series=series, exemplars=[exemplar])]


def authenticate(request: Request) -> Scope:
    if "authorization" not in request.headers:
        raise Unauthorized("Send an API token.")
    if request.path_params.get("project_id", 7) != 7:
        raise NotFound("No such project.")
    return SCOPE


def application(limits: QueryLimits | None = None) -> Starlette:
    source = memory()
    engine = Engine(source, limits=limits)
    return Starlette(
        routes=prometheus_routes(engine, source, OneExemplar(), authenticate, clock=CLOCK)
    )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(application(), port=0, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started = threading.Event()
    while not server.started:
        started.wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    thread.join(5)


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address}", auth=("wk", "token")) as client:
        yield client


def data(response: httpx.Response) -> object:
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["status"] == "success"
    return body["data"]


def test_the_health_check_of_grafana_is_answered(client: httpx.Client) -> None:
    answer = client.get("/api/v1/query", params={"query": "1+1", "time": "4"})

    assert answer.text == '{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}'


def test_a_range_query_answers_points_in_seconds_with_texts(client: httpx.Client) -> None:
    answer = client.post(
        "/api/v1/query_range",
        data={
            "query": 'sum(rate(requests_total{"http.status"="200"}[1m])) + 0.5',
            "start": f"{START_S + 60}.5",
            "end": f"{START_S + 62}.5",
            "step": "1",
        },
    )

    assert data(answer) == {
        "resultType": "matrix",
        "result": [
            {
                "metric": {},
                "values": [[START_S + 60.5 + i, "2.5"] for i in range(3)],
            }
        ],
    }
    assert f"[{START_S + 60}.500," in answer.text


@pytest.mark.parametrize(
    ("path", "status", "error_type", "error"),
    [
        (
            "query?query=sum(",
            400,
            "bad_data",
            'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
        ),
        ("query?query=up&time=x", 400, "bad_data", 'cannot parse "x" to a valid timestamp'),
        ("query_range?query=up&start=0&end=9e9&step=1", 400, "bad_data", "11,000 points"),
        ("query_range?query=up&start=9&end=1&step=1", 400, "bad_data", 'invalid parameter "end"'),
        ("query_range?query=up[5m]&start=1&end=9&step=1", 400, "bad_data", '"range vector"'),
        ("query_range?query=up&start=1&end=9&step=0", 400, "bad_data", "zero or negative"),
        ("query?query=requests_total%2Bon()up", 422, "execution", "many-to-one matching"),
        ("query?query=up&limit=-1", 400, "bad_data", "limit must be non-negative"),
        ("series", 400, "bad_data", "no match[] parameter provided"),
        (
            "series?match[]={}",
            400,
            "bad_data",
            "match[] must contain at least one non-empty matcher",
        ),
        ("series?match[]=sum(up)", 400, "bad_data", 'invalid parameter "match[]"'),
        ("rules?type=no", 400, "bad_data", 'not supported value "no"'),
    ],
)
def test_refusals_have_prometheus_words(
    client: httpx.Client, path: str, status: int, error_type: str, error: str
) -> None:
    answer = client.get(f"/api/v1/{path}")

    assert answer.status_code == status
    assert answer.json()["errorType"] == error_type
    assert error in answer.json()["error"]


def test_an_unknown_path_is_plain_text(client: httpx.Client) -> None:
    answer = client.get("/api/v1/nothing")

    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


def test_labels_values_series_and_metadata(client: httpx.Client) -> None:
    assert data(client.get("/api/v1/labels")) == ["__name__", "http.status", "job"]
    assert data(client.get("/api/v1/label/U__http_2e_status/values")) == ["200"]
    assert data(client.get("/api/v1/label/job/values", params={"match[]": "up"})) == ["api"]
    assert data(client.get("/api/v1/series", params={"match[]": "up"})) == [
        {"__name__": "up", "job": "api"}
    ]
    assert data(client.get("/api/v1/metadata")) == {
        "requests_total": [{"type": "counter", "help": "Requests seen.", "unit": ""}]
    }
    cut = client.get("/api/v1/label/job/values", params={"limit": "1"}).json()
    assert cut["data"] == ["api"]
    assert cut["warnings"] == ["results truncated due to limit"]


def test_status_pages_and_empty_lists_are_answered(client: httpx.Client) -> None:
    assert "features" not in str(data(client.get("/api/v1/status/buildinfo")))
    assert data(client.get("/api/v1/rules")) == {"groups": []}
    assert data(client.get("/api/v1/alerts")) == {"alerts": []}
    assert data(client.get("/api/v1/targets")) == {"activeTargets": [], "droppedTargets": []}
    assert data(client.get("/api/v1/notifications")) == []
    for page in ("config", "flags", "runtimeinfo", "walreplay"):
        assert data(client.get(f"/api/v1/status/{page}"))
    flags = data(client.get("/api/v1/status/flags"))
    assert isinstance(flags, dict)
    assert (flags["query.lookback-delta"], flags["query.timeout"]) == ("5m", "2m")
    tsdb = data(client.get("/api/v1/status/tsdb"))
    assert isinstance(tsdb, dict)
    assert tsdb["headStats"]["numSeries"] == 3
    assert tsdb["seriesCountByMetricName"][0] == {"name": "requests_total", "value": 2}
    year_57000 = {"query": "test", "start": "1700000000000", "end": "1700003600000"}
    assert data(client.get("/api/v1/query_exemplars", params=year_57000)) == []


def test_exemplars_of_what_an_expression_selects(client: httpx.Client) -> None:
    span = {"start": str(START_S), "end": str(START_S + 60)}
    query = {"query": "sum(rate(requests_total[5m])) / up", **span}
    assert data(client.get("/api/v1/query_exemplars", params=query)) == [
        {
            "seriesLabels": {"__name__": "requests_total", "job": "api"},
            "exemplars": [
                {"labels": {"trace_id": "abc"}, "value": "0.5", "timestamp": START_S + 0.25}
            ],
        }
    ]
    all_of_it = client.get("/api/v1/query_exemplars", params={"query": "requests_total"})
    assert len(all_of_it.json()["data"]) == 1
    backwards = {"query": "up", "start": "20", "end": "10"}
    assert client.post("/api/v1/query_exemplars", data=backwards).status_code == 400


def test_a_lookback_of_its_own_holds_for_one_query(client: httpx.Client) -> None:
    late = str(START_S + 600 + 400)
    asked = {"query": "up", "time": late, "lookback_delta": "10m"}
    assert len(client.get("/api/v1/query", params=asked).json()["data"]["result"]) == 1
    assert not client.get("/api/v1/query", params={**asked, "lookback_delta": "1m"}).json()["data"][
        "result"
    ]
    assert not client.get("/api/v1/query", params={**asked, "lookback_delta": "-1"}).json()["data"][
        "result"
    ]
    span = {"query": "up", "start": str(START_S + 600), "end": late, "step": "100"}
    for lookback, points in (("150", 2), ("300", 3), ("10m", 5), ("5m", 3)):
        (series,) = client.post(
            "/api/v1/query_range", data={**span, "lookback_delta": lookback}
        ).json()["data"]["result"]
        assert len(series["values"]) == points
    wrong = client.get("/api/v1/query", params={**asked, "lookback_delta": "soon"})
    assert (wrong.status_code, wrong.json()["errorType"]) == (400, "bad_data")


def test_pages_of_other_origins_may_ask_with_a_token_of_their_own(client: httpx.Client) -> None:
    asked = client.get("/api/v1/labels", headers={"origin": "https://grafana.example"})
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in asked.headers
    preflight = client.options("/api/v1/query", headers={"origin": "https://grafana.example"})
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in client.get("/api/v1/labels").headers


def test_methods_and_powers_that_are_not_there(client: httpx.Client) -> None:
    for method, path in (("PUT", "query"), ("POST", "metadata"), ("GET", "admin/tsdb/snapshot")):
        assert client.request(method, f"/api/v1/{path}").status_code == 405
    for name in ("delete_series", "clean_tombstones", "snapshot"):
        refused = client.post(f"/api/v1/admin/tsdb/{name}")
        assert (refused.status_code, refused.json()["errorType"]) == (503, "unavailable")
        assert "watchkeeper backup" in refused.json()["error"]


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready", "/p/1/-/ready"])
def test_balancers_learn_that_queries_are_taken(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == client.head(path).status_code == 200


def test_a_query_is_formatted_and_parsed(client: httpx.Client) -> None:
    query = "sum(rate(up[5m]))by(job)/2"

    assert data(client.get("/api/v1/format_query", params={"query": query})) == (
        "sum by (job) (rate(up[5m])) / 2"
    )
    tree = data(client.get("/api/v1/parse_query", params={"query": query}))
    assert isinstance(tree, dict)
    assert (tree["type"], tree["op"], tree["lhs"]["op"]) == ("binaryExpr", "/", "sum")


def test_a_project_prefix_is_handed_to_authentication(client: httpx.Client) -> None:
    assert data(client.get("/p/7/api/v1/labels")) == ["__name__", "http.status", "job"]
    assert client.get("/p/8/api/v1/labels").status_code == 404
    assert httpx.get(str(client.base_url) + "/api/v1/labels").status_code == 401


def test_large_answers_are_packed_when_asked(client: httpx.Client) -> None:
    params = {"query": "requests_total[10m]", "time": str(START_S + 600)}
    with client.stream(
        "GET", "/api/v1/query", params=params, headers={"accept-encoding": "gzip"}
    ) as answer:
        packed = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(packed))["data"]["result"]) == 2


@pytest.mark.prometheus
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["instant", "URL", "up", "--time", str(START_S + 600)], 'up{job="api"} => 1 @'),
        (
            ["range", "URL", "sum(rate(requests_total[1m]))", "--step=60s",
             f"--start={START_S + 60}", f"--end={START_S + 120}"],
            f"2 @[{START_S + 60}]",
        ),
        (
            ["labels", "URL", "job", f"--start={START_S}", f"--end={START_S + 900}"],
            "api\nweb",
        ),
        (
            ["series", "URL", "--match=up", f"--start={START_S}", f"--end={START_S + 900}"],
            '{__name__="up", job="api"}',
        ),
    ],
)  # fmt: skip
def test_promtool_reads_us(address: str, arguments: list[str], shown: str) -> None:
    url = f"http://wk:token@{address}/p/7"
    command = ["promtool", "query", *(url if a == "URL" else a for a in arguments)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_prometheus_api_client_reads_us(address: str) -> None:
    from prometheus_api_client import MetricRangeDataFrame, PrometheusConnect

    connection = PrometheusConnect(f"http://wk:token@{address}/p/7", disable_ssl=True)
    assert connection.check_prometheus_connection()
    assert connection.all_metrics() == ["requests_total", "up"]
    assert sorted(connection.get_label_values("job")) == ["api", "web"]
    (now,) = connection.custom_query('requests_total{job="api"}', {"time": START_S + 600})
    assert now["value"] == [START_S + 600, "600"]
    span = {
        "start_time": datetime.fromtimestamp(START_S, UTC),
        "end_time": datetime.fromtimestamp(START_S + 600, UTC),
    }
    found = connection.custom_query_range("rate(requests_total[1m])", step="60", **span)
    assert {row["metric"]["job"] for row in found} == {"api", "web"}
    raw = connection.get_metric_range_data("requests_total", **span)
    frame = MetricRangeDataFrame(raw)
    assert set(frame["job"]) == {"api", "web"}
    assert frame["value"].max() == 600
