"""Rule files are taken as promtool takes them, and refused as it refuses them."""
# ruff: noqa: E501

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.alerting.conftest import OTHER, SCOPE, Bench
from watchkeeper.alerting import RuleFileInvalid, RuleFileOnDisk
from watchkeeper.alerting.rules import AlertingRule, parse_rule_file
from watchkeeper.lib.errors import Invalid, NotFound

GOLDEN = Path(__file__).parents[2] / "golden" / "prometheus" / "alerts"


def rules(*entries: str, group: str = "") -> str:
    listed = "".join(f"\n      - {entry}" for entry in entries)
    return f"groups:\n  - name: g\n    {group}\n    rules:{listed or ' []'}\n"


TAKEN = {
    "empty": "",
    "no groups": "groups: []",
    "no rules": rules(),
    "alert": rules("{alert: A, expr: up == 0}"),
    "alert in full": rules(
        "{alert: A, expr: 'up == 0', for: 1h30m, keep_firing_for: 5m, labels: {a: b}, annotations: {s: '{{ $value }}'}}"
    ),
    "record": rules("{record: 'a:b', expr: 'sum(up)', labels: {a: b}}"),
    "group in full": rules("{alert: A, expr: up}", group="interval: 30s\n    limit: 5"),
    "for of 0": rules("{alert: A, expr: up, for: 0s}"),
    "bare 0": rules("{alert: A, expr: up, for: 0}"),
    "number as label": rules("{alert: A, expr: up, labels: {a: 1}}"),
    "number as expr": rules("{record: r, expr: 1}"),
    "multi-line expr": rules("{alert: A, expr: \"up\\n== 0\"}"),
    "all template words": rules(
        "{alert: A, expr: up, annotations: {s: '{{ with query \"up\" }}{{ . | first | value | humanize }}{{ end }}'}}"
    ),
    "alias": "groups:\n  - name: g\n    rules:\n      - &r {alert: A, expr: up}\n      - *r\n",
    "same group name in two groups of other case": "groups: [{name: g}, {name: G}]",
    "alert name with spaces": rules("{alert: 'High load!', expr: up}"),
    "null labels": rules("{alert: A, expr: up, labels: }".replace("labels: }", "labels: null}")),
}  # fmt: skip
REFUSED = {
    "not yaml": "groups: [",
    "list at top": "- a",
    "unknown top field": "groups: []\nx: 1",
    "unknown group field": rules(group="intervall: 30s"),
    "unknown rule field": rules("{alert: A, expr: up, fro: 5m}"),
    "group without name": "groups: [{rules: []}]",
    "group named twice": "groups: [{name: g}, {name: g}]",
    "both record and alert": rules("{alert: A, record: b, expr: up}"),
    "neither": rules("{expr: up}"),
    "no expr": rules("{alert: A}"),
    "bad expr": rules("{alert: A, expr: 'sum(up'}"),
    "bad type in expr": rules("{alert: A, expr: 'rate(up)'}"),
    "bad for": rules("{alert: A, expr: up, for: 5}"),
    "bad duration order": rules("{alert: A, expr: up, for: 5m1h}"),
    "negative for": rules("{alert: A, expr: up, for: -5m}"),
    "bad interval": rules(group="interval: soon"),
    "record with for": rules("{record: a, expr: up, for: 5m}"),
    "record with annotations": rules("{record: a, expr: up, annotations: {a: b}}"),
    "record with keep_firing_for": rules("{record: a, expr: up, keep_firing_for: 5m}"),
    "bad record name": rules("{record: 'a-b', expr: up}"),
    "record with braces": rules("{record: 'a{b=\"c\"}', expr: up}"),
    "bad label name": rules("{alert: A, expr: up, labels: {a-b: c}}"),
    "__name__ label": rules("{alert: A, expr: up, labels: {__name__: c}}"),
    "bad annotation name": rules("{alert: A, expr: up, annotations: {a-b: c}}"),
    "unclosed template": rules("{alert: A, expr: up, annotations: {s: '{{ $value'}}"),
    "unknown function": rules("{alert: A, expr: up, annotations: {s: '{{ nope }}'}}"),
    "unknown variable": rules("{alert: A, expr: up, labels: {s: '{{ $nope }}'}}"),
    "template without end": rules("{alert: A, expr: up, labels: {s: '{{ if true }}'}}"),
    "rules as mapping": "groups: [{name: g, rules: {alert: A, expr: up}}]",
    "labels as list": rules("{alert: A, expr: up, labels: [a]}"),
    "field twice": "groups:\n  - name: g\n    name: h\n",
    "list as expr": rules("{alert: A, expr: [up]}"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_good_file_is_taken(name: str) -> None:
    parse_rule_file("r.yml", TAKEN[name])


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused(name: str) -> None:
    with pytest.raises(RuleFileInvalid, match=r"^r\.yml: "):
        parse_rule_file("r.yml", REFUSED[name])


@pytest.mark.prometheus
@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
@pytest.mark.parametrize("name", [*TAKEN, *REFUSED])
def test_promtool_agrees(name: str, tmp_path: Path) -> None:
    path = tmp_path / "r.yml"
    path.write_text({**TAKEN, **REFUSED}[name])
    checked = subprocess.run(
        ["promtool", "check", "rules", "--lint=none", path], capture_output=True, check=False
    )
    assert (checked.returncode == 0) is (name in TAKEN), checked.stderr.decode()


def test_an_error_names_file_group_rule_field_and_line() -> None:
    source = (
        "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up\n        for: x\n"
    )
    with pytest.raises(RuleFileInvalid) as refused:
        parse_rule_file("r.yml", source)
    told = 'r.yml: line 6: groups[0].rules[0].for: group "g", rule "A": not a valid duration string: "x"'
    assert (str(refused.value), refused.value.line) == (told, 6)


def test_an_expression_error_names_its_place() -> None:
    with pytest.raises(RuleFileInvalid, match=r"could not parse expression: 1:4: parse error"):
        parse_rule_file("r.yml", rules("{alert: A, expr: 'up }'}"))


@pytest.mark.parametrize(
    ("file", "group", "interval_ms", "names"),
    [
        ("critical", "critical_alerts", 30_000, ["HighErrorRate", "DatabaseDown", "HighMemoryUsage", "DiskSpaceCritical"]),
        ("warning", "warning_alerts", 60_000, ["SlowResponseTime", "HighDatabaseConnections", "CacheHitRateLow"]),
        ("business", "business_alerts", 300_000, ["LowUserRegistrations", "HighClassCancellationRate", "PaymentFailureRate"]),
    ],
)  # fmt: skip
def test_the_academys_rules_are_taken_as_they_are(
    file: str, group: str, interval_ms: int, names: list[str]
) -> None:
    (found,) = parse_rule_file(file, (GOLDEN / f"{file}.yml").read_text()).groups
    assert (found.name, found.interval_ms) == (group, interval_ms)
    assert [rule.name for rule in found.rules] == names
    assert all(isinstance(rule, AlertingRule) and rule.hold_ms for rule in found.rules)


async def test_files_on_disk_and_in_the_ui_are_one_list(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "disk.yml"
    path.write_text(TAKEN["alert"])
    bench.put(TAKEN["record"], "mine.yml")
    globs = [(1, str(tmp_path / "*.yml"))]

    assert bench.rules.sync_disk(globs) == 1
    assert bench.rules.sync_disk(globs) == 0
    assert [(f.name, f.origin) for f in bench.rules.list(SCOPE)] == [
        (str(path), "file"),
        ("mine.yml", "ui"),
    ]

    path.write_text("groups: [")
    assert bench.rules.sync_disk(globs) == 0
    assert bench.rules.get(SCOPE, str(path)).source == TAKEN["alert"]
    assert "not valid YAML" in bench.rules.disk_errors(SCOPE)[0]
    assert list(bench.rules.disk_errors(OTHER)) == []

    path.unlink()
    assert bench.rules.sync_disk(globs) == 1
    assert [f.name for f in bench.rules.list(SCOPE)] == ["mine.yml"]


async def test_a_file_on_disk_is_changed_on_disk(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text(TAKEN["alert"])
    bench.rules.sync_disk([(1, str(tmp_path / "r.yml"))])
    with pytest.raises(RuleFileOnDisk):
        bench.rules.delete(SCOPE, str(tmp_path / "r.yml"))


async def test_a_bad_file_from_the_ui_changes_nothing(bench: Bench) -> None:
    bench.put(TAKEN["alert"])
    with pytest.raises(RuleFileInvalid):
        bench.put(REFUSED["bad expr"])
    with pytest.raises(Invalid):
        bench.put(TAKEN["alert"], "../x")
    assert bench.rules.get(SCOPE, "r.yml").source == TAKEN["alert"]
    with pytest.raises(NotFound):
        bench.rules.delete(OTHER, "r.yml")
