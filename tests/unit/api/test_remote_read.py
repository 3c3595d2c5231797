"""Remote read and federation, asked by a real Prometheus."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cramjam
import httpx
import msgspec
import numpy as np
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request

from bench.server import free_port
from watchkeeper.api.compat import federation_routes, remote_read_routes
from watchkeeper.api.compat.federation import newest, newest_histograms
from watchkeeper.api.compat.federation_protobuf import MEDIA_TYPE, messages, prefers_protobuf
from watchkeeper.api.compat.remote_read import xor
from watchkeeper.api.compat.remote_read.answer import frames, samples_message
from watchkeeper.api.compat.remote_read.messages import message
from watchkeeper.api.compat.remote_read.native import histogram_bytes
from watchkeeper.ingest.exposition import Memory, parse_protobuf
from watchkeeper.ingest.protocols.remote_write import read_histogram
from watchkeeper.lib.clock import system_clock
from watchkeeper.lib.errors import NotFound, Unauthorized
from watchkeeper.model import Buckets, Histogram, ResetHint, Role, Scope, labels_of
from watchkeeper.query.promql import STALE_NAN, MemorySource
from watchkeeper.query.promql.histograms import floats_of

SCOPE = Scope(org_id=1, project_ids=(7,), role=Role.VIEWER)
STEP_MS = 15_000
POINTS = 400


def authenticate(request: Request) -> Scope:
    if "authorization" not in request.headers:
        raise Unauthorized("Send an API token.")
    if request.path_params.get("project_id", 7) != 7:
        raise NotFound("No such project.")
    return SCOPE


@pytest.fixture(scope="module")
def now_ms() -> int:
    return system_clock() // STEP_MS * STEP_MS


@pytest.fixture(scope="module")
def source(now_ms: int) -> MemorySource:
    source = MemorySource()
    rng = np.random.default_rng(4)
    for job in ("api", "web"):
        values = np.cumsum(rng.poisson(3, POINTS)).astype(float)
        times = now_ms - STEP_MS * np.arange(POINTS)[::-1]
        labels = labels_of({"__name__": "requests_total", "job": job, "zone": 'a"b'})
        source.append(labels, list(zip(times.tolist(), values.tolist(), strict=True)))
    gauge = [(now_ms - STEP_MS * i - 7 * i % 900, float(rng.normal())) for i in range(90, 0, -1)]
    source.append(labels_of({"__name__": "temperature", "instance": "a:1"}), gauge)
    source.append(
        labels_of({"__name__": "latency_seconds", "instance": "a:1"}),
        [(now_ms - STEP_MS * i, native(60 - i)) for i in range(59, -1, -1)],
    )
    ended = [(now_ms - 2 * STEP_MS, 1.0), (now_ms - STEP_MS, STALE_NAN)]
    source.append(labels_of({"__name__": "ended", "job": "api"}), ended)
    return source


def native(observed: int) -> Histogram:
    """A histogram with holes, both signs and a zero bucket, that has seen 8 times so many."""
    return Histogram(
        schema=2,
        count=8.0 * observed,
        sum=10.0 * observed,
        zero_threshold=0.001,
        zero_count=1.0 * observed,
        positive=Buckets((-3, -2, 4), (1.0 * observed, 2.0 * observed, 3.0 * observed)),
        negative=Buckets((7,), (1.0 * observed,)),
        reset_hint=ResetHint.GAUGE,
    )


@pytest.fixture(scope="module")
def address(source: MemorySource) -> Iterator[str]:
    app = Starlette(
        routes=[
            *remote_read_routes(source, authenticate),
            *federation_routes(
                source,
                authenticate,
                system_clock,
                lookback_ms=300_000,
                external_labels=lambda scope: {"region": "eu"},
            ),
        ]
    )
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started = threading.Event()
    while not server.started:
        started.wait(0.01)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(5)


@contextmanager
def real_prometheus(config: str, directory: Path, *options: str) -> Iterator[httpx.Client]:
    port = free_port()
    (directory / "prometheus.yml").write_text(config)
    command = [
        shutil.which("prometheus") or "prometheus",
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *options,
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                _until(lambda: _is_ready(client))
                yield client
        finally:
            process.terminate()
            process.wait(20)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False


def _until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    end = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        pause.wait(0.05)


def _matrix(client: httpx.Client, query: str, at_ms: int) -> dict[str, list[list[object]]]:
    answer = client.get("/api/v1/query", params={"query": query, "time": at_ms / 1000}).json()
    assert answer["status"] == "success", answer
    return {
        json.dumps(row["metric"], sort_keys=True): row["values"] for row in answer["data"]["result"]
    }


@pytest.mark.prometheus
def test_a_real_prometheus_reads_every_sample(
    address: str, source: MemorySource, now_ms: int, tmp_path: Path
) -> None:
    config = f"""
