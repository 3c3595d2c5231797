"""What is pushed: remote write 1.0 and 2.0, OTLP metrics, the Pushgateway."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

import cramjam
from google.protobuf import json_format

from tests.fuzz import wire
from tests.fuzz.target import Run, Target
from tests.fuzz.targets.exposition import families
from tests.fuzz.targets.spool import Sink, finished
from tests.unit.edge.world import SERVER, KeyBox
from watchkeeper.ingest import AsgiMessage, InFlight, Receive, Request, Writers
from watchkeeper.ingest.protocols import RemoteWriteEndpoint
from watchkeeper.ingest.protocols.otlp import MetricsSignal, OtlpOptions
from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp, TooManyParts
from watchkeeper.ingest.pushgateway import BadPush, PushBody, grouping_of
from watchkeeper.ingest.pushgateway.parse import read_families
from watchkeeper.ingest.pushgateway.types import decode_families, encode_families
from watchkeeper.privacy import Scrubber

_V1 = b"application/x-protobuf;proto=prometheus.WriteRequest"
_V2 = b"application/x-protobuf;proto=io.prometheus.write.v2.Request"
_WORDS = (
    b"__name__", b"m", b"job", b"a", b"le", b"0.5", b"", b"\xc3\xa9", b"m_total", b"trace_id",
    b"watchkeeper_x", b"service.name", b"s", b"{request}", b"By", b"%", b"1", b"a.b/c",
)  # fmt: skip
_NOW_NS = 1_795_224_000_000_000_000


def _remote_write(content_type: bytes) -> Run:
    sink, keys = Sink(), KeyBox()
    headers = {b"content-type": content_type, b"content-encoding": b"snappy",
               b"authorization": f"Bearer {SERVER}".encode()}  # fmt: skip

    def run(data: bytes) -> str:
        sink.renew()
        endpoint = RemoteWriteEndpoint(
            acceptor=sink.acceptor,
            writers=Writers(keys, sink.clock),
            clock=sink.clock,
            in_flight=InFlight(),
        )
        statuses = []
        for _ in range(2):  # the second time the series are known
            request = Request("POST", "/api/v1/write", b"", headers, _sent(data))
            reply = finished(endpoint(request))
            statuses.append(reply.status)
            assert reply.status in {204, 400, 413, 415}, f"answered {reply.status}"
        return f"{statuses} {min(sink.spool.rows, 2)}"

    return run


def _sent(body: bytes) -> Receive:
    async def receive() -> AsgiMessage:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _packing(run: Run) -> Run:
    """Inputs are unpacked messages; so mutations reach what is inside."""

    def packed(data: bytes) -> str:
        return run(bytes(cramjam.snappy.compress_raw(data)))

    return packed


_LABEL: wire.Shape = {1: "text", 2: "text"}
_HISTOGRAM: wire.Shape = {
    1: "uint", 2: "double", 3: "double", 4: "sint", 5: "double", 6: "uint", 7: "double",
    8: {1: "sint", 2: "uint"}, 9: "packed", 10: "doubles", 11: {1: "sint", 2: "uint"}, 12: "packed",
    13: "doubles", 14: "uint", 15: "ms", 16: "doubles", 17: "ms",
}  # fmt: skip
_SAMPLE: wire.Shape = {1: "double", 2: "ms", 3: "ms"}
_REQUEST_1: wire.Shape = {
    1: {1: _LABEL, 2: _SAMPLE, 3: {1: _LABEL, 2: "double", 3: "ms"}, 4: _HISTOGRAM},
    3: {1: "uint", 2: "text", 4: "text", 5: "text"},
}
_REQUEST_2: wire.Shape = {
    5: {
        1: "packed", 2: _SAMPLE, 3: _HISTOGRAM, 4: {1: "packed", 2: "double", 3: "ms"},
        5: {1: "uint", 3: "uint", 4: "uint"}, 6: "ms",
    },
}  # fmt: skip
_NAMED = wire.encoded([(1, 2, wire.encoded([(1, 2, b"__name__"), (2, 2, b"m")]))])


def _series_1(rng: Random) -> bytes:
    """Named series with a sample each, as senders write them, then anything."""
    out = b""
    for n in range(int(rng.random() ** 4 * 40)):
        extra = wire.encoded([(1, 2, wire.encoded([(1, 2, b"n"), (2, 2, b"%d" % n)]))])
        sample = wire.encoded([(2, 2, wire.generated(rng, _SAMPLE, _WORDS))])
        out += wire.encoded([(1, 2, _NAMED + extra + sample)])
    return out + wire.generated(rng, _REQUEST_1, _WORDS)


def _request_2(rng: Random) -> bytes:
    symbols = [b"", b"__name__", *(rng.choice(_WORDS) for _ in range(4))]
    refs = bytes((1, 2 + int(rng.random() * 4)))
    sample = wire.generated(rng, _SAMPLE, _WORDS)
    histogram = wire.generated(rng, _HISTOGRAM, _WORDS)
    series = wire.encoded(
        [(1, 2, refs), (2, 2, sample), *([(3, 2, histogram)] * int(rng.random() * 2))]
    )
    fields: list[wire.Field] = [(4, 2, each) for each in symbols]
    return wire.encoded([*fields, (5, 2, series)]) + wire.generated(rng, _REQUEST_2, _WORDS)


_ANY: dict[int, str | wire.Shape] = {1: "text", 2: "uint", 3: "uint", 4: "double", 7: "text"}
_ANY[5] = {1: dict(_ANY)}
_ANY[6] = {1: {1: "text", 2: dict(_ANY)}}
_PAIR: wire.Shape = {1: "text", 2: _ANY}
_POINT_EXEMPLAR: wire.Shape = {2: "ns", 3: "double", 4: "text", 5: "text", 6: "fixed64", 7: _PAIR}
_NUMBER: wire.Shape = {
    2: "ns",
    3: "ns",
    4: "double",
    5: _POINT_EXEMPLAR,
    6: "fixed64",
    7: _PAIR,
    8: "uint",
}
_SPARSE: wire.Shape = {1: "sint", 2: "packed"}
_METRIC: dict[int, str | wire.Shape] = {
    5: {1: _NUMBER},
    7: {1: _NUMBER, 2: "uint", 3: "uint"},
    9: {1: {2: "ns", 3: "ns", 4: "fixed64", 5: "double", 6: "fixed64s", 7: "doubles",
            8: _POINT_EXEMPLAR, 9: _PAIR, 10: "uint", 11: "double", 12: "double"}, 2: "uint"},
    10: {1: {1: _PAIR, 2: "ns", 3: "ns", 4: "fixed64", 5: "double", 6: "sint", 7: "fixed64",
             8: _SPARSE, 9: _SPARSE, 10: "uint", 11: _POINT_EXEMPLAR, 12: "double", 13: "double",
             14: "double"}, 2: "uint"},
    11: {1: {2: "ns", 3: "ns", 4: "fixed64", 5: "double", 6: {1: "double", 2: "double"}, 7: _PAIR,
             8: "uint"}},
}  # fmt: skip


def _otlp_request(rng: Random) -> bytes:
    kind = rng.choice(tuple(_METRIC))
    head: wire.Shape = {1: "text", 2: "text", 3: "text"}
    metric = wire.generated(rng, head, _WORDS) + wire.generated(rng, {kind: _METRIC[kind]}, _WORDS)
    scope = wire.generated(rng, {1: {1: "text", 2: "text", 3: _PAIR}}, _WORDS)
    resource = wire.generated(rng, {1: {1: _PAIR}}, _WORDS)
    scoped = scope + wire.encoded([(2, 2, metric)] * (1 + int(rng.random() * 2)))
    return wire.encoded([(1, 2, resource + wire.encoded([(2, 2, scoped)]))])


def _otlp_json(rng: Random) -> bytes:
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    while True:
        try:
            made = ExportMetricsServiceRequest.FromString(_otlp_request(rng))
            return json_format.MessageToJson(made, indent=None).encode()
        except (DecodeError, UnicodeDecodeError, ValueError):
            continue


def _otlp(*, is_json: bool) -> Run:
    sink = Sink()
    options = (
        OtlpOptions(),
        OtlpOptions(
            translation_strategy="NoTranslation",
            promote_all_resource_attributes=True,
            keep_identifying_resource_attributes=True,
            histogram_min_max=True,
        ),
    )

    def run(data: bytes) -> str:
        sink.renew()
        signal = MetricsSignal(sink.acceptor, Scrubber(), sink.clock, options[len(data) % 2])
        first = finished(signal.take(1, data, is_json=is_json))
        first.message.encode()
        rows = sink.spool.rows
        second = finished(signal.take(1, data, is_json=is_json))  # everything is known by now
        second.message.encode()
        return f"{min(rows, 3)} {sorted(first.reasons)}"

    return run


_JSON_TOKENS = (
    b"null", b"true", b"[]", b"{}", b'""', b"1e999", b"-1", b'"NaN"', b'"Infinity"', b'"\\ud800"',
    b"[" * 90, b'"asDouble":', b'"asInt":"',
    b'"attributes":[{"key":"a","value":{"intValue":"1"}}]', b'"stringValue":',
    b'"timeUnixNano":"', b'"dataPoints":[', b'"bucketCounts":["1"]', b'"explicitBounds":[1]',
    b'"scale":', b'"offset":2147483647', b'"count":"', b'"aggregationTemporality":',
    b'"kvlistValue":{"values":[', b'"arrayValue":{"values":[', b'"exemplars":[{}]', b'"flags":1',
    b'"zeroThreshold":', b"18446744073709551616",
)  # fmt: skip


def _grouping() -> Run:
    def run(data: bytes) -> str:
        text = data.decode("utf-8", "replace")
        job, _, rest = text.partition("/")
        labels = grouping_of(job, rest, job_is_base64=len(text) % 2 == 1)
        assert dict(labels).get("job") or len(text) % 2, "a grouping key without a job"
        for name, value in labels:
            assert re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name), f"{name!r} is a label name"
            value.encode()
        return str(min(len(labels), 3))

    return run


def _a_path(rng: Random) -> bytes:
    parts = [rng.choice(("job", "a", "é", "", "c29tZQ", "Lw==", "="))]
    for _ in range(int(rng.random() * 4)):
        parts += [
            rng.choice(("instance", "a@base64", "__x", "b", "@base64")),
            rng.choice(("v", "", "=", "YQ==", "/", "\ud7ff")),
        ]
    return "/".join(parts).encode()


def _push() -> Run:
    groupings = (grouping_of("j", ""), grouping_of("j", "a/b/instance/x"))
    kinds = (
        "",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
        "encoding=delimited",
    )

    def run(data: bytes) -> str:
        body = PushBody(data[1:], kinds[data[:1] == b"P"])
        found = read_families(body, groupings[len(data) % 2], now_ms=1_795_224_000_000)
        stored = encode_families(found)
        assert encode_families(decode_families(stored)) == stored, "families are not kept whole"
        return str(min(len(found), 3))

    return run


@cache
def _text_of() -> Callable[[Random], bytes]:
    from tests.fuzz.targets.exposition import TARGETS as expositions

    return expositions[0].generate


def _a_push(rng: Random) -> bytes:
    return b"P" + families(rng) if rng.random() < 0.4 else b"T" + _text_of()(rng)


def _packed(rng: Random) -> bytes:
    return bytes(cramjam.snappy.compress_raw(_series_1(rng)))


TARGETS = (
    Target(
        name="remote-write-1",
        make=lambda: _packing(_remote_write(_V1)),
        refusals=(),
        generate=_series_1,
        tokens=_WORDS,
        is_wire=True,
        share=12,
    ),
    Target(
        name="remote-write-2",
        make=lambda: _packing(_remote_write(_V2)),
        refusals=(),
        generate=_request_2,
        tokens=_WORDS,
        is_wire=True,
        share=20,
    ),
    Target(
        name="remote-write-snappy",
        make=lambda: _remote_write(_V1),
        refusals=(),
        generate=_packed,
        share=12,
    ),
    Target(
        name="otlp-protobuf",
        make=lambda: _otlp(is_json=False),
        refusals=(MalformedOtlp, TooManyParts),
        generate=_otlp_request,
        tokens=_WORDS,
        is_wire=True,
        share=30,
    ),
    Target(
        name="otlp-json",
        make=lambda: _otlp(is_json=True),
        refusals=(MalformedOtlp, TooManyParts),
        generate=_otlp_json,
        tokens=_JSON_TOKENS,
        share=30,
    ),
    Target(
        name="pushgateway-key",
        make=_grouping,
        refusals=(BadPush,),
        generate=_a_path,
        tokens=(b"/", b"@base64", b"=", b"job", b"__", b"%2F", b"-", b"_", b"YQ"),
        share=600,
    ),
    Target(
        name="pushgateway-body",
        make=_push,
        refusals=(BadPush,),
        generate=_a_push,
        tokens=_WORDS,
        share=100,
    ),
)
