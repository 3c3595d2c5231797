"""Rules run at their times, against the real engine, and leave series, states and intents."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest

from tests.unit.alerting.conftest import OTHER, SCOPE, Bench, is_stale
from watchkeeper.alerting import Alerts, Evaluator, alerts_answer, rules_answer
from watchkeeper.ingest import decode_histograms
from watchkeeper.model import (
    Buckets,
    Histogram,
    Kind,
    TimeRange,
    decode_histogram,
    labels_of,
    series_id,
)
from watchkeeper.query.promql import Selector, parse

ALWAYS = TimeRange(0, 2**53)
DOWN = """
groups:
  - name: g
    interval: 10s
    rules:
      - alert: Down
        expr: up == 0
        for: 20s
        labels: {severity: critical, who: "{{ $labels.job }}"}
        annotations: {summary: "{{ $labels.instance }} is {{ $value }}"}
"""


def tick(bench: Bench, evaluator: Evaluator, *, up: float | None, times: int = 1) -> None:
    for _ in range(times):
        if up is not None:
            bench.sample("up", up, job="node", instance="a:1")
        bench.clock.forward(10_000)
        evaluator.run_due(bench.clock())


def alert_phases(bench: Bench) -> list[str]:
    changes = Alerts(bench.meta).history(SCOPE, ALWAYS)
    return [change.phase for change in reversed(changes)]


def start(bench: Bench, source: str = DOWN) -> Evaluator:
    bench.put(source)
    evaluator = bench.new_evaluator()
    evaluator.run_due(bench.clock())
    return evaluator


def shown_group(evaluator: Evaluator) -> dict[str, Any]:
    """The one group of /api/v1/rules."""
    (group,) = rules_answer(evaluator, SCOPE)
    return dict(group)


async def test_an_alert_waits_fires_and_resolves(bench: Bench) -> None:
    evaluator = start(bench)
    tick(bench, evaluator, up=1)
    tick(bench, evaluator, up=0, times=2)
    (pending,) = Alerts(bench.meta).active(SCOPE)
    tick(bench, evaluator, up=0, times=2)
    (firing,) = Alerts(bench.meta).active(SCOPE)
    tick(bench, evaluator, up=1)

    assert (pending.state, firing.state) == ("pending", "firing")
    assert firing.labels == {
        "alertname": "Down",
        "instance": "a:1",
        "job": "node",
        "severity": "critical",
        "who": "node",
    }
    assert firing.annotations == {"summary": "a:1 is 0"}
    assert Alerts(bench.meta).active(SCOPE) == []
    assert alert_phases(bench) == ["pending", "firing", "resolved"]
    assert [event.facts["state"] for event in bench.events] == ["pending", "firing", "resolved"]


async def test_alerts_are_series_with_staleness_markers_where_a_state_ends(bench: Bench) -> None:
    evaluator = start(bench)
    tick(bench, evaluator, up=0, times=5)
    tick(bench, evaluator, up=1)

    found: dict[str, list[float]] = {"pending": [], "firing": []}
    for labels, _, value in bench.written.samples():
        own = dict(labels)
        if own["__name__"] == "ALERTS":
            found[own["alertstate"]].append(value)
    assert [is_stale(value) for value in found["pending"]] == [False, False, True]
    assert [is_stale(value) for value in found["firing"]] == [False, False, False, True]
    since = bench.written.of("ALERTS_FOR_STATE")
    began_s = since[0][0] // 1000
    assert [value for _, value in since[:-1]] == [float(began_s)] * 5
    assert is_stale(since[-1][1])


async def test_a_restart_goes_on_where_it_was(bench: Bench) -> None:
    tick(bench, start(bench), up=0, times=2)

    tick(bench, bench.new_evaluator(), up=0, times=2)

    assert alert_phases(bench) == ["pending", "firing"]


async def test_a_restart_after_a_long_outage_lets_a_pending_alert_wait_anew(bench: Bench) -> None:
    tick(bench, start(bench), up=0, times=2)
    bench.clock.forward(2 * 3_600_000)

    evaluator = bench.new_evaluator()
    evaluator.run_due(bench.clock())
    tick(bench, evaluator, up=0, times=2)
    (alert,) = Alerts(bench.meta).active(SCOPE)
    assert alert.state == "pending"

    tick(bench, evaluator, up=0, times=2)
    assert Alerts(bench.meta).active(SCOPE)[0].state == "firing"


async def test_a_restart_resolves_what_recovered_meanwhile(bench: Bench) -> None:
    tick(bench, start(bench), up=0, times=4)

    tick(bench, bench.new_evaluator(), up=1, times=2)

    assert alert_phases(bench) == ["pending", "firing", "resolved"]
    assert is_stale(bench.written.of("ALERTS")[-1][1])


async def test_a_removed_rule_resolves_its_alerts(bench: Bench) -> None:
    evaluator = start(bench)
    tick(bench, evaluator, up=0, times=4)

    bench.rules.delete(SCOPE, "r.yml")
    tick(bench, evaluator, up=0)

    assert alert_phases(bench) == ["pending", "firing", "resolved"]
    assert Alerts(bench.meta).active(SCOPE) == []
    assert is_stale(bench.written.of("ALERTS")[-1][1])


async def test_an_edit_of_one_rule_leaves_its_neighbours_alerts_alone(bench: Bench) -> None:
    evaluator = start(bench)
    tick(bench, evaluator, up=0, times=4)

    bench.put(DOWN + "      - alert: New\n        expr: vector(1)\n")
    tick(bench, evaluator, up=0, times=2)

    phases = [
        change.phase
        for change in Alerts(bench.meta).history(SCOPE, ALWAYS)
        if change.rule == "Down"
    ]
    assert phases == ["firing", "pending"]


async def test_recording_rules_store_their_results_and_mark_their_ends(bench: Bench) -> None:
    rule = """