remote_read:
  - url: http://{address}/p/7/api/v1/read
    read_recent: true
    basic_auth: {{username: wk, password: token}}
"""
    with real_prometheus(config, tmp_path) as prometheus:
        found = _matrix(prometheus, '{__name__=~"requests_total|temperature"}[2h]', now_ms)
        assert len(found) == 3
        for row, values in found.items():
            labels = labels_of(json.loads(row))
            block = source.select(SCOPE, (), start_ms=0, end_ms=now_ms)
            index = list(block.labels).index(labels)
            start, end = block.offsets[index], block.offsets[index + 1]
            expected = [
                (float(t) / 1000, float(v))
                for t, v in zip(block.ts[start:end], block.values[start:end], strict=True)
                if t > now_ms - 7_200_000
            ]
            assert [(float(t), float(v)) for t, v in values] == expected  # type: ignore[arg-type]
        assert not _matrix(prometheus, 'ended{job="other"}[5m]', now_ms)


def _federating(address: str, *matches: str) -> str:
    """A prometheus.yml that scrapes /federate of an address each second."""
    return f"""
scrape_configs:
  - job_name: federate
    honor_labels: true
    scrape_interval: 1s
    metrics_path: /federate
    params: {{"match[]": {json.dumps(matches)}}}
    basic_auth: {{username: wk, password: token}}
    static_configs: [{{targets: ["{address}"]}}]
