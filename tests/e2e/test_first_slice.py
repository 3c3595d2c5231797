"""The main job on real input: scrape, query, report an error, alert, notify."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Slice
from tests.e2e.eventually import eventually
from tests.e2e.product import SECRET, fail_once

pytestmark = pytest.mark.node


def test_a_prom_client_app_is_scraped_and_can_be_queried(running: Slice) -> None:
    up = eventually(lambda: running.query('up{job="app"}'), within_s=20, what="the first scrape")

    assert up[0]["value"][1] == "1"
    rate = eventually(
        lambda: running.query("sum(rate(python_code_executions_total[5s])) > 5"),
        within_s=30,
        what="a rate over whole windows",
    )
    assert float(rate[0]["value"][1]) < 15
    p95 = (
        "histogram_quantile(0.95, sum by (le) (rate(python_api_response_time_seconds_bucket[30s])))"
    )
    assert 0.1 < float(running.query(p95)[0]["value"][1]) <= 0.5


def test_this_machine_is_measured_under_node_exporter_s_names(running: Slice) -> None:
    memory = eventually(
        lambda: running.query("node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"),
        within_s=30,
        what="host metrics",
    )

    assert 0 < float(memory[0]["value"][1]) < 1


def test_an_unmodified_sentry_sdk_makes_an_issue_without_its_secrets(running: Slice) -> None:
    fail_once(str(running.facts["sentry_dsn"]), message="card declined")

    issues = eventually(
        lambda: running.get("issues")["issues"], within_s=15, what="the issue of the error"
    )
    short_id = issues[0]["short_id"]
    event = running.get(f"issues/{short_id}/events/latest")
    exception = event["exceptions"][-1]
    frame = exception["frames"][-1]
    assert (exception["type"], exception["value"]) == ("ValueError", "card declined")
    assert frame["function"] == "charge"
    assert frame["vars"]["password"] == "[Filtered]"
    assert event["release"] == "shop@1.2.3"
    assert event["tags"]["feature"] == "checkout"
    assert SECRET.encode() not in b"".join(
        path.read_bytes() for path in running.server.data_dir.rglob("*") if path.is_file()
    )


def test_rules_fire_and_resolve_to_a_webhook(running: Slice) -> None:
    answer = running.client.post(
        f"/api/wk/projects/{running.project}/channels",
        json={"kind": "webhook", "name": "pager", "options": {"url": running.webhook.url}},
    )
    assert answer.status_code in {200, 201}, answer.text
    eventually(lambda: running.query('up{job="app"} == 1'), within_s=20, what="the target up")

    running.app.stop()
    eventually(lambda: sent(running, "InstanceDown", "firing"), within_s=30, what="a firing alert")
    running.app.start()

    eventually(lambda: sent(running, "InstanceDown", "resolved"), within_s=60, what="a resolve")


def test_the_very_first_error_fires_a_rule_on_the_error_count(running: Slice) -> None:
    eventually(lambda: sent(running, "NewErrors", "firing"), within_s=90, what="an error alert")


def sent(running: Slice, alert: str, status: str) -> bool:
    return any(
        each["labels"]["alertname"] == alert and each["status"] == status
        for body in running.webhook.bodies()
        for each in body["alerts"]
    )
