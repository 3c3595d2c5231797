"""Remarks on rules that are right and may surprise."""

from __future__ import annotations

import pytest

from watchkeeper.alerting.rules import HintLevel, lint_rates, lint_selectors, parse_rule_file
from watchkeeper.alerting.rules.types import RuleFile
from watchkeeper.model import Role, Scope, labels_of
from watchkeeper.query.promql import MemorySource

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
NOW_MS = 1_795_224_000_000


def rules(*exprs: str) -> RuleFile:
    lines = [f"  - alert: Rule{i}\n    expr: '{expr}'" for i, expr in enumerate(exprs)]
    return parse_rule_file("shop.yml", "\n".join(["groups:", "- name: g", "  rules:", *lines]))


@pytest.mark.parametrize(
    ("expr", "level", "words"),
    [
        # The seeds' own rules.
        ('rate(http_requests_total{status=~"5.."}[5m]) > 0.05', "warning", "180 an hour"),
        ("rate(user_registrations_total[1h]) < 0.5", "info", "1,800 an hour"),
        ("sum by (job) (rate(errors_total[5m])) >= 0.1", "warning", "looks like a share"),
        ("0.01 < sum(irate(errors_total[5m]))", "warning", "36 an hour"),
        ("(rate(a_total[5m]) + rate(b_total[5m])) > 20", "info", "72,000 an hour"),
        ("rate(jobs_total[5m]) < 0.0005", "info", "1.8 an hour"),
    ],
)
def test_a_rate_is_told_by_the_hour(expr: str, level: str, words: str) -> None:
    (hint,) = lint_rates(rules(expr))
    assert (hint.level, hint.rule, hint.line) == (HintLevel(level), "Rule0", 4)
    assert words in hint.message


@pytest.mark.parametrize(
    "expr",
    [
        "rate(errors_total[5m]) / rate(requests_total[5m]) > 0.05",
        "increase(errors_total[1h]) > 0.5",
        "rate(process_cpu_seconds_total[5m]) > 0.8",
        "rate(errors_total[5m]) * 60 > 0.5",
        "rate(errors_total[5m]) > rate(errors_total[1h])",
        "histogram_quantile(0.9, rate(latency_seconds_bucket[5m])) > 0.5",
        "up == 0",
    ],
)
def test_what_is_no_rate_per_second_is_left_alone(expr: str) -> None:
    assert lint_rates(rules(expr)) == []


def source() -> MemorySource:
    found = MemorySource()
    for status in ("200", "500"):
        labels = labels_of({"__name__": "http_requests_total", "status": status, "job": "api"})
        found.append(labels, [(NOW_MS - 1000, 1.0)])
    for name in ("redis_keyspace_hits_total", "redis_keyspace_misses_total"):
        found.append(labels_of({"__name__": name}), [(NOW_MS - 1000, 1.0)])
    return found


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        ("rate(redis_hits_total[5m]) > 9", "Did you mean redis_keyspace_hits_total"),
        ("zzz > 1", "no such metric."),
        ('http_requests_total{status="404"} > 1', 'no status="404"; there are 200, 500.'),
        ('http_requests_total{code=~"5.."} > 1', "it has no label code."),
        ('{job="web"} > 1', "without a metric name"),
    ],
)
def test_a_selector_that_selects_nothing_is_told(expr: str, words: str) -> None:
    (hint,) = lint_selectors(rules(expr), SCOPE, source(), now_ms=NOW_MS)
    assert hint.level is HintLevel.WARNING
    assert words in hint.message


def test_what_selects_something_or_is_made_by_rules_is_left_alone() -> None:
    recorded = parse_rule_file(
        "r.yml",
        "groups:\n- name: g\n  rules:\n  - record: job:x:sum\n    expr: sum(http_requests_total)\n"
        "  - alert: A\n    expr: job:x:sum > 1\n  - alert: B\n    expr: absent(nothing)\n"
        "  - alert: C\n    expr: ALERTS == 1\n",
    )
    assert lint_selectors(recorded, SCOPE, source(), now_ms=NOW_MS) == []
