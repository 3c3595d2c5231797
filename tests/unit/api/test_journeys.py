"""What people do through the API, over real rooms."""

from __future__ import annotations

import httpx
import pytest

from tests.unit.api.conftest import World
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.model import labels_of
from watchkeeper.store.meta import tables

RULES = """groups:
- name: shop
  interval: 30s
  rules:
  - alert: Down
    expr: up == 0
    for: 1m
    labels: {severity: critical}
    annotations: {summary: "{{ $labels.instance }} is down"}
"""


def of(world: World, rest: str = "") -> str:
    return f"/api/wk/projects/{world.acme.project_id}{rest}"


def up(world: World, value: float, *, minutes: int = 10) -> None:
    """A target's `up` every 15 s until now."""
    now_ms = world.clock()
    labels = labels_of({"__name__": "up", "job": "api", "instance": "a:1"})
    times = range(now_ms - minutes * MINUTE_MS, now_ms + 1, 15 * SECOND_MS)
    world.source.append(labels, [(at_ms, value) for at_ms in times])


async def test_a_test_error_becomes_an_issue_that_can_be_read_and_resolved(
    world: World, owner: httpx.AsyncClient
) -> None:
    sent = (await owner.post(of(world, "/test-error"))).json()
    world.rooms.digest.run_once()
    world.clock.forward(SECOND_MS)

    listed = (await owner.get(of(world, "/issues"))).json()
    [issue] = listed["issues"]
    path = of(world, f"/issues/{issue['short_id']}")
    detail = (await owner.get(path)).json()
    event = (await owner.get(f"{path}/events/latest")).json()

    assert (issue["type"], issue["events"], listed["total"]) == ("TestError", 1, 1)
    assert sum(sum(each) for each in listed["stats"]["by_severity"].values()) == 1
    assert sum(detail["stats"]["events"]) == detail["total_events"] == 1
    assert {facet["key"] for facet in detail["tags"]} >= {"watchkeeper.test"}
    assert event["event_id"] == sent["event_id"]
    assert event["exceptions"][0]["frames"][0]["function"] == "_test_event"
    resolved = await owner.patch(path, json={"status": "resolved"})
    assert resolved.json()["status"] == "resolved"
    bulk = await owner.post(
        of(world, "/issues/bulk"), json={"short_ids": [issue["short_id"]], "status": "ignored"}
    )
    assert bulk.json()["changed"] == 1
    filtered = await owner.get(of(world, "/issues?status=unresolved"))
    assert filtered.json()["issues"] == []


async def test_the_set_up_page_has_the_keys_what_was_seen_and_what_was_refused(
    world: World, owner: httpx.AsyncClient
) -> None:
    project_id = world.acme.project_id
    with world.rooms.meta.write() as conn:
        for number, path in ((0, f"/api/{project_id}/envelope/"), (0, "/api/77/envelope/")):
            conn.execute(
                tables.rejections.insert().values(
                    project_id=number, at_ms=1, method="POST", path=path, status=401,
                    reason="unknown_key", sender="203.0.113.9",
                )
            )  # fmt: skip
    await owner.post(of(world, "/test-error"))
    world.rooms.digest.run_once()

    body = (await owner.get(of(world, "/setup"))).json()

    assert body["addresses"]["ingest_key"] == world.acme.public_key
    assert body["addresses"]["sentry_dsn"].endswith(
        f"{world.acme.public_key}@wk.example.com/{project_id}"
    )
    assert [each["path"] for each in body["rejections"]] == [f"/api/{project_id}/envelope/"]
    assert [(each["source"], each["records"]) for each in body["seen"]] == [("errors", 1)]


async def test_keys_are_made_switched_off_and_rotated(
    world: World, owner: httpx.AsyncClient
) -> None:
    made = (await owner.post(of(world, "/keys"), json={"kind": "public", "label": "Web"})).json()
    path = of(world, f"/keys/{made['id']}")

    off = (await owner.patch(path, json={"enabled": False})).json()
    rotated = (await owner.post(f"{path}/rotate")).json()

    assert (off["enabled"], off["key"]) == (False, made["key"])
    assert rotated["key"] != made["key"]
    assert made["id"] in [key["id"] for key in (await owner.get(of(world, "/keys"))).json()["keys"]]


async def test_a_token_s_secret_is_shown_once_and_ends_when_it_is_revoked(
    world: World, owner: httpx.AsyncClient
) -> None:
    made = (await owner.post("/api/wk/orgs/acme/tokens", json={"name": "ci"})).json()
    listed = (await owner.get("/api/wk/orgs/acme/tokens")).text
    async with world.client(made["token"]) as client:
        before = await client.get(of(world))
        await owner.delete(f"/api/wk/orgs/acme/tokens/{made['id']}")
        after = await client.get(of(world))

    assert made["token"] not in listed
    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_viewer_reads_and_changes_nothing(world: World, owner: httpx.AsyncClient) -> None:
    body = {"name": "grafana", "role": "viewer", "project_id": world.acme.project_id}
    token = (await owner.post("/api/wk/orgs/acme/tokens", json=body)).json()["token"]
    async with world.client(token) as viewer:
        read = await viewer.get(of(world, "/issues"))
        refused = [
            await viewer.put(of(world, "/rules/shop"), json={"source": RULES}),
            await viewer.get(of(world, "/keys")),
            await viewer.post(of(world, "/test-error")),
            await viewer.get("/api/wk/orgs/acme/members"),
        ]

    assert read.status_code == 200
    assert [each.status_code for each in refused] == [403] * 4


