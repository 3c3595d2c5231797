"""Prometheus remote write 1.0: bytes in, samples in the spool."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from pathlib import Path

import cramjam
import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.world import DISABLED, PUBLIC, SERVER, Answer, call
from watchkeeper.ingest import (
    decode_exemplars,
    decode_histograms,
    decode_metadata,
    decode_samples,
    decode_series,
)
from watchkeeper.ingest.cardinality import ProjectRules
from watchkeeper.ingest.protocols.remote_write import parse
from watchkeeper.ingest.protocols.remote_write.wire import MalformedWrite
from watchkeeper.model import Buckets, Kind, Labels, decode_histogram, labels_of, series_id

NOW = 1_795_224_000_000
WRITE = "/api/v1/write"
BEARER = {"Authorization": f"Bearer {SERVER}", "Content-Encoding": "snappy"}
Sample = tuple[int, float]


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def block(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def label(name: str, value: str) -> bytes:
    return block(1, block(1, name.encode()) + block(2, value.encode()))


def sample(ts_ms: int, value: float) -> bytes:
    number = b"" if value == 0 and not np.signbit(value) else b"\x09" + struct.pack("<d", value)
    return block(2, number + b"\x10" + varint(ts_ms))


def series(labels: dict[str, str], samples: Sequence[Sample], rest: bytes = b"") -> bytes:
    pairs = b"".join(label(name, value) for name, value in sorted(labels.items()))
    return block(1, pairs + b"".join(sample(*each) for each in samples) + rest)


def metadata(kind: int, metric: str, text: str, unit: str) -> bytes:
    content = b"\x08" + varint(kind) + block(2, metric.encode())
    return block(3, content + block(4, text.encode()) + block(5, unit.encode()))


def cpu(n: int = 0) -> dict[str, str]:
    return {"__name__": "cpu_seconds_total", "cpu": str(n), "instance": "a:9100"}


async def write(
    edge: Edge, body: bytes, *, headers: dict[str, str] | None = None, path: str = WRITE
) -> Answer:
    packed = bytes(cramjam.snappy.compress_raw(body))
    return await call(edge.app, "POST", path, packed, headers=headers or BEARER)


def kept(edge: Edge) -> set[tuple[int, int, float]]:
    found = set()
    for record in edge.world.records(Kind.SAMPLES):
        ids, times, values = decode_samples(record.payload)
        found |= set(zip(ids.tolist(), times.tolist(), values.tolist(), strict=True))
    return found


def told(edge: Edge) -> dict[int, Labels]:
    return {
        row.series_id: row.labels
        for record in edge.world.records(Kind.SERIES)
        for row in decode_series(record.payload)
    }


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    return Edge(tmp_path)


def identity(n: int = 0) -> int:
    return series_id(1, labels_of(cpu(n)))


async def test_samples_are_on_disk_under_their_series(edge: Edge) -> None:
    body = series(cpu(0), [(NOW, 1.5)]) + series(cpu(1), [(NOW, 0.0), (NOW + 1, -0.0)])
    answer = await write(edge, body)
    assert (answer.status, answer.body) == (204, b"")
    assert kept(edge) == {(identity(0), NOW, 1.5), (identity(1), NOW, 0), (identity(1), NOW + 1, 0)}
    assert told(edge) == {identity(n): labels_of(cpu(n)) for n in (0, 1)}


async def test_known_series_take_the_fast_way_and_give_the_same(edge: Edge) -> None:
    expected = set()
    for step in range(4):
        values = [0.0, 7.25 * step, float("inf")]
        rows = [(n, NOW + 15_000 * step, values[n % 3]) for n in range(9)]
        body = b"".join(series(cpu(n), [(ts, value)]) for n, ts, value in rows)
        edge.world.clock.forward(15_000)
        assert (await write(edge, body)).status == 204
        expected |= {(identity(n), ts, value) for n, ts, value in rows}
    assert kept(edge) == expected
    assert len(edge.world.records(Kind.SERIES)) == 1


async def test_a_series_is_announced_again_the_next_day(edge: Edge) -> None:
    await write(edge, series(cpu(), [(NOW, 1)]))
    edge.world.clock.forward(86_400_000)
    await write(edge, series(cpu(), [(NOW + 86_400_000, 1)]))
    assert len(edge.world.records(Kind.SERIES)) == 2


async def test_metadata_is_kept(edge: Edge) -> None:
    body = metadata(1, "cpu_seconds_total", "Time spent.", "seconds") + series(cpu(), [(NOW, 1)])
    assert (await write(edge, body)).status == 204
    (record,) = edge.world.records(Kind.METADATA)
    (row,) = decode_metadata(record.payload)
    assert (row.metric, row.type, row.help, row.unit) == (
        "cpu_seconds_total",
        "counter",
        "Time spent.",
        "seconds",
    )


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    ("sample_sent", "status", "reason"),
    [
        ((NOW, 2.0), 400, "duplicate_timestamp"),
        ((NOW, 1.0), 204, "repeated"),
        ((NOW - 1, 1.0), 400, "out_of_order"),
        ((NOW + 3_600_000, 1.0), 400, "too_far_future"),
    ],
)
async def test_a_sample_that_does_not_follow_is_refused_and_counted(
    edge: Edge, sample_sent: Sample, status: int, reason: str, fast: bool
) -> None:
    await write(edge, series(cpu(), [(NOW, 1.0)]))
    extra = [] if fast else [(NOW + 1, 1.0)]
    answer = await write(edge, series(cpu(), [sample_sent, *extra]))
    assert answer.status == status
    assert edge.world.dropped(reason) == 1
    assert (reason in answer.body.decode()) is (status == 400)
    assert len(kept(edge)) == 1 + len(extra)


async def test_the_rest_of_a_request_is_kept_when_one_sample_is_refused(edge: Edge) -> None:
    await write(edge, series(cpu(0), [(NOW, 1.0)]))
    body = series(cpu(0), [(NOW, 2.0)]) + series(cpu(1), [(NOW, 3.0)])
    answer = await write(edge, body)
    assert answer.status == 400
    assert b"1 of 2 samples were kept; refused: 1 duplicate_timestamp" in answer.body
    assert kept(edge) == {(identity(0), NOW, 1.0), (identity(1), NOW, 3.0)}


async def test_vmagent_may_pack_by_zstd(edge: Edge) -> None:
    headers = {**BEARER, "Content-Encoding": "zstd", "X-VictoriaMetrics-Remote-Write-Version": "1"}
    packed = bytes(cramjam.zstd.compress(series(cpu(), [(NOW, 1.0)])))

    taken = await call(edge.app, "POST", WRITE, packed, headers=headers)
    damaged = await call(edge.app, "POST", WRITE, packed[:9], headers=headers)

    assert (taken.status, damaged.status) == (204, 400)
    assert kept(edge) == {(identity(), NOW, 1.0)}


@pytest.mark.parametrize("name", ["up", "scrape_x", "ALERTS", "ALERTS_FOR_STATE"])
async def test_what_a_prometheus_writes_itself_is_kept(edge: Edge, name: str) -> None:
    labels = {"__name__": name, "job": "node"}
    assert (await write(edge, series(labels, [(NOW, 1)]))).status == 204
    assert kept(edge) == {(series_id(1, labels_of(labels)), NOW, 1.0)}


async def test_names_of_the_server_are_refused_every_time(edge: Edge) -> None:
    for step in range(2):
        answer = await write(edge, series({"__name__": "watchkeeper_up"}, [(NOW + step, 1)]))
        assert answer.status == 400
        assert b"reserved_name" in answer.body
    assert edge.world.dropped("reserved_name") == 2
    assert edge.world.records() == []


@pytest.mark.parametrize(
    "labels",
    [{"job": "a"}, {"__name__": ""}, {"__name__": "a", "": "x"}, {"__name__": "a" * 40_000}],
)
async def test_labels_that_make_no_series_are_refused(edge: Edge, labels: dict[str, str]) -> None:
    answer = await write(edge, series(labels, [(NOW, 1)]))
    assert answer.status == 400
    assert b"invalid_labels" in answer.body


async def test_a_label_given_twice_is_refused(edge: Edge) -> None:
    twice = label("__name__", "a") + label("x", "1") + label("x", "2") + sample(NOW, 1)
    assert b"invalid_labels" in (await write(edge, block(1, twice))).body


async def test_labels_after_samples_are_read_too(edge: Edge) -> None:
    odd = block(1, label("__name__", "odd") + sample(NOW, 1) + label("x", "1"))
    for step in range(2):
        odd = block(1, label("__name__", "odd") + sample(NOW + step, 1) + label("x", "1"))
        assert (await write(edge, odd)).status == 204
    assert list(told(edge).values()) == [(("__name__", "odd"), ("x", "1"))]


async def test_a_tail_that_only_looks_like_a_sample_is_read_in_full(edge: Edge) -> None:
    """An exemplar of eighteen bytes at the place of the sample, behind known label bytes."""
    await write(edge, series(cpu(), [(NOW, 1.0)]))
    fake = block(3, b"x" * 16)
    assert len(fake) == 18
    assert (await write(edge, series(cpu(), [], rest=fake))).status == 204
    both = series(cpu(), [(NOW + 1, 2.0)], rest=fake)
    assert (await write(edge, both)).status == 204
    assert kept(edge) == {(identity(), NOW, 1.0), (identity(), NOW + 1, 2.0)}


def histogram(ts_ms: int, count: int = 7, schema: int = 3) -> bytes:
    """An integer histogram: zero bucket 1, then 2 and 4 in buckets 1 and 3."""
    span = block(11, b"\x08\x02\x10\x01") + block(11, b"\x08\x02\x10\x01")
    deltas = block(12, varint(4) + varint(4))
    numbers = b"\x08" + varint(count) + b"\x19" + struct.pack("<d", 18.5)
    numbers += b"\x20" + varint(2 * schema) + b"\x29" + struct.pack("<d", 0.001) + b"\x30\x01"
    return numbers + span + deltas + b"\x78" + varint(ts_ms)


def exemplar(ts_ms: int, value: float, trace: str) -> bytes:
    content = label("trace_id", trace) + b"\x11" + struct.pack("<d", value)
    return block(3, content + b"\x18" + varint(ts_ms))


async def test_native_histograms_and_exemplars_are_kept(edge: Edge) -> None:
    rest = exemplar(NOW, 0.25, "ab12") + block(4, histogram(NOW))
    for _ in range(2):
        assert (await write(edge, series(cpu(), [], rest=rest))).status == 204
    (record,) = edge.world.records(Kind.HISTOGRAMS)
    (row,) = decode_histograms(record.payload)
    found = decode_histogram(row.histogram)
    assert (row.series_id, row.ts_ms) == (identity(), NOW)
    assert (found.schema, found.count, found.sum, found.zero_count) == (3, 7.0, 18.5, 1.0)
    assert found.positive == Buckets((1, 3), (2.0, 4.0))
    (kept_exemplars,) = edge.world.records(Kind.EXEMPLARS)
    (shown,) = decode_exemplars(kept_exemplars.payload)
    assert (shown.series_id, shown.value, shown.labels) == (identity(), 0.25, {"trace_id": "ab12"})


@pytest.mark.parametrize("broken", [histogram(NOW, count=6), histogram(NOW, schema=9)])
async def test_a_histogram_that_contradicts_itself_is_refused(edge: Edge, broken: bytes) -> None:
    body = series(cpu(0), [(NOW, 1.0)]) + series(cpu(1), [], rest=block(4, broken))
    answer = await write(edge, body)
    assert answer.status == 400
    assert b"1 invalid_histogram" in answer.body
    assert edge.world.dropped("invalid_histogram") == 1
    assert len(kept(edge)) == 1


async def test_refusals_use_the_words_of_prometheus(edge: Edge) -> None:
    await write(edge, series(cpu(), [(NOW, 1.0)]))
    older = await write(edge, series(cpu(), [(NOW - 1, 1.0)]))
    other = await write(edge, series(cpu(), [(NOW, 2.0)]))
    ahead = await write(edge, series(cpu(), [(NOW + 3_600_000, 1.0)]))
    assert b"out of order sample" in older.body
    assert b"duplicate sample for timestamp" in other.body
    assert b"out of bounds" in ahead.body


async def test_a_switched_on_project_may_write_names_of_the_server(edge: Edge) -> None:
    own = {"__name__": "watchkeeper_up"}
    edge.reserved.add(1)
    assert (await write(edge, series(own, [(NOW, 1.0)]))).status == 204
    edge.reserved.clear()
    assert (await write(edge, series(own, [(NOW + 1, 1.0)]))).status == 400


async def test_metadata_that_was_told_before_is_not_written_again(edge: Edge) -> None:
    for unit in ("seconds", "seconds", "minutes"):
        await write(edge, metadata(1, "cpu_seconds_total", "Time spent.", unit))
    assert len(edge.world.records(Kind.METADATA)) == 2


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({}, 401, "unknown_key"),
        ({"Authorization": "Bearer nonsense"}, 403, "unknown_key"),
        ({"Authorization": f"Bearer {PUBLIC}"}, 403, "wrong_key_kind"),
        ({"Authorization": f"Bearer {DISABLED}"}, 403, "disabled_key"),
        ({"Authorization": "Basic !!"}, 401, "unknown_key"),
    ],
)
async def test_a_key_that_may_not_write_metrics_is_refused(
    edge: Edge, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = await write(edge, series(cpu(), [(NOW, 1)]), headers={"X": "y", **headers})
    assert answer.status == status
    assert answer.body.decode().startswith(reason)
    assert edge.world.records() == []


@pytest.mark.parametrize("pair", [f"{SERVER}:", f"wk:{SERVER}"])
async def test_the_key_may_be_user_or_password(edge: Edge, pair: str) -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    assert (await write(edge, series(cpu(), [(NOW, 1)]), headers=headers)).status == 204


async def test_the_path_may_name_the_project(edge: Edge) -> None:
    body = series(cpu(), [(NOW, 1)])
    assert (await write(edge, body, path="/p/1/api/v1/write")).status == 204
    refused = await write(edge, body, path="/p/2/api/v1/write")
    assert (refused.status, refused.body[:13]) == (403, b"wrong_project")


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a\xff",
        b"\x0a\x05abc",
        b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
        block(1, b"\x0a\x7f"),
        block(1, block(1, block(1, b"\xff"))),
        b"\x07",
        block(3, b"\x12\x7f"),
    ],
)
async def test_what_cannot_be_decoded_is_400_with_the_place(edge: Edge, body: bytes) -> None:
    answer = await write(edge, body)
    assert answer.status == 400
    assert answer.body.startswith(b"malformed: At byte ")
    assert edge.world.records() == []


async def test_a_body_that_is_not_snappy_is_400(edge: Edge) -> None:
    answer = await call(edge.app, "POST", WRITE, b"\x10nonsense", headers=BEARER)
    assert answer.status == 400


async def test_a_snappy_bomb_is_413(edge: Edge) -> None:
    claim = varint(2**31) + b"x"
    assert (await call(edge.app, "POST", WRITE, claim, headers=BEARER)).status == 413


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-protobuf;proto=io.prometheus.write.v3.Request",
        "application/json",
        "application/x-protobuf;proto=",
    ],
)
async def test_an_unknown_message_is_415(edge: Edge, kind: str) -> None:
    answer = await write(edge, b"", headers={**BEARER, "Content-Type": kind})
    assert answer.status == 415
    assert b"io.prometheus.write.v2.Request" in answer.body


async def test_what_a_full_spool_refused_may_come_again(tmp_path: Path) -> None:
    edge = Edge(tmp_path, max_bytes=300)
    big = b"".join(series(cpu(n), [(NOW, 1.0)]) for n in range(30))
    for _ in range(2):
        answer = await write(edge, big)
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert (await write(edge, series(cpu(0), [(NOW, 1.0)]))).status == 204
    assert kept(edge) == {(identity(0), NOW, 1.0)}
    assert told(edge) == {identity(0): labels_of(cpu(0))}


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_any_bytes_decode_or_are_malformed(data: st.DataObject) -> None:
    good = series(cpu(), [(NOW, 1.0)]) + series(cpu(1), [(NOW, 0.0)]) + metadata(1, "a", "b", "c")
    good += series(cpu(2), [], rest=exemplar(NOW, 1.0, "a") + block(4, histogram(NOW)))
    at = data.draw(st.integers(0, len(good)))
    noise = data.draw(st.binary(max_size=12))
    cut = data.draw(st.integers(at, len(good)))
    body = data.draw(st.sampled_from([good[:at] + noise + good[cut:], noise, good[:at]]))
    known = parse.KnownSeries()
    parse.decode(good, known, lambda labels: 0)
    try:
        decoded = parse.decode(body, known, lambda labels: 1)
    except MalformedWrite as error:
        event(f"refused: {error.reason}")
        return
    assert len(decoded.slots) == len(decoded.ts_ms) == len(decoded.values)
    for row in range(len(decoded.slots)):
        decoded.labels(row)


VALUES = st.one_of(st.just(0.0), st.floats(), st.integers(-5, 5).map(float))
TIMES = st.one_of(st.integers(NOW, NOW + 10**6), st.integers(-(2**63), 2**63 - 1))
REQUESTS = st.lists(
    st.tuples(st.integers(0, 5), st.lists(st.tuples(TIMES, VALUES), max_size=3)), max_size=12
)


@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_the_fast_way_decodes_what_the_full_way_does(
    request_rows: list[tuple[int, list[Sample]]],
) -> None:
    body = b"".join(series(cpu(n), samples) for n, samples in request_rows)
    places = {labels_of(cpu(n)): n for n in range(6)}
    known = parse.KnownSeries()
    parse.decode(
        b"".join(series(cpu(n), [(NOW, 1.0)]) for n in range(6)), known, places.__getitem__
    )
    expected = sorted(
        (n, ts, struct.pack("<d", value)) for n, rows in request_rows for ts, value in rows
    )
    for cache in (known, parse.KnownSeries()):
        decoded = parse.decode(body, cache, places.__getitem__)
        found = zip(
            decoded.slots.tolist(), decoded.ts_ms.tolist(), decoded.values.tolist(), strict=True
        )
        assert sorted((n, ts, struct.pack("<d", value)) for n, ts, value in found) == expected
        for row, slot in enumerate(decoded.slots):
            assert decoded.labels(row) == labels_of(cpu(int(slot)))


ORDERS = st.lists(
    st.lists(st.tuples(st.integers(0, 39), st.sampled_from([0.0, 1.5, 7.0])), max_size=60),
    min_size=2,
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(ORDERS)
def test_requests_in_any_order_decode_alike_with_and_without_what_was_learnt(
    requests: list[list[tuple[int, float]]],
) -> None:
    """Tapes are learnt from requests of which much is known: repeat, shift, cut and toggle them."""
    places = {labels_of(cpu(n)): n for n in range(40)}
    known = parse.KnownSeries()
    every = [(n, 1.0) for n in range(40)]
    for step, rows in enumerate([every, every, every, *requests, every[7:], every[:-3]]):
        body = b"".join(series(cpu(n), [(NOW + step, value)]) for n, value in rows)
        learnt, fresh = (
            parse.decode(body, cache, places.__getitem__) for cache in (known, parse.KnownSeries())
        )
        assert sorted(zip(learnt.slots, learnt.values, strict=True)) == sorted(rows)
        assert sorted(zip(fresh.slots, fresh.values, strict=True)) == sorted(rows)
        assert set(learnt.ts_ms.tolist()) <= {NOW + step}
        for row, slot in enumerate(learnt.slots.tolist()):
            assert learnt.labels(row) == labels_of(cpu(slot))


async def test_who_sends_series_without_a_job_is_named_by_its_program(edge: Edge) -> None:
    series_of_world, now_ms = edge.world.series, edge.world.clock()
    series_of_world.set_rules({1: ProjectRules(per_metric=1)}, {}, now_ms=now_ms)
    body = b"".join(series(cpu(n), [(NOW, 1)]) for n in range(3))
    answer = await write(edge, body, headers={**BEARER, "user-agent": "vmagent/1.9"})

    assert answer.status == 204
    (report,) = [one for one in series_of_world.reports(at_least=0) if one.metric]
    assert (report.label, report.senders) == ("cpu", (("vmagent/1.9", 2),))
