"""OTLP over HTTP: keys, encodings, limits, answers; and input that nobody meant."""

from __future__ import annotations

import base64
import contextlib
import gzip
import zlib
from pathlib import Path

import cramjam
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.fakes.faults import FaultySpool
from tests.unit.edge.otlp_world import (
    DELTA,
    JSON,
    METRICS,
    NOW,
    PROTOBUF,
    OtlpEdge,
    exponential,
    gauge,
    histogram,
    request,
    total,
)
from tests.unit.edge.world import DISABLED, PUBLIC, SERVER, Answer, call
from watchkeeper.ingest.protocols.otlp import OtlpOptions, reading
from watchkeeper.ingest.protocols.otlp.attributes import float_text
from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp, TooManyParts
from watchkeeper.ingest.protocols.otlp.metrics import parse
from watchkeeper.store.spool import SpoolFull

SENT = request(gauge("g", 1))
BODY = SENT.SerializeToString()


@pytest.fixture
def edge(tmp_path: Path) -> OtlpEdge:
    return OtlpEdge(tmp_path)


def status_of(answer: Answer) -> tuple[int, str]:
    """(code, message) of a google.rpc.Status in protobuf."""
    body = answer.body
    assert body[0] == 0x08
    assert body[2] == 0x12
    at = 4 if body[3] < 0x80 else 5
    return body[1], body[at:].decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SERVER}"},
        {"Authorization": f"bearer  {SERVER}"},
        {"Authorization": SERVER},
        {"Authorization": "Basic " + base64.b64encode(f"otel:{SERVER}".encode()).decode()},
        {"Authorization": "Basic " + base64.b64encode(f"{SERVER}:".encode()).decode()},
        {"x-api-key": SERVER},
        {"api-key": SERVER},
        {"X-Watchkeeper-Key": SERVER},
    ],
)
async def test_the_server_key_is_taken_wherever_exporters_put_it(
    edge: OtlpEdge, headers: dict[str, str]
) -> None:
    told = {"Content-Type": "application/x-protobuf", **headers}

    assert (await edge.post(BODY, path=METRICS, headers=told)).status == 200


async def test_the_key_may_stand_in_the_address(edge: OtlpEdge) -> None:
    told = {"Content-Type": "application/x-protobuf"}

    answer = await edge.post(BODY, path=METRICS, query=f"key={SERVER}", headers=told)

    assert answer.status == 200


@pytest.mark.parametrize(
    ("key", "status", "code", "reason"),
    [
        ("", 401, 16, "unknown_key"),
        ("nobody", 403, 7, "unknown_key"),
        (PUBLIC, 403, 7, "wrong_key_kind"),
        (DISABLED, 403, 7, "disabled_key"),
    ],
)
async def test_other_keys_are_refused_with_a_reason(
    edge: OtlpEdge, key: str, status: int, code: int, reason: str
) -> None:
    answer = await edge.send(SENT, Authorization=f"Bearer {key}" if key else "")

    assert answer.status == status
    assert status_of(answer)[0] == code
    assert status_of(answer)[1].startswith(f"{reason}: ")
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert edge.world.dropped(reason) == 1


@pytest.mark.parametrize(
    "path", ["/v1/metrics", "/v1/metrics/", "/api/v1/otlp/v1/metrics", "/p/1/v1/metrics"]
)
async def test_every_address_takes_metrics(edge: OtlpEdge, path: str) -> None:
    assert (await edge.send(SENT, path=path)).status == 200


