"""OTLP traces: what becomes of spans, and of what is no span."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.fakes.faults import FaultySpool
from tests.unit.edge.otlp_spans import SPAN, TRACE, TRACES, SignalEdge, raised, span, traces
from tests.unit.edge.otlp_world import JSON, NOW, NS, PROTOBUF
from tests.unit.edge.world import FENCED, PUBLIC
from watchkeeper.store.spool import SpoolFull

STACK = """Traceback (most recent call last):
  File "/app/views.py", line 40, in show
    raise CartMissing("no cart")
CartMissing: no cart
"""


@pytest.fixture
def edge(tmp_path: Path) -> SignalEdge:
    return SignalEdge(tmp_path)


@pytest.mark.parametrize("is_json", [False, True])
async def test_a_span_is_stored_with_its_fields(edge: SignalEdge, is_json: bool) -> None:
    sent = traces(
        span(
            parent_id="c7ad6b7169203331",
            attributes={"http.route": "/cart/{id}", "http.request.method": "GET", "n": 5},
            trace_state="a=b",
        ),
        scope="flask",
    )

    answer = await (edge.put_json if is_json else edge.put)(sent, TRACES)

    assert (answer.status, answer.body) == (200, b"{}" if is_json else b"")
    (row,) = edge.spans()
    assert (row.trace_id, row.span_id, row.parent_id) == (TRACE, SPAN, "c7ad6b7169203331")
    assert (row.ts_ns, row.duration_ns) == (NOW * NS, 12_500_000)
    assert (row.service, row.release, row.environment) == ("shop", "1.2.3", "production")
    assert (row.kind, row.op, row.route, row.is_entry) == (
        "server",
        "http.server",
        "/cart/{id}",
        True,
    )
    assert (row.status, row.host, row.source) == ("unset", "web-1", "otlp")
    assert row.attributes == {
        "telemetry.sdk.language": "python",
        "otel.scope.name": "flask",
        "http.route": "/cart/{id}",
        "http.request.method": "GET",
        "n": "5",
        "w3c.tracestate": "a=b",
    }


async def test_events_and_links_are_kept(edge: SignalEdge) -> None:
    made = span()
    made.events.add(name="cache miss", time_unix_nano=NOW * NS + 5)
    made.links.add(trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN))

    await edge.put(traces(made), TRACES)

    (row,) = edge.spans()
    assert json.loads(row.events) == [
        {"ts_ns": NOW * NS + 5, "name": "cache miss", "attributes": {}}
    ]
    assert json.loads(row.links) == [{"trace_id": TRACE, "span_id": SPAN, "attributes": {}}]


async def test_spans_without_ids_are_refused_and_counted(edge: SignalEdge) -> None:
    sent = traces(span(), span(trace_id="00" * 16), span(span_id="ab"))

    answer = await edge.put(sent, TRACES)

    told = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, told.rejected_spans) == (200, 2)
    assert told.error_message == "2 of 3 spans were refused: no valid trace and span id."
    assert len(edge.spans()) == 1
    assert edge.world.dropped("invalid_span") == 2


async def test_a_span_with_a_remote_parent_is_an_entry(edge: SignalEdge) -> None:
    await edge.put(traces(span(kind=1, parent_id="ab" * 8, flags=0x301)), TRACES)

    assert edge.spans()[0].is_entry


async def test_an_exception_becomes_an_error_once_for_all_spans_it_passed(edge: SignalEdge) -> None:
    outer = raised(span(span_id="11" * 8), "CartMissing", "no cart", "Traceback…\n" + STACK)
    inner = raised(span(span_id="22" * 8), "CartMissing", "no cart", STACK)

    await edge.put(traces(inner, outer), TRACES)
    await edge.put(traces(inner, outer), TRACES)

    first, again = edge.world.events()
    assert first["event_id"] == again["event_id"]
    assert first["contexts"]["trace"] == {"trace_id": TRACE, "span_id": "11" * 8}
    assert (first["release"], first["environment"], first["platform"]) == (
        "1.2.3",
        "production",
        "python",
    )
    (value,) = first["exception"]["values"]
    assert (value["type"], value["value"]) == ("CartMissing", "no cart")
    assert value["mechanism"] == {"type": "opentelemetry", "handled": True}
    (frame,) = value["stacktrace"]["frames"]
    assert (frame["function"], frame["lineno"], frame["in_app"]) == ("show", 40, True)


async def test_an_exception_that_nobody_caught_says_so(edge: SignalEdge) -> None:
    more = {"exception.escaped": True}
    await edge.put(traces(raised(span(), "E", "x", "not a stack", **more)), TRACES)

    (event,) = edge.world.events()
    (value,) = event["exception"]["values"]
    assert value["mechanism"]["handled"] is False
    assert value["raw_stacktrace"] == "not a stack"


async def test_enums_may_be_names_and_ids_upper_case(edge: SignalEdge) -> None:
    body = {
        "resourceSpans": [
            {
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": TRACE.upper(),
                                "spanId": SPAN.upper(),
                                "name": "n",
                                "kind": "SPAN_KIND_CLIENT",
                                "startTimeUnixNano": str(NOW * NS),
                                "endTimeUnixNano": NOW * NS + 1,
                                "status": {"code": "STATUS_CODE_ERROR", "message": "down"},
                                "unheardOf": [1],
                                "events": None,
                            }
                        ]
                    }
                ]
            }
        ]
    }

    answer = await edge.post(json.dumps(body).encode(), path=TRACES, headers=JSON)

    assert answer.body == b"{}"
    (row,) = edge.spans()
    assert (row.trace_id, row.span_id, row.duration_ns) == (TRACE, SPAN, 1)
    assert (row.kind, row.status, row.status_message) == ("client", "error", "down")


@pytest.mark.parametrize(
    "path", ["/v1/traces", "/v1/traces/", "/api/v1/otlp/v1/traces", "/p/1/v1/traces"]
)
async def test_the_paths_that_exporters_use_are_answered(edge: SignalEdge, path: str) -> None:
    headers = {**PROTOBUF, "Content-Encoding": "gzip"}
    body = gzip.compress(traces(span()).SerializeToString())

    assert (await edge.post(body, path=path, headers=headers)).status == 200
    assert len(edge.spans()) == 1


async def test_a_browser_sends_with_a_public_key(edge: SignalEdge) -> None:
    headers = {"Authorization": f"Bearer {PUBLIC}", "Origin": "https://shop.test"}

    answer = await edge.put(traces(span()), TRACES, **headers)

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == headers["Origin"]


@pytest.mark.parametrize(
    ("origin", "status"), [("https://a.example.com", 200), ("https://evil.test", 403)]
)
async def test_a_page_of_another_origin_is_refused(
    edge: SignalEdge, origin: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {FENCED}", "Origin": origin}

    assert (await edge.put(traces(span()), TRACES, **headers)).status == status


async def test_a_full_spool_asks_for_all_of_it_again(edge: SignalEdge) -> None:
    spool = edge.world.spool
    edge.world.acceptor._spool = FaultySpool(spool, at=1, error=SpoolFull("full", retry_after_s=7))

    refused = await edge.put(traces(span()), TRACES)
    kept = await edge.put(traces(span()), TRACES)

    assert (refused.status, refused.headers["retry-after"], kept.status) == (503, "7", 200)
    assert len(edge.spans()) == 1


async def test_what_is_cut_is_counted(edge: SignalEdge) -> None:
    await edge.put(traces(span(attributes={f"k{n}": "v" for n in range(200)})), TRACES)

    assert edge.world.counted("watchkeeper_ingest_cut_total", what="attributes") == 72


async def test_times_beyond_64_bits_do_no_harm(edge: SignalEdge) -> None:
    made = span()
    made.start_time_unix_nano, made.end_time_unix_nano = 2**64 - 1, 0

    assert (await edge.put(traces(made), TRACES)).status == 200
    assert edge.spans()[0].duration_ns == 0


WHOLE = traces(
    raised(span(attributes={"a": ["b"], "c": {"d": "e"}, "f": b"g", "h": 1.5}), "E", "m", STACK),
    scope="s",
).SerializeToString()


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255), cut=st.booleans())
async def test_a_damaged_request_is_answered(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, cut: bool
) -> None:
    edge = SignalEdge(tmp_path_factory.mktemp("edge"))
    damaged = WHOLE[:at] if cut else WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]

    answer = await edge.post(damaged, path=TRACES, headers=PROTOBUF)

    assert answer.status in {200, 400}
    edge.world.spool.close()