async def test_a_member_is_added_promoted_and_removed_and_the_audit_log_tells(
    owner: httpx.AsyncClient,
) -> None:
    newcomer = {"email": "bo@acme.example", "name": "Bo", "password": "another long one here"}
    made = (await owner.post("/api/wk/orgs/acme/members", json=newcomer)).json()
    path = f"/api/wk/orgs/acme/members/{made['user_id']}"
    promoted = (await owner.patch(path, json={"role": "admin"})).json()
    gone = await owner.delete(path)

    members = (await owner.get("/api/wk/orgs/acme/members")).json()["members"]
    actions = [e["action"] for e in (await owner.get("/api/wk/orgs/acme/audit")).json()["entries"]]
    assert (made["role"], promoted["role"], gone.json()) == ("member", "admin", {"ok": True})
    assert [each["email"] for each in members] == ["ada@acme.example"]
    assert actions[:3] == ["member.removed", "member.role_changed", "member.added"]


async def test_a_rule_file_is_kept_evaluated_and_shown_with_its_state(
    world: World, owner: httpx.AsyncClient
) -> None:
    up(world, 0)
    kept = await owner.put(of(world, "/rules/shop"), json={"source": RULES})
    for _ in range(4):
        world.rooms.evaluator.run_due(world.clock())
        world.clock.forward(MINUTE_MS)
        up(world, 0, minutes=1)

    [file] = (await owner.get(of(world, "/rules"))).json()["files"]
    [alert] = (await owner.get(of(world, "/alerts"))).json()["alerts"]
    history = (await owner.get(of(world, "/alert-history"))).json()["changes"]
    home = (await owner.get(of(world, "/home"))).json()

    rule = file["groups"][0]["rules"][0]
    assert kept.status_code == 200
    assert (file["origin"], rule["state"], rule["for_s"], rule["health"]) == (
        "ui", "firing", 60.0, "ok",
    )  # fmt: skip
    assert (alert["rule"], alert["state"], alert["severity"]) == ("Down", "firing", "critical")
    assert alert["annotations"]["summary"] == "a:1 is down"
    assert "firing" in [each["state"] for each in history]
    assert home["counts"]["firing"] == 1
    assert home["needs_you"][0]["link"] == {"page": "alerts", "id": alert["fingerprint"]}
    assert home["setup_done"]["rules"] is True


async def test_a_wrong_rule_file_is_refused_with_its_line(
    world: World, owner: httpx.AsyncClient
) -> None:
    wrong = RULES.replace("up == 0", "up ==")

    checked = (await owner.post(of(world, "/rules/check"), json={"source": wrong})).json()
    refused = await owner.put(of(world, "/rules/shop"), json={"source": wrong})

    assert checked["ok"] is False
    assert checked["problems"][0]["line"] == 6
    assert (refused.status_code, refused.json()["error"]["line"]) == (400, 6)
    assert (await owner.get(of(world, "/rules"))).json()["files"] == []


async def test_a_scrape_config_is_checked_and_kept_as_it_was_written(
    world: World, owner: httpx.AsyncClient
) -> None:
    source = "# ours\nscrape_configs:\n- job_name: a\n  static_configs:\n  - targets: ['a:1']\n"

    kept = await owner.put(of(world, "/scrape-config"), json={"source": source})
    wrong = await owner.put(of(world, "/scrape-config"), json={"source": source + "nonsense: 1\n"})

    assert (kept.status_code, wrong.status_code) == (200, 400)
    assert wrong.json()["error"]["line"] == 6
    assert (await owner.get(of(world, "/scrape-config"))).json()["source"] == source


async def test_a_channel_is_made_tried_out_and_deleted(
    world: World, owner: httpx.AsyncClient
) -> None:
    body = {"kind": "webhook", "name": "Ops", "options": {"url": "http://127.0.0.1:9/hook"}}
    made = await owner.post(of(world, "/channels"), json=body)
    path = of(world, f"/channels/{made.json()['id']}")

    tried = (await owner.post(f"{path}/test")).json()
    off = (await owner.patch(path, json={"enabled": False})).json()
    gone = await owner.delete(path)

    assert made.status_code == 201
    assert (tried["ok"], tried["status"]) == (False, None)
    assert tried["detail"]
    assert (off["enabled"], gone.json()) == (False, {"ok": True})
    assert (await owner.get(of(world, "/channels"))).json()["channels"] == []


