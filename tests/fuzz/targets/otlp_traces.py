"""OTLP traces and logs, in protobuf and JSON, up to the rows that the digest reads."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from random import Random

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from tests.fuzz import wire
from tests.fuzz.target import Run, Target
from tests.fuzz.targets.spool import Sink, finished
from watchkeeper.ingest.protocols.otlp import LogsSignal, TracesSignal
from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp, TooManyParts
from watchkeeper.privacy import Scrubber

_WORDS = (
    b"service.name", b"http.request.method", b"GET", b"url.path", b"/users/42", b"http.route",
    b"db.system", b"postgresql", b"db.statement", b"SELECT 'x', 1 -- y", b"session.id", b"user.id",
    b"password", b"hunter2", b"exception", b"exception.type", b"exception.stacktrace", b"E", b"",
    b"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x\nE: y\n",
    b"\xc3\xa9", b"http.status_code", b"503", b"error", b"true", b"rpc.service", b"message",
)  # fmt: skip
_ANY: dict[int, str | wire.Shape] = {1: "text", 3: "uint", 4: "double", 7: "text"}
_ANY[5] = {1: {1: "text", 3: "uint"}}
_ANY[6] = {1: {1: "text", 2: {1: "text", 3: "uint"}}}
_PAIR: wire.Shape = {1: "text", 2: _ANY}
_SPAN: wire.Shape = {
    3: "text", 5: "text", 6: "uint", 7: "ns", 8: "ns", 9: _PAIR,
    11: {1: "ns", 2: "text", 3: _PAIR}, 13: {1: "text", 2: "text", 4: _PAIR},
    15: {2: "text", 3: "uint"},
}  # fmt: skip
_RECORD: wire.Shape = {
    1: "ns", 2: "uint", 3: "text", 5: _ANY, 6: _PAIR, 11: "ns", 12: "text",
}  # fmt: skip
_TOKENS = (
    b"null", b"true", b"[]", b"{}", b'""', b"1e999", b"-1", b'"\\ud800"', b"[" * 90, b'"kind":',
    b'"SPAN_KIND_SERVER"', b'"traceId":"0af7651916cd43dd8448eb211c80319c"',
    b'"spanId":"', b'"body":',
    b'"attributes":[{"key":"a","value":{"intValue":"1"}}]', b'"stringValue":', b'"events":[{}]',
    b'"kvlistValue":{"values":[', b'"arrayValue":{"values":[', b'"severityNumber":"', b'"status":',
    b'"startTimeUnixNano":"', b"18446744073709551616", b'"links":null', b'"code":',
)  # fmt: skip


def _request(rng: Random, part: wire.Shape, ids: tuple[int, int]) -> bytes:
    """A resource with up to three parts of one scope, most of them with valid ids."""
    parts = []
    for _ in range(1 + int(rng.random() * 3)):
        own = wire.generated(rng, part, _WORDS)
        if rng.random() < 0.9:
            trace_id, span_id = rng.randbytes(16), rng.randbytes(8)
            own += wire.encoded([(ids[0], 2, trace_id), (ids[1], 2, span_id)])
        parts.append((2, 2, own))
    scope = wire.generated(rng, {1: {1: "text", 2: "text", 3: _PAIR}}, _WORDS)
    resource = wire.generated(rng, {1: {1: _PAIR}}, _WORDS)
    return wire.encoded([(1, 2, resource + wire.encoded([(2, 2, scope + wire.encoded(parts))]))])


def _spans(rng: Random) -> bytes:
    return _request(rng, _SPAN, (1, 2))


def _records(rng: Random) -> bytes:
    return _request(rng, _RECORD, (9, 10))


@cache
def _messages() -> tuple[type[Message], type[Message]]:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return ExportTraceServiceRequest, ExportLogsServiceRequest


def _in_json(generate: Callable[[Random], bytes], which: int) -> Callable[[Random], bytes]:
    def generated(rng: Random) -> bytes:
        while True:
            try:
                made = _messages()[which].FromString(generate(rng))
                tree = json_format.MessageToDict(made)
            except (DecodeError, UnicodeDecodeError, ValueError):
                continue
            return json.dumps(_with_hex(tree)).encode()

    return generated


def _with_hex(tree: object) -> object:
    """Ids as OTLP has them in JSON."""
    if isinstance(tree, dict):
        return {
            name: base64.b64decode(value).hex()
            if name in {"traceId", "spanId", "parentSpanId"}
            else _with_hex(value)
            for name, value in tree.items()
        }
    return [_with_hex(each) for each in tree] if isinstance(tree, list) else tree


def _run(*, is_logs: bool, is_json: bool) -> Run:
    sink, scrubber = Sink(), Scrubber()

    def run(data: bytes) -> str:
        sink.renew()
        signal = (LogsSignal if is_logs else TracesSignal)(sink.acceptor, scrubber, sink.clock)
        first = finished(signal.take(1, data, is_json=is_json))
        first.message.encode()
        rows = sink.spool.rows
        second = finished(signal.take(1, data, is_json=is_json))  # everything is known by now
        assert second == first, "the same request again has another outcome"
        assert sink.spool.rows == 2 * rows, "the same request again has other rows"
        return f"{min(rows, 3)} {sorted(first.reasons)}"

    return run


def _target(name: str, *, is_logs: bool, is_json: bool) -> Target:
    generate = _records if is_logs else _spans
    return Target(
        name=name,
        make=lambda: _run(is_logs=is_logs, is_json=is_json),
        refusals=(MalformedOtlp, TooManyParts),
        generate=_in_json(generate, int(is_logs)) if is_json else generate,
        tokens=_TOKENS if is_json else _WORDS,
        is_wire=not is_json,
        share=20,
    )


TARGETS = (
    _target("otlp-traces-protobuf", is_logs=False, is_json=False),
    _target("otlp-traces-json", is_logs=False, is_json=True),
    _target("otlp-logs-protobuf", is_logs=True, is_json=False),
    _target("otlp-logs-json", is_logs=True, is_json=True),
)
