"""What lines add up to, and when it is stored."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.statsd.lines import Lines
from watchkeeper.ingest.protocols.statsd import AggregateOptions, TagPolicy
from watchkeeper.ingest.protocols.statsd.aggregate import MOST_WHOLE_LINES, SET_WINDOW_MS

STALE = 0x7FF0_0000_0000_0002
HISTOGRAM = """
mappings:
- {match: load, name: load, observer_type: histogram, histogram_options: {buckets: [0.1, 1]}}
- match: native
  name: native
  observer_type: histogram
  histogram_options: {native_histogram_bucket_factor: 1.1, native_histogram_max_buckets: 20}
"""


def bits(number: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", number))[0])


def test_the_seed_s_names_stay_recognisable() -> None:
    lines = Lines()

    lines.send(
        "sigma_playground.workbook.views:1|c|#workbook_id:w1,user_id:u7",
        "sigma_playground.workbook.load_time:320|ms|#workbook_id:w1",
        "sigma_playground.health.status:1|g|#service:db",
    )

    assert lines.values() == {
        'sigma_playground_workbook_views{user_id="u7",workbook_id="w1"}': 1.0,
        'sigma_playground_workbook_load_time{quantile="0.5",workbook_id="w1"}': 0.32,
        'sigma_playground_workbook_load_time{quantile="0.9",workbook_id="w1"}': 0.32,
        'sigma_playground_workbook_load_time{quantile="0.99",workbook_id="w1"}': 0.32,
        'sigma_playground_workbook_load_time_sum{workbook_id="w1"}': 0.32,
        'sigma_playground_workbook_load_time_count{workbook_id="w1"}': 1.0,
        'sigma_playground_health_status{service="db"}': 1.0,
    }


def test_a_counter_goes_on_from_flush_to_flush() -> None:
    lines = Lines()

    lines.send("hits:1|c", "hits:1|c", "hits:2|c|@0.1")
    assert lines.values() == {"hits": 22.0}
    lines.send("hits:1|c")
    assert lines.values() == {"hits": 23.0}


def test_a_new_counter_stood_at_zero_before() -> None:
    lines = Lines()
    lines.send("hits:3|c")

    assert lines.samples() == [("hits", 1_000, 0.0), ("hits", 2_000, 3.0)]


def test_a_gauge_is_set_and_changed_in_the_order_sent() -> None:
    lines = Lines()

    lines.send("a:10|g", "a:+4|g", "a:-5|g", "b:0|g", "b:-5|g", "c:+2|g", "d:7|g", "d:3|g|@0.1")

    assert lines.values() == {"a": 9.0, "b": -5.0, "c": 2.0, "d": 3.0}
    lines.send("a:-1|g", "b:0|g", "b:2:3|g", "b:+1|g")
    assert lines.values() == {"a": 8.0, "b": 4.0}


def test_a_blank_before_the_sign_of_a_gauge_changes_nothing() -> None:
    lines = Lines()
    lines.send("a:10|g", "a: -4|g", "a: -4|g", "a:\t+1|g")
    assert lines.values() == {"a": 3.0}


def test_a_gauge_with_a_time_is_stored_at_that_time_too() -> None:
    lines = Lines()
    then_s = lines.start_ms // 1000 - 30

    lines.send(f"a:5|g|T{then_s}|#x:y")

    assert lines.samples() == [('a{x="y"}', -30_000, 5.0), ('a{x="y"}', 2_000, 5.0)]
    assert lines.samples() == []


def test_a_sampled_timer_counts_as_often_as_it_stands_for() -> None:
    lines = Lines()

    lines.send("t:100:200|ms|@0.1", "t:1000|ms")

    values = lines.values()
    assert values["t_count"] == 21.0
    assert values["t_sum"] == pytest.approx(4.0)
    assert (values['t{quantile="0.5"}'], values['t{quantile="0.99"}']) == (0.2, 1.0)


def test_a_histogram_counts_what_is_at_or_below_each_bound() -> None:
    lines = Lines(mapping=HISTOGRAM)

    lines.send("load:100|ms", "load:500|ms", "load:3000|ms")

    assert lines.values() == {
        'load_bucket{le="0.1"}': 1.0,
        'load_bucket{le="1"}': 2.0,
        'load_bucket{le="+Inf"}': 3.0,
        "load_sum": pytest.approx(3.6),
        "load_count": 3.0,
    }


def test_a_native_histogram_is_coarser_when_it_has_too_many_buckets() -> None:
    lines = Lines(mapping=HISTOGRAM)
    lines.send(*(f"native:{1.1**n}|h" for n in range(1, 60)), "native:0|h", "native:-2|h")

    (_, _, zero), (_, _, found) = lines.harvest().natives

    assert (zero.count, found.count, found.zero_count) == (0.0, 61.0, 1.0)
    assert len(found.positive.indexes) + len(found.negative.indexes) <= 20
    assert found.schema < 3
    assert sum(found.positive.counts) == 59.0
    assert found.negative.counts == (1.0,)


def test_a_set_counts_different_members_in_each_window() -> None:
    lines = Lines(flush_ms=SET_WINDOW_MS)
    lines.send("users:ann|s", "users:bob|s", "users:ann|s|@0.5", "users:7:8|s")
    lines.harvest()

    lines.send("users:ann|s")
    assert lines.values()["users"] == 1.0
    lines.send("quiet:1|c")
    assert lines.values()["users"] == 0.0


def test_a_quiet_series_is_repeated_as_if_it_were_scraped() -> None:
    lines = Lines()
    lines.send("hits:1|c")
    lines.samples()

    times = [ts_ms for _ in range(20) for _, ts_ms, _ in lines.samples()]

    assert times == [18_000, 34_000]


def test_what_was_not_stored_waits_for_the_next_flush() -> None:
    lines = Lines()
    lines.send("hits:1|c", "_e{1,1}:a|b")
    lines.harvest()
    lines.send("hits:1|c")

    harvest = lines.harvest()

    assert harvest.values.tolist() == [0.0, 2.0]
    assert [row.body for row in harvest.messages] == ["a\nb"]


def test_a_series_without_values_ends_and_may_begin_again() -> None:
    lines = Lines(options=AggregateOptions(ttl_ms=10_000))
    lines.send("hits:5|c", "t:1|h")
    lines.values()

    ends = [sample for _ in range(5) for sample in lines.samples() if bits(sample[2]) == STALE]
    assert sorted(series for series, _, _ in ends) == [
        "hits",
        "t_count",
        "t_sum",
        't{quantile="0.5"}',
        't{quantile="0.9"}',
        't{quantile="0.99"}',
    ]
    lines.send("hits:2|c", "t:3|g")
    assert lines.values() == {"hits": 2.0, "t": 3.0}


def test_a_rule_s_ttl_beats_the_general_one() -> None:
    mapping = "mappings: [{match: short, name: short, ttl: 4s}]"
    lines = Lines(mapping=mapping, options=AggregateOptions(ttl_ms=60_000))
    lines.send("short:1|g", "long:1|g")
    lines.samples()

    assert [(series, bits(value)) for series, _, value in lines.samples()] == [("short", STALE)]


def test_labels_of_a_rule_beat_tags_unless_those_are_honoured() -> None:
    mapping = """