async def test_a_key_of_another_project_is_refused(edge: OtlpEdge) -> None:
    assert (await edge.send(SENT, path="/p/2/v1/metrics")).status == 403


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("zstd", bytes(cramjam.zstd.compress(BODY))),
        ("br", bytes(cramjam.brotli.compress(BODY))),
        ("identity", BODY),
    ],
)
async def test_encodings_of_real_exporters_are_taken(
    edge: OtlpEdge, encoding: str, packed: bytes
) -> None:
    headers = {**PROTOBUF, "Content-Encoding": encoding}

    answer = await edge.post([packed[:3], packed[3:]], path=METRICS, headers=headers)

    assert answer.status == 200
    assert edge.values() == {"g": 1}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({**PROTOBUF, "Content-Type": "text/plain"}, BODY, 415),
        ({**PROTOBUF, "Content-Type": ""}, BODY, 415),
        ({**PROTOBUF, "Content-Encoding": "lzma"}, BODY, 415),
        (PROTOBUF, b"\x0a\xff\xff", 400),
        (PROTOBUF, b"hello", 400),
        (JSON, b"{", 400),
        (JSON, b'{"resourceMetrics": 7}', 400),
        (JSON, b"[" * 100_000, 400),
        (JSON, b'{"resourceMetrics":[{"resource":{"attributes":{"a":1}}}]}', 400),
        ({**PROTOBUF, "Content-Encoding": "gzip"}, b"not gzip", 400),
    ],
)
async def test_what_cannot_be_read_is_refused_for_good(
    edge: OtlpEdge, headers: dict[str, str], body: bytes, status: int
) -> None:
    assert (await edge.post(body, path=METRICS, headers=headers)).status == status


async def test_a_refusal_in_json_is_a_status(edge: OtlpEdge) -> None:
    answer = await edge.post(b"{", path=METRICS, headers=JSON)

    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["code"] == 3
    assert told["message"].startswith("malformed: The body is not an export request in JSON")


async def test_a_partial_success_in_json_has_its_names(edge: OtlpEdge) -> None:
    answer = await edge.send_json(request(gauge("g", 1, at_ms=5)))

    assert answer.json() == {
        "partialSuccess": {
            "rejectedDataPoints": "1",
            "errorMessage": "1 of 1 data points were refused: 1 too_old.",
        }
    }


async def test_numbers_in_json_may_be_text(edge: OtlpEdge) -> None:
    body = (
        b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","sum":{"isMonotonic":true,'
        b'"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","dataPoints":[{"asInt":"5",'
        b'"timeUnixNano":"1795224000000000000","attributes":[{"key":"n","value":{"intValue":"9"}}]}'
        b']}},{"name":"b","gauge":{"dataPoints":[{"asDouble":"Infinity",'
        b'"timeUnixNano":1795224000000000000,"unheardOf":[{}]}]}}]}]}]}'
    )

    answer = await edge.post(body, path=METRICS, headers=JSON)

    assert answer.body == b"{}"
    assert edge.values() == {'a_total{n="9"}': 5, "b": float("inf")}


async def test_a_zip_bomb_is_cut_at_the_limit(tmp_path: Path) -> None:
    edge = OtlpEdge(tmp_path, otlp=OtlpOptions(max_body_bytes=100_000))
    bomb = gzip.compress(bytes(50_000_000))

    answer = await edge.post(bomb, path=METRICS, headers={**PROTOBUF, "Content-Encoding": "gzip"})

    assert answer.status == 413
    assert "100,000 bytes" in status_of(answer)[1]


def test_a_body_of_empty_messages_is_refused_before_they_are_made() -> None:
    empty = b"\x0a\x00" * (reading.MAX_PARTS + 200_000)
    gauge_field = b"\x2a" + _varint(len(empty)) + empty
    metric = b"\x12" + _varint(len(gauge_field)) + gauge_field
    scope = b"\x12" + _varint(len(metric)) + metric
    body = b"\x0a" + _varint(len(scope)) + scope

    with pytest.raises(TooManyParts, match="more than 2,000,000 parts"):
        parse.read_protobuf(body)
    with pytest.raises(TooManyParts):
        parse.read_json(b"[" + b"{}," * reading.MAX_PARTS)


def test_a_large_body_of_real_points_is_read() -> None:
    made = request(*(gauge(f"metric.number.{n}", n, label="x" * 200) for n in range(20_000)))

    assert len(parse.read_protobuf(made.SerializeToString()).resource_metrics) == 1


