"""statsd_exporter's mapping files mean here what they mean there."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchkeeper.ingest.protocols.statsd.mapping import MappingRules, ObserverType
from watchkeeper.ingest.protocols.statsd.mapping_file import (
    MappingInvalid,
    go_duration_ms,
    read_mapping,
    read_mapping_file,
)
from watchkeeper.ingest.protocols.statsd.parse import MetricType

FROM_ITS_MANUAL = r"""
defaults:
  observer_type: histogram
  histogram_options:
    buckets: [.005, .01, .025, .05, .1, .25, .5, 1, 2.5 ]
    native_histogram_bucket_factor: 1.1
    native_histogram_max_buckets: 256
  summary_options:
    quantiles:
      - quantile: 0.99
        error: 0.001
      - quantile: 0.5
        error: 0.01
    max_age: 30s
    age_buckets: 3
    buf_cap: 1000
  match_type: glob
  glob_disable_ordering: false
  ttl: 0
mappings:
- match: "test.dispatcher.*.*.*"
  name: "dispatcher_events_total"
  labels:
    processor: "$1"
    action: "$2"
    outcome: "$3"
    job: "test_dispatcher"
- match: "*.signup.*.*"
  name: "signup_events_total"
  help: "Sign-ups."
  labels:
    provider: "$2"
    outcome: "$3"
    job: "${1}_server"
- match: "other.timing.*"
  observer_type: summary
  name: "other_timer"
  ttl: 1m20s
  labels: {provider: "$1"}
- match: '(.*)\.(.*)--(.*)\.status\.(.*)\.count'
  match_type: regex
  name: "request_total"
  labels:
    hostname: "$1"
    exec: "$2"
    protocol: "$3"
    code: "$4"
- match: "test.foo.*"
  name: "test_foo"
  match_metric_type: counter
  scale: 0.001
  honor_labels: true
- match: "secret"
  match_type: regex
  action: drop
  name: "dropped"
"""


@pytest.fixture
def rules() -> MappingRules:
    return read_mapping(FROM_ITS_MANUAL)


@pytest.mark.parametrize(
    ("sent", "name", "labels"),
    [
        (
            "test.dispatcher.FooProcessor.send.success",
            "dispatcher_events_total",
            {
                "processor": "FooProcessor",
                "action": "send",
                "outcome": "success",
                "job": "test_dispatcher",
            },
        ),
        (
            "foo_product.signup.facebook.failure",
            "signup_events_total",
            {"provider": "facebook", "outcome": "failure", "job": "foo_product_server"},
        ),
        (
            "web.run--http.status.200.count",
            "request_total",
            {"hostname": "web", "exec": "run", "protocol": "http", "code": "200"},
        ),
    ],
)
def test_names_become_labels(
    rules: MappingRules, sent: str, name: str, labels: dict[str, str]
) -> None:
    found = rules.find(sent, MetricType.COUNTER)

    assert found is not None
    assert (found.name, found.labels) == (name, labels)


@pytest.mark.parametrize("sent", ["test.web-server.foo.bar", "test.dispatcher.a.b", "signup"])
def test_what_no_rule_matches_stays(rules: MappingRules, sent: str) -> None:
    assert rules.find(sent, MetricType.COUNTER) is None


def test_defaults_hold_where_a_rule_says_nothing(rules: MappingRules) -> None:
    found = rules.find("test.dispatcher.a.b.c", MetricType.TIMER)

    assert found is not None
    shape = found.rule.shape
    assert (shape.observer, shape.histogram.buckets[-1]) == (ObserverType.HISTOGRAM, 2.5)
    assert (shape.histogram.factor, shape.histogram.max_buckets) == (1.1, 256)
    assert rules.defaults.summary.quantiles == (0.99, 0.5)
    assert (rules.defaults.summary.max_age_ms, rules.defaults.summary.age_buckets) == (30_000, 3)


def test_a_rule_has_its_own_observer_and_ttl(rules: MappingRules) -> None:
    found = rules.find("other.timing.x", MetricType.TIMER)

    assert found is not None
    assert (found.rule.shape.observer, found.rule.shape.ttl_ms) == (ObserverType.SUMMARY, 80_000)


def test_a_rule_may_be_for_one_type(rules: MappingRules) -> None:
    counter = rules.find("test.foo.x", MetricType.COUNTER)

    assert counter is not None
    assert (counter.rule.scale, counter.rule.honor_labels) == (0.001, True)
    assert rules.find("test.foo.x", MetricType.GAUGE) is None


def test_a_regular_expression_matches_anywhere_and_may_drop(rules: MappingRules) -> None:
    found = rules.find("top.secret.metric", MetricType.GAUGE)

    assert found is not None
    assert found.rule.is_drop


ORDERED = """
mappings:
- {match: "a.*.c", name: first}
- {match: "a.b.c", name: second}
- {match: "a.b.*", name: third}
- {match: ".", match_type: regex, name: rest}
"""


@pytest.mark.parametrize(
    ("sent", "name"),
    [("a.b.c", "first"), ("a.b.d", "third"), ("a.x.c", "first"), ("a.x.y", "rest")],
)
def test_globs_hold_in_the_order_of_the_file_and_before_expressions(sent: str, name: str) -> None:
    found = read_mapping(ORDERED).find(sent, MetricType.COUNTER)

    assert found is not None
    assert found.name == name


def test_without_order_a_literal_beats_a_star() -> None:
    source = "defaults: {glob_disable_ordering: true}" + ORDERED
    found = read_mapping(source).find("a.b.c", MetricType.COUNTER)

    assert found is not None
    assert found.name == "second"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("mappings: [{match: a.b}]", "needs a name"),
        ("mappings: [{match: a.b, name: 'x y'}]", "no metric name"),
        ("mappings: [{match: 'a b', name: x}]", "no glob"),
        ("mappings: [{match: '(', match_type: regex, name: x}]", "error parsing regexp"),
        ("mappings: [{match: a, name: x, labels: {'b-c': d}}]", "no label name"),
        ("mappings: [{match: a, name: x, action: keep}]", "neither map nor drop"),
        ("mappings: [{match: a, name: x, timer_typ: histogram}]", 'unknown field "timer_typ"'),
        ("mappings: [{match: a, name: x, ttl: soon}]", "no duration"),
        ("mappings: [{match: a, name: x, buckets: [2, 1]}]", "must rise"),
        (
            "mappings: [{match: a, name: x, observer_type: histogram, summary_options: {}}]",
            "does not go with observer_type histogram",
        ),
        ("defaults: {observer_type: gauge}", "neither summary nor histogram"),
        ("mappings: ]", "not valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(source: str, said: str) -> None:
    with pytest.raises(MappingInvalid, match="line 1") as caught:
        read_mapping(source)

    assert said in str(caught.value)


def test_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid, match="Cannot read the StatsD mapping file"):
        read_mapping_file(str(tmp_path / "none.yml"))


@pytest.mark.parametrize(
    ("text", "ms"), [("0", 0), ("1m20s", 80_000), ("1.5h", 5_400_000), ("500ms", 500), ("2us", 0)]
)
def test_durations_are_go_s(text: str, ms: int) -> None:
    assert go_duration_ms(text) == ms
