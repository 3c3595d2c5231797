"""OTLP metrics: what is sent, and which series stand for it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from tests.unit.edge.otlp_world import (
    CUMULATIVE,
    DELTA,
    NOW,
    NS,
    OtlpEdge,
    exponential,
    fill,
    gauge,
    histogram,
    partial_success,
    request,
    total,
)
from watchkeeper.ingest.protocols.otlp import OtlpOptions
from watchkeeper.model import Buckets, ResetHint

STALE = 0x7FF0_0000_0000_0002
SECOND = 1000


@pytest.fixture
def edge(tmp_path: Path) -> OtlpEdge:
    return OtlpEdge(tmp_path)


async def test_a_gauge_is_named_as_prometheus_names_it(edge: OtlpEdge) -> None:
    sent = request(gauge("system.cpu.utilization", 0.25, unit="1", state="idle"))

    answer = await edge.send(sent)

    assert (answer.status, answer.body) == (200, b"")
    assert edge.values() == {'system_cpu_utilization_ratio{state="idle"}': 0.25}
    assert edge.metadata()["system_cpu_utilization_ratio"] == ("gauge", "", "")


async def test_json_and_protobuf_say_the_same(tmp_path: Path) -> None:
    attributes: dict[str, object] = {
        "text": "a", "yes": True, "n": 7, "x": 0.5, "many": ["a", "b"], "map": {"k": "v"},
    }  # fmt: skip
    sent = request(
        gauge("g", 1.5, more=attributes),
        total("t", 2**40, start_ms=NOW - 1000),
        histogram("h", [0.1, 5.0], [1, 2, 3], total_s=2.5),
        exponential("e", 3, -2, [1, 0, 4]),
        resource={"service.name": "api", "host.name": "h1"},
        scope="lib",
    )
    one, other = OtlpEdge(tmp_path / "1"), OtlpEdge(tmp_path / "2")

    first, second = await one.send(sent), await other.send_json(sent)

    assert (first.status, second.status, second.body) == (200, 200, b"{}")
    assert second.headers["content-type"] == "application/json"
    assert one.samples() == other.samples()
    assert one.histograms() == other.histograms()
    labels = next(each for each in one.names().values() if each["__name__"] == "g")
    assert labels == {
        "__name__": "g", "job": "api", "otel_scope_name": "lib", "text": "a", "yes": "true",
        "n": "7", "x": "0.5", "many": '["a","b"]', "map": '{"k":"v"}',
    }  # fmt: skip


async def test_a_resource_gives_job_instance_and_target_info(edge: OtlpEdge) -> None:
    resource = {
        "service.namespace": "shop", "service.name": "api", "service.instance.id": "i-1",
        "host.name": "h1",
    }  # fmt: skip

    await edge.send(request(gauge("g", 1), resource=resource))

    assert edge.values() == {
        'g{instance="i-1",job="shop/api"}': 1,
        'target_info{host_name="h1",instance="i-1",job="shop/api"}': 1,
    }


async def test_target_info_told_again_is_no_fault(edge: OtlpEdge) -> None:
    resource = {"service.name": "api", "host.name": "h1"}
    await edge.send(request(gauge("g", 1, NOW), resource=resource))

    answer = await edge.send(request(gauge("other", 1, NOW - SECOND), resource=resource))

    assert answer.body == b""
    assert edge.values()['other{job="api"}'] == 1


async def test_resource_attributes_can_be_promoted(tmp_path: Path) -> None:
    options = OtlpOptions(
        promote_resource_attributes=("host.name",), keep_identifying_resource_attributes=True
    )
    edge = OtlpEdge(tmp_path, otlp=options)

    await edge.send(request(gauge("g", 1), resource={"service.name": "api", "host.name": "h1"}))

    assert set(edge.values()) == {
        'g{host_name="h1",job="api"}',
        'target_info{host_name="h1",job="api",service_name="api"}',
    }


async def test_names_stay_as_they_are_without_translation(tmp_path: Path) -> None:
    edge = OtlpEdge(tmp_path, otlp=OtlpOptions(translation_strategy="NoTranslation"))

    await edge.send(request(total("http.requests", 1, unit="By", more={"a.b": "c"})))

    assert edge.values() == {'http.requests{a.b="c"}': 1}


async def test_attributes_that_come_to_one_label_are_joined(edge: OtlpEdge) -> None:
    await edge.send(request(gauge("g", 1, more={"a.b": "1", "a_b": "2", "0x": "y", "_p": "z"})))

    assert set(edge.values()) == {'g{a_b="1;2",key_0x="y",key_p="z"}'}


async def test_a_histogram_becomes_its_classic_series(edge: OtlpEdge) -> None:
    await edge.send(request(histogram("d", [0.005, 10.0], [1, 2, 4], total_s=40.5, r="/")))

    assert edge.values() == {
        'd_seconds_bucket{le="0.005",r="/"}': 1,
        'd_seconds_bucket{le="10",r="/"}': 3,
        'd_seconds_bucket{le="+Inf",r="/"}': 7,
        'd_seconds_count{r="/"}': 7,
        'd_seconds_sum{r="/"}': 40.5,
    }
    assert edge.metadata()["d_seconds"] == ("histogram", "", "seconds")


async def test_a_histogram_without_a_sum_has_no_sum(edge: OtlpEdge) -> None:
    await edge.send(request(histogram("d", [], [3])))

    assert edge.values() == {'d_seconds_bucket{le="+Inf"}': 3, "d_seconds_count": 3}


async def test_min_and_max_are_series_where_they_are_wanted(tmp_path: Path) -> None:
    edge = OtlpEdge(tmp_path, otlp=OtlpOptions(histogram_min_max=True))
    metric = histogram("d", [1.0], [1, 1], total_s=3, temporality=DELTA, start_ms=NOW - SECOND)
    metric.histogram.data_points[0].min = 0.5
    metric.histogram.data_points[0].max = 2.5

    await edge.send(request(metric))

    assert edge.values()["d_seconds_min"] == 0.5
    assert edge.values()["d_seconds_max"] == 2.5


async def test_a_summary_becomes_quantiles_sum_and_count(edge: OtlpEdge) -> None:
    metric = Metric(name="s", unit="ms")
    point = metric.summary.data_points.add(count=4, sum=10, time_unix_nano=NOW * NS)
    point.quantile_values.add(quantile=0.5, value=2)
    point.quantile_values.add(quantile=1, value=5)

    await edge.send(request(metric))

    assert edge.values() == {
        's_milliseconds{quantile="0.5"}': 2,
        's_milliseconds{quantile="1"}': 5,
        "s_milliseconds_sum": 10,
        "s_milliseconds_count": 4,
    }


async def test_a_sum_that_may_fall_is_a_gauge(edge: OtlpEdge) -> None:
    await edge.send(request(total("queue.size", 3, is_monotonic=False, unit="1")))

    assert edge.values() == {"queue_size": 3}
    assert edge.metadata()["queue_size"][0] == "gauge"


async def test_deltas_are_summed_from_a_zero_at_their_start(edge: OtlpEdge) -> None:
    for at, added in ((1, 5), (2, 7)):
        at_ms = NOW + at * SECOND
        await edge.send(
            request(total("c", added, at_ms, start_ms=at_ms - SECOND, temporality=DELTA))
        )

    assert edge.samples() == [
        ("c_total", NOW + 1, 0),
        ("c_total", NOW + SECOND, 5),
        ("c_total", NOW + 2 * SECOND, 12),
    ]


async def test_deltas_of_one_request_are_summed_in_order_of_time(edge: OtlpEdge) -> None:
    metric = total("c", 3, NOW + 2 * SECOND, temporality=DELTA)
    metric.sum.data_points.add(as_int=2, time_unix_nano=(NOW + SECOND) * NS)

    await edge.send(request(metric))

    assert edge.samples() == [("c_total", NOW + SECOND, 2), ("c_total", NOW + 2 * SECOND, 5)]


async def test_a_delta_sent_again_is_counted_once(edge: OtlpEdge) -> None:
    sent = request(total("c", 5, start_ms=NOW - SECOND, temporality=DELTA))
    await edge.send(sent)

    again = await edge.send(sent)

    assert again.body == b""
    assert edge.values() == {"c_total": 5}
    assert edge.world.dropped("repeated") == 1


async def test_delta_histograms_are_summed_series_by_series(edge: OtlpEdge) -> None:
    for at, counts in ((1, [1, 0, 2]), (2, [0, 4, 1])):
        sent = histogram("d", [1.0, 2.0], counts, NOW + at * SECOND, total_s=2, temporality=DELTA)
        await edge.send(request(sent))

    assert edge.values() == {
        'd_seconds_bucket{le="1"}': 1,
        'd_seconds_bucket{le="2"}': 5,
        'd_seconds_bucket{le="+Inf"}': 8,
        "d_seconds_count": 8,
        "d_seconds_sum": 4,
    }


async def test_totals_of_deltas_go_on_where_the_lane_ended(tmp_path: Path) -> None:
    from watchkeeper.ingest import remembered_series

    before = OtlpEdge(tmp_path)
    await before.send(request(total("c", 5, NOW, start_ms=NOW - SECOND, temporality=DELTA)))
    before.world.spool.close()
    after = OtlpEdge(tmp_path)
    after.world.acceptor.series = remembered_series(tmp_path / "spool", "edge")

    await after.send(request(total("c", 2, NOW + SECOND, start_ms=NOW, temporality=DELTA)))

    assert after.values() == {"c_total": 7}


async def test_a_restart_that_the_value_hides_is_shown_by_a_zero(edge: OtlpEdge) -> None:
    await edge.send(request(total("c", 5, NOW, start_ms=NOW - 60 * SECOND)))
    began_ms = NOW + 2 * SECOND

    await edge.send(request(total("c", 9, NOW + 10 * SECOND, start_ms=began_ms)))

    assert edge.samples()[1:] == [("c_total", began_ms, 0), ("c_total", NOW + 10 * SECOND, 9)]


async def test_no_recorded_value_ends_the_series(edge: OtlpEdge) -> None:
    ended = histogram("d", [1.0], [1, 1], total_s=3)
    ended.histogram.data_points[0].flags = 1

    await edge.send(request(gauge("g", 0, flags=1), ended))

    bits = {series: struct.unpack("<Q", struct.pack("<d", v))[0] for series, _, v in edge.samples()}
    assert set(bits.values()) == {STALE}
    assert len(bits) == 5


async def test_an_exponential_histogram_is_native(edge: OtlpEdge) -> None:
    await edge.send(request(exponential("e", 3, -2, [1, 0, 4], zero_count=2)))

    [(series, at_ms, found)] = edge.histograms()
    assert (series, at_ms) == ("e", NOW)
    assert (found.schema, found.count, found.sum, found.zero_count) == (3, 7, 12.5, 2)
    assert found.positive == Buckets((-1, 1), (1, 4))


async def test_a_finer_scale_than_prometheus_has_is_made_coarser(edge: OtlpEdge) -> None:
    await edge.send(request(exponential("e", 10, 3, [1, 2, 4, 8, 16])))

    [(_, _, found)] = edge.histograms()
    assert found.schema == 8
    assert found.positive == Buckets((1, 2), (1, 30))


async def test_a_scale_too_coarse_is_refused_and_the_rest_kept(edge: OtlpEdge) -> None:
    answer = await edge.send(request(exponential("e", -5, 0, [1]), gauge("g", 1)))

    rejected, message = partial_success(answer)
    assert (answer.status, rejected) == (200, 1)
    assert "scale -5 is too coarse" in message
    assert edge.values() == {"g": 1}


async def test_delta_exponential_histograms_are_summed_at_the_coarser_scale(
    edge: OtlpEdge,
) -> None:
    await edge.send(request(exponential("e", 1, 0, [1, 2], NOW, temporality=DELTA)))
    await edge.send(request(exponential("e", 0, 0, [4], NOW + SECOND, temporality=DELTA)))

    (_, _, first), (_, _, second) = edge.histograms()
    assert first.reset_hint is ResetHint.RESET
    assert (second.schema, second.count, second.sum) == (0, 7, 25)
    assert second.positive == Buckets((1,), (7,))
    assert second.reset_hint is ResetHint.UNKNOWN


async def test_a_restarted_exponential_histogram_says_so(edge: OtlpEdge) -> None:
    await edge.send(request(exponential("e", 0, 0, [4], NOW)))
    again = exponential("e", 0, 0, [5], NOW + 10 * SECOND)
    point = again.exponential_histogram.data_points[0]
    point.start_time_unix_nano = (NOW + 2 * SECOND) * NS

    await edge.send(request(again))

    assert [found.reset_hint for _, _, found in edge.histograms()] == [
        ResetHint.UNKNOWN,
        ResetHint.RESET,
    ]


async def test_deltas_that_come_too_late_are_told(edge: OtlpEdge) -> None:
    for at_ms in (NOW, NOW - SECOND):
        answer = await edge.send(
            request(
                total("c", 1, at_ms, temporality=DELTA),
                exponential("e", 0, 0, [1], at_ms, temporality=DELTA),
            )
        )

    assert partial_success(answer) == (2, "2 of 2 data points were refused: 2 out_of_order.")
    assert edge.values() == {"c_total": 1}
    assert edge.world.dropped("out_of_order") == 2


async def test_exemplars_carry_their_trace(edge: OtlpEdge) -> None:
    metric = histogram("d", [1.0, 2.0], [0, 1, 0], total_s=1.5)
    exemplar = metric.histogram.data_points[0].exemplars.add(
        as_double=1.5, time_unix_nano=NOW * NS, trace_id=b"\x01" * 16, span_id=b"\x02" * 8
    )
    fill(exemplar.filtered_attributes, {"user": "u"})

    await edge.send(request(metric))

    [found] = edge.exemplars()
    assert edge.names()[found.series_id]["le"] == "2"
    assert (found.ts_ms, found.value) == (NOW, 1.5)
    assert found.labels == {"trace_id": "01" * 16, "span_id": "02" * 8, "user": "u"}


async def test_scopes_are_told_apart(edge: OtlpEdge) -> None:
    one = request(gauge("g", 1), scope="a", scope_attributes={"team": "x"})
    other = request(gauge("g", 2), scope="b")

    await edge.send(one)
    await edge.send(other)

    assert edge.values() == {
        'g{otel_scope_name="a",otel_scope_team="x"}': 1,
        'g{otel_scope_name="b"}': 2,
    }


async def test_scope_labels_can_be_switched_off(tmp_path: Path) -> None:
    edge = OtlpEdge(tmp_path, otlp=OtlpOptions(promote_scope_metadata=False))

    await edge.send(request(gauge("g", 1), scope="a"))

    assert edge.values() == {"g": 1}


async def test_a_sum_without_temporality_is_refused_by_name(edge: OtlpEdge) -> None:
    answer = await edge.send(request(total("c", 1, temporality=0), gauge("g", 1)))

    rejected, message = partial_success(answer)
    assert rejected == 1
    assert "metric 'c' has no aggregation temporality" in message
    assert edge.world.dropped("malformed") == 1


async def test_points_that_are_too_old_are_counted_in_the_answer(edge: OtlpEdge) -> None:
    answer = await edge.send(request(gauge("g", 1, at_ms=5)))

    assert partial_success(answer) == (1, "1 of 1 data points were refused: 1 too_old.")


async def test_up_of_a_collector_is_kept(edge: OtlpEdge) -> None:
    """Its prometheus receiver tells `up` and `scrape_*` of what it scrapes."""
    assert (await edge.send(request(gauge("up", 1)))).status == 200
    assert [value for _, _, value in edge.samples()] == [1.0]


async def test_names_of_the_server_are_refused(edge: OtlpEdge) -> None:
    answer = await edge.send(
        request(gauge("watchkeeper.up", 1), exponential("watchkeeper.x", 0, 0, [1]))
    )

    assert partial_success(answer)[0] == 2
    assert edge.world.dropped("reserved_name") == 2
    assert edge.samples() == []
    assert edge.metadata() == {}


async def test_what_a_metric_is_is_told_once_and_when_it_changes(edge: OtlpEdge) -> None:
    for at, text in enumerate(("one", "one", "two")):
        metric = total("c", at, NOW + at * SECOND, temporality=CUMULATIVE, unit="By")
        metric.description = text
        await edge.send(request(metric))

    assert edge.world.counted("watchkeeper_ingest_accepted_total", kind="metadata") == 2
    assert edge.metadata() == {"c_bytes_total": ("counter", "two", "bytes")}