mappings:
- {match: "a.*", name: a, labels: {who: "$1"}}
- {match: "b.*", name: b, labels: {who: "$1"}, honor_labels: true, scale: 0.5}
"""
    lines = Lines(mapping=mapping)

    lines.send("a.rule:1|c|#who:tag", "b.rule:4|g|#who:tag")

    assert lines.values() == {'a{who="rule"}': 1.0, 'b{who="tag"}': 2.0}


def test_tags_are_dropped_hashed_and_chosen_by_name() -> None:
    policy = TagPolicy(drop=frozenset({"sid"}), hash=frozenset({"user_id"}), salt=b"x")
    lines = Lines(policy=policy)

    lines.send("hits:1|c|#user_id:ann,sid:1", "hits:1|c|#sid:2,user_id:ann")

    hashed = policy.hashed("ann")
    assert lines.values() == {f'hits{{user_id="{hashed}"}}': 2.0}
    assert (len(hashed), "ann" in hashed) == (16, False)
    chosen = Lines(policy=TagPolicy(keep=frozenset({"path"})))
    chosen.send("hits:1|c|#path:/,user_id:ann")
    assert chosen.values() == {'hits{path="/"}': 1.0}


def test_tag_names_become_label_names_and_cannot_take_ours() -> None:
    lines = Lines()

    lines.send("a:1|h|#quantile:x,__name__:y,9th-tag:z,empty:")

    assert 'a_count{_9th_tag="z",_name__="y",exported_quantile="x"}' in lines.values()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x:-1|c", "negative_counter"),
        ("up:1|g", "reserved_name"),
        ("watchkeeper.errors.total:1|c", "reserved_name"),
        ("a:1|g", "conflicting_type"),
        ("b_sum:1|g", "conflicting_type"),
        ("x:1_0|c", "malformed_value"),
        ("x:inf|c", "malformed_value"),
        ("x:1|c|#a:" + "v" * 40_000, "labels_too_long"),
        ("x:1e300|c|@0.000000001", "malformed_value"),
        ("junk", "malformed_line"),
    ],
)
def test_what_is_refused_is_counted_each_time(line: str, reason: str) -> None:
    lines = Lines()
    lines.send("x:1|c", "a:1|c", "b:1|ms")

    lines.send(line, line)
    lines.send(line)

    assert lines.refused == {reason: 3}
    assert lines.values()["x"] == 1.0


def test_a_rule_may_drop() -> None:
    lines = Lines(mapping="mappings: [{match: a.b, action: drop, name: x}]")

    lines.send("a.b:1|c", "a.b:1|c", "a.c:1|c")

    assert lines.values() == {"a_c": 1.0}
    assert lines.refused == {"dropped_by_mapping": 2}


def test_series_beyond_the_bound_are_refused_until_one_ends() -> None:
    lines = Lines(options=AggregateOptions(max_series=2, ttl_ms=4_000))
    lines.send("a:1|c", "b:1|c", "c:1|c", "c:1|c")
    assert lines.refused == {"too_many_series": 2}
    lines.samples()
    lines.samples()
    lines.samples()

    lines.send("c:1|c")

    assert lines.values() == {"c": 1.0}


def test_metrics_tell_their_type_and_help_once() -> None:
    lines = Lines(mapping="mappings: [{match: a.b, name: ab, help: Told.}]")
    lines.send("a.b:1|c", "u:x|s", "t:1|ms")

    harvest = lines.harvest()
    lines.harvester.stored(harvest)

    told = {(row.metric, row.type) for row in harvest.metadata}
    assert told == {("ab", "counter"), ("u", "gauge"), ("t", "summary")}
    assert {row.help for row in harvest.metadata if row.metric == "ab"} == {"Told."}
    assert lines.harvest().metadata == []


def test_an_event_is_a_log_line_and_a_check_a_gauge() -> None:
    lines = Lines()

    lines.send(
        "_e{6,4}:Deploy|v1.2|t:warning|h:web-1|#service:shop",
        "_sc|db.up|2|h:db-1|#env:prod|m:no answer",
    )

    harvest = lines.harvest()
    event, check = harvest.messages
    assert (event.body, event.severity, event.host) == ("Deploy\nv1.2", "warn", "web-1")
    assert event.attributes["service"] == "shop"
    assert (check.body, check.severity) == ("db.up: no answer", "error")
    lines.harvester.stored(harvest)
    lines.send("_sc|db.up|0|h:db-1|#env:prod")
    assert lines.values() == {'service_check_status{check="db.up",env="prod",host="db-1"}': 0.0}


def test_the_container_becomes_a_label_only_when_that_is_wished() -> None:
    plain, labelled = Lines(), Lines(options=AggregateOptions(container_label=True))

    for lines in (plain, labelled):
        lines.send("a:1|c|c:in-7")

    assert plain.values() == {"a": 1.0}
    assert labelled.values() == {'a{container_id="in-7"}': 1.0}


def test_more_different_lines_than_are_remembered_add_up_all_the_same() -> None:
    lines = Lines()
    count = MOST_WHOLE_LINES + 500

    for _ in range(2):
        lines.send(*(f"hits:{n}|c" for n in range(count)))

    assert lines.values() == {"hits": float(count * (count - 1))}


SENT = st.lists(
    st.builds(
        "{}:{}|{}{}".format,
        st.sampled_from(["a", "b.c", "d,x=y", "a[x=y]", ""]),
        st.sampled_from(["1", "2.5", "-3", "+4", "1:2", "x", "", "1_0", "1e400", " 7"]),
        st.sampled_from(["c", "g", "ms", "h", "s", "q", "", "c:2|g"]),
        st.sampled_from(["", "|@0.5", "|#x:y", "|#x:z|@0.1", "|T1795223990", "|@0", "|c:in-1"]),
    ),
    max_size=30,
)


@given(SENT)
@settings(max_examples=200, deadline=None)
def test_what_is_remembered_of_lines_changes_nothing(sent: list[str]) -> None:
    together, apart = Lines(), Lines()

    together.send(*sent, *sent)
    for line in (*sent, *sent):
        apart.aggregator._forget_routes()
        apart.send(line)
        apart.aggregator.settle(apart.clock())
        apart.aggregator._forget_whole_lines()

    def rounded(lines: Lines) -> list[tuple[str, int, float]]:
        return sorted((s, t, -1.0 if math.isnan(v) else round(v, 9)) for s, t, v in lines.samples())

    assert rounded(together) == rounded(apart)
    assert together.refused == apart.refused


@given(st.lists(st.binary(max_size=60), max_size=10))
@settings(deadline=None)
def test_no_bytes_are_too_strange(chunks: list[bytes]) -> None:
    lines = Lines()

    for chunk in chunks:
        lines.aggregator.feed(chunk, lines.clock())

    lines.samples()
