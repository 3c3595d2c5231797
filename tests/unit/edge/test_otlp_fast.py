"""Spans that are like earlier ones give the rows that they would give alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.unit.edge.otlp_spans import as_json, raised, span, traces
from watchkeeper.ingest import SpanRow, decode_spans
from watchkeeper.ingest.protocols.otlp.messages import key_of_json, key_of_protobuf
from watchkeeper.ingest.protocols.otlp.traces.known import Known
from watchkeeper.ingest.protocols.otlp.traces.parse import read_json, read_protobuf
from watchkeeper.ingest.protocols.otlp.traces.translate import Spans, Translator
from watchkeeper.privacy import Scrubber

_VALUES: dict[str, list[object]] = {
    "http.request.method": ["GET", "POST"],
    "http.method": ["GET"],
    "http.route": ["/users/{id}", ""],
    "url.path": ["/users/42", "/users/43?x=1", "/"],
    "http.target": ["/users/42?token=abcdefgh"],
    "http.url": ["https://shop.test/users/42", "https://shop.test"],
    "http.status_code": [200, 404, 503],
    "db.system": ["postgresql", "redis"],
    "db.statement": ["SELECT 1", "SELECT * FROM t WHERE a = 'x'", "GET /users/42"],
    "db.query.text": ["SELECT 2"],
    "user.id": ["ada", "ada@example.com", ""],
    "enduser.id": ["bob"],
    "session.id": ["s-1", ""],
    "password": ["hunter2"],
    "thread.id": [1, 127, 128, 70_000, 2**40, -1],
    "ratio": [0.5],
    "flag": [True],
    "text": ["Bearer abcdef123456", "ä" * 100, "x" * 5_000],
    "list": [["a"]],
    "error": [True],
    "service.version": ["9"],
    "rpc.system": ["grpc"],
    "rpc.grpc.status_code": [0, 13],
}
_attributes = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in _VALUES.items()}
)


@st.composite
def _spans(draw: st.DrawFn) -> Span:
    made = span(
        draw(st.sampled_from(["work", "GET /users/42", "SELECT 1", "GET /", "x" * 600])),
        span_id=draw(st.sampled_from(["11" * 8, "22" * 8])),
        parent_id=draw(st.sampled_from(["", "33" * 8, "00" * 8])),
        kind=draw(st.sampled_from([0, 1, 2, 3, 5])),
        attributes=draw(_attributes),
        flags=draw(st.sampled_from([0, 0x300])),
    )
    made.status.code = draw(st.sampled_from([0, 1, 2]))  # type: ignore[assignment]
    made.start_time_unix_nano += draw(st.integers(0, 10**9))
    return raised(made, "E", "m") if draw(st.sampled_from([False, False, False, True])) else made


def _rows(found: Spans) -> list[SpanRow]:
    return [row for each in found.batch.payloads() for row in decode_spans(each)]


@settings(max_examples=150, deadline=None)
@given(st.lists(_spans(), min_size=1, max_size=12))
def test_a_known_shape_gives_the_row_of_a_span_read_in_full(spans: list[Span]) -> None:
    scrubber = Scrubber()
    known = Known(scrubber)
    made = traces(*spans, scope="s")
    fast = Translator(scrubber=scrubber, known=known, key_of=key_of_protobuf, now_ns=1)
    full = Translator(scrubber=scrubber, known=Known(scrubber), key_of=key_of_json, now_ns=1)

    expected = _rows(full.translate(read_json(as_json(made))))

    for _ in range(2):
        assert _rows(fast.translate(read_protobuf(made.SerializeToString()))) == expected


def test_a_second_span_of_a_shape_is_not_read_in_full() -> None:
    scrubber = Scrubber()
    known = Known(scrubber)
    told = Translator(scrubber=scrubber, known=known, key_of=key_of_protobuf, now_ns=1)

    for number in range(50):
        attributes = {"http.route": "/users/{id}", "url.path": f"/users/{number}"}
        request = traces(span("GET /users/{id}", attributes=attributes))
        told.translate(read_protobuf(request.SerializeToString()))

    assert len(known.shapes) == 1