async def test_home_says_what_is_measured_and_what_is_not(
    world: World, owner: httpx.AsyncClient
) -> None:
    up(world, 1, minutes=60)

    home = (await owner.get(of(world, "/home"))).json()

    charts = {chart["key"]: chart for chart in home["charts"]}
    assert charts["targets"]["value"] == 1
    assert charts["targets"]["change"] is None
    assert len(charts["targets"]["series"]["times_ms"]) == len(
        charts["targets"]["series"]["values"]
    )
    assert charts["targets"]["series"]["values"][0] is None
    assert charts["cpu"]["series"] is None
    assert charts["cpu"]["empty_hint"]
    assert home["setup_done"] == {
        "account": True, "project": True, "first_record": False, "rules": False, "channel": False,
    }  # fmt: skip


def requests(world: World, job: str, per_s: float, *, status: str, until_minutes: int = 0) -> None:
    """A counter every 15 s of the last hour, up to so many minutes ago."""
    now_ms = world.clock()
    labels = labels_of({"__name__": "http_requests_total", "job": job, "status": status})
    times = range(now_ms - 60 * MINUTE_MS, now_ms - until_minutes * MINUTE_MS + 1, 15 * SECOND_MS)
    world.source.append(labels, [(at_ms, 15 * per_s * i) for i, at_ms in enumerate(times)])


async def test_home_lists_services_with_the_one_that_fails_most_first(
    world: World, owner: httpx.AsyncClient
) -> None:
    requests(world, "web", 8.0, status="200")
    requests(world, "pay", 3.0, status="200")
    requests(world, "pay", 1.0, status="500")
    requests(world, 'se"arch', 2.0, status="200", until_minutes=20)

    home = (await owner.get(of(world, "/home"), params={"back_ms": 30 * MINUTE_MS})).json()

    services = {each["name"]: each for each in home["services"]}
    assert list(services) == ["pay", "web", 'se"arch']
    assert services["pay"]["requests"] == pytest.approx(4)
    assert services["pay"]["error_ratio"] == pytest.approx(0.25)
    assert services["web"]["error_ratio"] == 0
    assert services['se"arch']["requests"] is None
    ages_ms = {name: world.clock() - each["last_ms"] for name, each in services.items()}
    assert ages_ms["web"] == 0
    # Rates look five minutes back; a step of the sparkline is 7.5 minutes long.
    assert 10 * MINUTE_MS < ages_ms['se"arch'] <= 23 * MINUTE_MS
    assert services['se"arch']["query"] == (
        r'sum by (status, code, status_code) (rate(http_requests_total{job="se\"arch"}[5m]))'
    )
    charts = {chart["key"]: chart for chart in home["charts"]}
    assert charts["error_rate"]["value"] == pytest.approx(1 / 12)
    assert charts["requests"]["before"][-1] == pytest.approx(14)


async def test_home_compares_nothing_unless_it_is_asked_to(
    world: World, owner: httpx.AsyncClient
) -> None:
    requests(world, "web", 8.0, status="200")

    home = (await owner.get(of(world, "/home"))).json()

    assert {chart["before"] is None for chart in home["charts"]} == {True}
    assert home["last_alert_ms"] is None


async def test_data_health_shows_what_the_processes_said_of_themselves(
    world: World, owner: httpx.AsyncClient
) -> None:
    now_ms = world.clock()

    def tell(name: str, value: float, **labels: str) -> None:
        series = labels_of({"__name__": name, "job": "watchkeeper", **labels})
        world.source.append(series, [(now_ms - SECOND_MS, value)])

    tell("watchkeeper_ingest_accepted_total", 7, kind="samples", instance="edge")
    tell("watchkeeper_ingest_accepted_total", 3, kind="samples", instance="engine")
    tell("watchkeeper_ingest_dropped_total", 2, reason="too_old", instance="edge")
    tell("watchkeeper_ingest_dropped_total", 0, reason="malformed", instance="edge")
    tell("process_resident_memory_bytes", 1024, instance="engine")
    tell("watchkeeper_engine_restarts_total", 4, instance="edge")
    await owner.post(of(world, "/test-error"))

    body = (await owner.get("/api/wk/orgs/acme/data-health")).json()

    assert body["accepted"] == [{"signal": "samples", "records": 10, "per_s": 0.0}]
    assert body["drops"] == [{"reason": "too_old", "count": 2}]
    assert body["processes"] == [
        {"name": "engine", "rss_bytes": 1024, "restarts": 4, "started_ms": None}
    ]
    assert body["spool"]["depth_bytes"] > 0
    assert "errors" in {each["table"] for each in body["stores"]}


@pytest.mark.parametrize("path", ["/issues", "/home", "/alert-history"])
async def test_a_range_that_ends_before_it_starts_is_refused(
    world: World, owner: httpx.AsyncClient, path: str
) -> None:
    answer = await owner.get(of(world, f"{path}?from=20&to=10"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