groups:
  - name: g
    interval: 10s
    labels: {from: group}
    rules:
      - {record: "job:up:sum", expr: "sum by (job, drop) (up)", labels: {drop: "", x: "1"}}
"""
    evaluator = start(bench, rule)
    tick(bench, evaluator, up=1)
    bench.clock.forward(600_000)
    tick(bench, evaluator, up=None)

    recorded = [(dict(s), v) for s, _, v in bench.written.samples()]
    assert recorded[0] == (
        {"__name__": "job:up:sum", "job": "node", "x": "1", "from": "group"},
        1.0,
    )
    assert is_stale(recorded[1][1])


async def test_a_recorded_histogram_is_stored_as_one(bench: Bench) -> None:
    histogram = Histogram(schema=0, count=4.0, sum=6.0, positive=Buckets((0, 1), (1.0, 3.0)))
    rule = """
groups:
  - name: g
    interval: 10s
    rules:
      - {record: "job:latency:sum", expr: "sum by (job) (latency)"}
      - {alert: Seen, expr: "latency"}
"""
    evaluator = start(bench, rule)
    labels = labels_of({"__name__": "latency", "job": "api"})
    bench.source.append(labels, [(bench.clock(), histogram)])
    tick(bench, evaluator, up=None)

    (row,) = [
        row
        for record in bench.written.records()
        if record.kind is Kind.HISTOGRAMS
        for row in decode_histograms(record.payload)
    ]
    recorded = labels_of({"__name__": "job:latency:sum", "job": "api"})
    assert row.series_id == series_id(SCOPE.project_id, recorded)
    assert decode_histogram(row.histogram) == histogram
    assert [alert.value for alert in Alerts(bench.meta).active(SCOPE)] == [0.0]


async def test_a_failed_evaluation_changes_nothing_and_says_why(bench: Bench) -> None:
    evaluator = start(bench)
    tick(bench, evaluator, up=0, times=4)
    before = Alerts(bench.meta).active(SCOPE)
    bench.sample("up", 0, job="node", instance="b:1")
    bench.put(DOWN.replace("up == 0", "up == 0 or up * on(job) up"))
    tick(bench, evaluator, up=0)

    (rule,) = shown_group(evaluator)["rules"]
    assert rule["health"] == "err"
    assert "found duplicate series" in rule["lastError"] or "many-to-many" in rule["lastError"]
    assert len(before) == 1


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("{alert: A, expr: up == 0, labels: {instance: x}}", "after applying alert labels"),
        ("{record: r, expr: up, labels: {instance: x}}", "after applying rule labels"),
        ("{alert: A, expr: '\"text\"'}", "rule result is not a vector or scalar"),
    ],
)  # fmt: skip
async def test_results_that_cannot_be_stored_are_errors(
    bench: Bench, rule: str, error: str
) -> None:
    evaluator = start(bench, f"groups: [{{name: g, interval: 10s, rules: [{rule}]}}]")
    bench.sample("up", 0, job="node", instance="b:1")
    tick(bench, evaluator, up=0)

    (shown,) = shown_group(evaluator)["rules"]
    assert error in shown["lastError"]
    assert bench.written.samples() == []


async def test_too_many_alerts_are_an_error_and_none_is_kept(bench: Bench) -> None:
    source = "groups: [{name: g, interval: 10s, limit: 1, rules: [{alert: A, expr: up == 0}]}]"
    evaluator = start(bench, source)
    tick(bench, evaluator, up=0)
    assert len(Alerts(bench.meta).active(SCOPE)) == 1
    bench.sample("up", 0, job="node", instance="b:1")
    tick(bench, evaluator, up=0)

    assert Alerts(bench.meta).active(SCOPE) == []
    assert "exceeded limit of 1 with 2 alerts" in str(rules_answer(evaluator, SCOPE))


async def test_rules_are_chosen_by_their_own_labels(bench: Bench) -> None:
    rules = (
        "[{alert: A, expr: up, labels: {team: db, at: '{{ $value }}'}},"
        " {alert: B, expr: up, labels: {team: web}}]"
    )
    evaluator = start(bench, f"groups: [{{name: g, interval: 10s, rules: {rules}}}]")

    def chosen(*texts: str) -> list[object]:
        sets = [cast(Selector, parse(text)).matchers for text in texts]
        groups = rules_answer(evaluator, SCOPE, matchers=sets)
        return [
            rule["name"]
            for group in groups
            for rule in cast(list[dict[str, object]], group["rules"])
        ]

    assert chosen('{team="db"}') == ["A"]
    assert chosen('{team="web"}', '{team="db"}') == ["A", "B"]
    assert chosen('{team=~".+",at=~".*[0-9].*"}') == []
    assert chosen('{team="nobody"}') == []


async def test_a_rule_whose_selector_matches_nothing_is_told_of(bench: Bench) -> None:
    expr = "redis_hits_total / (redis_hits_total + redis_misses_total) < 0.8"
    evaluator = start(
        bench, f"groups: [{{name: g, interval: 10s, rules: [{{alert: A, expr: '{expr}'}}]}}]"
    )
    tick(bench, evaluator, up=1)

    (health,) = evaluator.groups(SCOPE)[0].health.values()
    assert health.note == "Selects no series: redis_hits_total, redis_misses_total."


async def test_a_value_that_is_no_number_survives_storage(bench: Bench) -> None:
    start_of = "groups: [{name: g, interval: 10s, rules: [{alert: A, expr: 'vector(NaN)'}]}]"
    evaluator = start(bench, start_of)
    tick(bench, evaluator, up=None)

    (alert,) = Alerts(bench.meta).active(SCOPE)
    assert math.isnan(alert.value)


async def test_groups_run_at_their_own_offset_and_miss_no_slot(bench: Bench) -> None:
    evaluator = start(bench)
    times: set[int | None] = set()
    for _ in range(60):
        bench.clock.forward(1_000)
        evaluator.run_due(bench.clock())
        times.add(evaluator.groups(SCOPE)[0].last_ms)

    ran = sorted(t for t in times if t is not None)
    assert len(ran) == 6
    assert {t % 10_000 for t in ran} == {ran[0] % 10_000}


async def test_another_project_sees_neither_rules_nor_alerts(bench: Bench) -> None:
    evaluator = start(bench)
    tick(bench, evaluator, up=0, times=4)

    alerts = Alerts(bench.meta)
    assert rules_answer(evaluator, OTHER) == []
    assert alerts_answer(evaluator, OTHER) == {"alerts": []}
    assert alerts.active(OTHER) == []
    assert alerts.history(OTHER, ALWAYS) == []
    assert list(bench.rules.list(OTHER)) == []


async def test_the_answers_have_prometheus_shape(bench: Bench) -> None:
    evaluator = start(bench)
    tick(bench, evaluator, up=0, times=4)

    group = shown_group(evaluator)
    assert (group["name"], group["file"], group["interval"]) == ("g", "r.yml", 10.0)
    (rule,) = group["rules"]
    assert (rule["type"], rule["state"], rule["duration"]) == ("alerting", "firing", 20.0)
    assert (rule["query"], rule["health"]) == ("up == 0", "ok")
    (alert,) = rule["alerts"]
    assert alerts_answer(evaluator, SCOPE) == {"alerts": [alert]}
    assert (alert["state"], alert["value"]) == ("firing", "0e+00")
    assert alert["activeAt"].endswith("Z")