async def test_a_preflight_is_answered(edge: OtlpEdge) -> None:
    answer = await call(edge.app, "OPTIONS", METRICS)

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_beacon_of_a_page_with_headers_of_its_own_may_be_sent(edge: OtlpEdge) -> None:
    page = {"Origin": "https://shop.example"}
    asked = {**page, "Access-Control-Request-Headers": "content-type,x-tenant"}

    preflight = await call(edge.app, "OPTIONS", METRICS, headers=asked)
    answered = await call(edge.app, "POST", METRICS, headers={**page, **PROTOBUF})

    assert preflight.headers["access-control-allow-headers"] == "content-type,x-tenant"
    assert answered.status == 200
    for answer in (preflight, answered):
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-allow-credentials"] == "true"


async def test_the_prefixes_of_other_servers_lead_here_too(edge: OtlpEdge) -> None:
    for path in ("/otlp/v1/metrics", "/api/v1/otlp/v1/metrics"):
        assert (await call(edge.app, "GET", path, headers=PROTOBUF)).status == 405


async def test_get_is_told_to_post(edge: OtlpEdge) -> None:
    answer = await call(edge.app, "GET", METRICS, headers=PROTOBUF)

    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


async def test_a_full_spool_asks_for_all_of_it_again(tmp_path: Path) -> None:
    edge = OtlpEdge(tmp_path)
    spool = edge.world.spool
    edge.world.acceptor._spool = FaultySpool(spool, at=1, error=SpoolFull("full", retry_after_s=7))
    sent = request(
        total("c", 5, NOW, start_ms=NOW - 1000, temporality=DELTA),
        exponential("e", 0, 0, [4], temporality=DELTA),
    )

    refused = await edge.send(sent)
    kept = await edge.send(sent)

    assert (refused.status, refused.headers["retry-after"]) == (503, "7")
    assert status_of(refused)[0] == 14
    assert kept.status == 200
    assert edge.values() == {"c_total": 5}
    assert [found.count for _, _, found in edge.histograms()] == [4]
    assert edge.metadata()["c_total"][0] == "counter"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (float("inf"), "+Inf"),
    ],
)
def test_numbers_are_written_as_the_collector_writes_them(value: float, text: str) -> None:
    assert float_text(value) == text


WHOLE = request(
    gauge("g", 1.5, a="b"),
    total("c", 3, temporality=DELTA, is_monotonic=True),
    histogram("h", [1.0, 2.0], [1, 2, 3], total_s=4),
    exponential("e", 9, -5, [1, 2, 3]),
    resource={"service.name": "s"},
    scope="x",
).SerializeToString()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (parse.read_protobuf, parse.read_json):
        with contextlib.suppress(MalformedOtlp):
            read(body)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255), cut=st.booleans())
async def test_a_damaged_request_is_answered(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, cut: bool
) -> None:
    edge = OtlpEdge(tmp_path_factory.mktemp("edge"))
    damaged = WHOLE[:at] if cut else WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]

    answer = await edge.post(damaged, path=METRICS, headers=PROTOBUF)

    assert answer.status in {200, 400}
    edge.world.spool.close()


_NAMES = [
    *("dataPoints", "asDouble", "asInt", "timeUnixNano", "attributes", "key", "value", "count"),
    *("bucketCounts", "explicitBounds", "flags", "scale", "positive", "offset", "stringValue"),
    *("arrayValue", "values", "sum", "quantileValues", "exemplars"),
]
_texts = st.text(max_size=5) | st.sampled_from(["NaN", "Infinity", "-1", "18446744073709551616"])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["gauge", "sum", "histogram", "exponentialHistogram", "summary"]),
    points=st.lists(_json, max_size=3),
)
async def test_json_of_any_shape_is_answered(
    tmp_path_factory: pytest.TempPathFactory, kind: str, points: list[object]
) -> None:
    edge = OtlpEdge(tmp_path_factory.mktemp("edge"))
    metric = {"name": "m", kind: {"aggregationTemporality": 2, "dataPoints": points}}
    body = msgspec.json.encode({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})

    answer = await edge.post(body, path=METRICS, headers=JSON)

    assert answer.status in {200, 400}
    edge.world.spool.close()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def test_the_whole_request_is_what_it_seems() -> None:
    read = ExportMetricsServiceRequest.FromString(WHOLE)
    assert [m.name for m in read.resource_metrics[0].scope_metrics[0].metrics] == list("gche")