"""


@pytest.mark.prometheus
def test_a_real_prometheus_federates(address: str, tmp_path: Path) -> None:
    config = _federating(address, '{job=~".+"}', "temperature")
    with real_prometheus(config, tmp_path) as prometheus:

        def rows(query: str) -> list[dict[str, dict[str, str]]]:
            answer = prometheus.get("/api/v1/query", params={"query": query})
            found: list[dict[str, dict[str, str]]] = answer.json()["data"]["result"]
            return found

        _until(lambda: len(rows("requests_total")) == 2)
        for row in rows("requests_total"):
            assert row["metric"]["zone"] == 'a"b'
            assert row["metric"]["region"] == "eu"
        assert rows("temperature")[0]["metric"]["instance"] == "a:1"
        assert not rows("ended")


@pytest.mark.prometheus
def test_a_real_prometheus_federates_native_histograms(address: str, tmp_path: Path) -> None:
    config = _federating(address, "latency_seconds", "requests_total")
    with real_prometheus(config, tmp_path, "--enable-feature=native-histograms") as prometheus:

        def value(query: str) -> list[float]:
            answer = prometheus.get("/api/v1/query", params={"query": query})
            return [float(row["value"][1]) for row in answer.json()["data"]["result"]]

        _until(lambda: len(value("histogram_count(latency_seconds)")) == 1)
        assert value('histogram_count(latency_seconds{instance="a:1",region="eu"})') == [480.0]
        assert value("histogram_sum(latency_seconds)") == [600.0]
        assert value("histogram_quantile(1, latency_seconds)") == [2.0]
        assert value("histogram_fraction(-Inf, -2, latency_seconds)") == [pytest.approx(0.125)]
        assert value("count(requests_total)") == [2.0]
        assert value("scrape_samples_scraped") == [3.0]


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain;version=0.0.4;q=0.5", False),
        (f"{MEDIA_TYPE};q=0.7, text/plain;version=0.0.4;q=0.3, */*;q=0.1", True),
        (f"{MEDIA_TYPE};q=0.2, application/openmetrics-text;q=0.5", False),
        (f"{MEDIA_TYPE}; q=0", False),
        (f"{MEDIA_TYPE}; q=1.2.3", True),
        (MEDIA_TYPE.replace("delimited", "text"), False),
    ],
)
def test_who_is_told_in_protobuf(accept: str, takes: bool) -> None:
    assert prefers_protobuf(accept) is takes


def test_federated_histograms_read_back() -> None:
    ended = msgspec.structs.replace(native(1), sum=STALE_NAN)
    custom = Histogram(
        schema=-53, count=1.0, sum=1.0, positive=Buckets((0,), (1.0,)), custom_bounds=(1.0,)
    )
    samples = {
        "a": native(3),
        "b": Histogram(schema=0, count=0.0, sum=0.0),
        "c": ended,
        "d": custom,
    }
    source = MemorySource()
    for name, sample in samples.items():
        source.append(labels_of({"__name__": name, "l": "v"}), [(5, sample)])
    found = newest_histograms(source.select(SCOPE, [], start_ms=0, end_ms=10))
    assert [dict(labels)["__name__"] for labels in found] == ["a", "b", "d"]

    body = messages(found, lambda labels: labels[1:])
    scrape = parse_protobuf(body, Memory(), len)

    read = [(each.ts_ms, each.histogram) for each in scrape.histograms]
    assert read == [(5, samples["a"]), (5, samples["b"])]


def read_body(start_ms: int, end_ms: int, *, accepted: list[int]) -> bytes:
    import cramjam

    request = message("ReadRequest")(accepted=accepted)
    query = request.queries.add(start_ms=start_ms, end_ms=end_ms)
    query.matchers.add(type=0, name="job", value="api")
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def test_samples_in_one_message(address: str, now_ms: int) -> None:
    import cramjam

    answer = httpx.post(
        f"http://{address}/api/v1/read",
        content=read_body(now_ms - 60_000, now_ms, accepted=[0]),
        auth=("wk", "token"),
    )
    assert answer.headers["content-type"] == "application/x-protobuf"
    response = message("ReadResponse")()
    response.ParseFromString(bytes(cramjam.snappy.decompress_raw(answer.content)))
    series = {
        next(each.value for each in row.labels if each.name == "__name__"): len(row.samples)
        for row in response.results[0].timeseries
    }
    assert series == {"requests_total": 5, "ended": 2}


def test_native_histograms_come_in_one_message_where_the_reader_takes_that(
    address: str, now_ms: int
) -> None:
    def read(accepted: list[int]) -> httpx.Response:
        request = message("ReadRequest")(accepted=accepted)
        query = request.queries.add(start_ms=now_ms - STEP_MS, end_ms=now_ms)
        query.matchers.add(type=0, name="__name__", value="latency_seconds")
        body = bytes(cramjam.snappy.compress_raw(request.SerializeToString()))
        return httpx.post(f"http://{address}/api/v1/read", content=body, auth=("wk", "token"))

    for accepted in ([0], [1, 0], []):
        response = message("ReadResponse")()
        response.ParseFromString(bytes(cramjam.snappy.decompress_raw(read(accepted).content)))
        (series,) = response.results[0].timeseries
        assert [read_histogram(each, 0, len(each)) for each in series.histograms] == [
            (now_ms - STEP_MS, native(59)),
            (now_ms, native(60)),
        ]
        assert not series.samples
    only_chunks = read([1])
    assert only_chunks.headers["content-type"].startswith("application/x-streamed-protobuf")
    assert only_chunks.content == b""


@pytest.mark.parametrize(
    "histogram",
    [
        Histogram(schema=-4, count=0.0, sum=-0.5),
        Histogram(schema=8, count=2.5, sum=math.inf, negative=Buckets((-2, 0, 1), (1.0, 1.0, 0.5))),
        Histogram(
            schema=-53,
            count=3.0,
            sum=4.0,
            positive=Buckets((0, 2), (1.0, 2.0)),
            custom_bounds=(-1.5, 2.0),
            reset_hint=ResetHint.RESET,
        ),
    ],
)
def test_a_histogram_reads_back(histogram: Histogram) -> None:
    packed = histogram_bytes(histogram, -5)
    assert read_histogram(packed, 0, len(packed))[1] == histogram


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"no snappy", 400, "snappy"),
        (b"\x04\x0c\xff\xff\xff\xff", 400, "ReadRequest"),
    ],
)
def test_a_bad_body_is_told(address: str, body: bytes, status: int, words: str) -> None:
    answer = httpx.post(f"http://{address}/api/v1/read", content=body, auth=("wk", "token"))
    assert answer.status_code == status
    assert words in answer.text


def test_other_projects_and_strangers_read_nothing(address: str, now_ms: int) -> None:
    body = read_body(now_ms - 60_000, now_ms, accepted=[1])
    assert httpx.post(f"http://{address}/api/v1/read", content=body).status_code == 401
    foreign = httpx.post(f"http://{address}/p/8/api/v1/read", content=body, auth=("wk", "token"))
    assert foreign.status_code == 404
    params = {"match[]": "temperature"}
    assert httpx.get(f"http://{address}/federate", params=params).status_code == 401
    foreign = httpx.get(f"http://{address}/p/8/federate", params=params, auth=("wk", "token"))
    assert foreign.status_code == 404


@pytest.mark.parametrize("params", [{}, {"match[]": "{}"}, {"match[]": "rate(x[5m])"}])
def test_federation_wants_selectors(address: str, params: dict[str, str]) -> None:
    answer = httpx.get(f"http://{address}/federate", params=params, auth=("wk", "token"))
    assert answer.status_code == 400
    assert "match[]" in answer.text


def varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return number, at


@dataclass
class Bits:
    text: str
    place: int = 0

    def take(self, width: int) -> int:
        self.place += width
        return int(self.text[self.place - width : self.place] or "0", 2)

    def change_of_delta(self) -> int:
        prefix = 0
        while prefix < 4 and self.take(1):
            prefix += 1
        width = (0, 14, 17, 20, 64)[prefix]
        change = self.take(width)
        return change - (1 << width) if width and change > 1 << (width - 1) else change


def read_bits(data: bytes) -> tuple[list[int], list[int]]:
    """Times and value bits of an XOR chunk, read bit by bit as its specification says."""
    count = int.from_bytes(data[:2], "big")
    zigzag, at = varint(data, 2)
    times = [(zigzag >> 1) ^ -(zigzag & 1)]
    values = [int.from_bytes(data[at : at + 8], "big")]
    if count == 1:
        return times, values
    delta, at = varint(data, at + 8)
    bits = Bits("".join(f"{byte:08b}" for byte in data[at:]))
    lead = length = 0
    for index in range(1, count):
        delta += bits.change_of_delta() if index > 1 else 0
        times.append(times[-1] + delta)
        change = 0
        if bits.take(1):
            if bits.take(1):
                lead, length = bits.take(5), bits.take(6) or 64
            change = bits.take(length) << (64 - lead - length)
        values.append(values[-1] ^ change)
    return times, values


@given(
    st.integers(-(2**40), 2**42),
    st.lists(st.tuples(st.integers(1, 2**34), st.floats()), min_size=1, max_size=130),
)
def test_a_chunk_reads_back_bit_by_bit(start_ms: int, steps: list[tuple[int, float]]) -> None:
    ts_ms = start_ms + np.cumsum(np.array([gap for gap, _ in steps], dtype=np.int64))
    values = np.array([value for _, value in steps])
    times, bits = read_bits(xor.encode(ts_ms, values))
    assert times == ts_ms.tolist()
    assert bits == values.view(np.uint64).tolist()


def test_chunks_and_federation_leave_native_histograms_out() -> None:
    histogram = Histogram(schema=0, count=1.0, sum=1.0, positive=Buckets((0,), (1.0,)))
    source = MemorySource()
    source.append(labels_of({"__name__": "a"}), [(0, histogram), (1, histogram)])
    source.append(labels_of({"__name__": "b"}), [(0, 1.5), (1, histogram), (2, 2.5)])
    source.append(labels_of({"__name__": "c"}), [(0, 3.5), (1, histogram)])
    block = source.select(SCOPE, [], start_ms=0, end_ms=10)
    floats = floats_of(block)

    assert [dict(labels)["__name__"] for labels in floats.labels] == ["b", "c"]
    assert floats.offsets.tolist() == [0, 2, 3]
    assert floats.values.tolist() == [1.5, 2.5, 3.5]
    assert newest(block) == {(("__name__", "b"),): (2, 2.5)}
    response = message("ReadResponse")()
    response.ParseFromString(bytes(cramjam.snappy.decompress_raw(samples_message([block]))))
    assert [(len(s.samples), len(s.histograms)) for s in response.results[0].timeseries] == [
        (0, 2),
        (2, 1),
        (1, 1),
    ]
    assert len(list(frames(block, 0))) == 2
