"""Release health, feedback, uploads of a release and the choice of grouping, through the API."""

from __future__ import annotations

import httpx

from tests.fakes.sessions import session, sessions_payload
from tests.unit.api.conftest import World
from tests.unit.api.test_issue_routes import happens, of
from watchkeeper.artifacts import UnreadReleases
from watchkeeper.ingest import EncodedRows, EnvelopeBatch
from watchkeeper.ingest.envelope_rows import (
    CheckInRow,
    FeedbackRow,
    SessionRow,
    encode_envelope_rows,
)
from watchkeeper.issues import IssuesByEvent
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS
from watchkeeper.model import Kind
from watchkeeper.monitors import MonitorWatch


async def store(world: World, kind: Kind, payload: bytes) -> None:
    """Rows of acme's project, digested."""
    batch = EnvelopeBatch(rows=(EncodedRows(kind=kind, payload=payload, count=1),))
    await world.rooms.acceptor.accept_envelope(world.acme.project_id, batch)
    world.rooms.digest.run_once()


async def sessions(world: World, *rows: SessionRow) -> None:
    await store(world, Kind.SESSIONS, sessions_payload(*rows))
    rooms = world.rooms
    UnreadReleases(rooms.columns, rooms.meta, rooms.clock).run_once()


async def test_a_release_tells_how_its_sessions_went(
    world: World, owner: httpx.AsyncClient, rival: httpx.AsyncClient
) -> None:
    at = world.clock() - 2 * HOUR_MS
    await sessions(
        world,
        session(1, ts=at, sessions=9, crashed=0, release="web@1"),
        session(2, ts=at, status="crashed", release="web@1", user="id:1"),
    )
    span = {"from": at - 5 * HOUR_MS, "to": world.clock()}

    told = (await owner.get(of(world, "/releases/web@1/health"), params=span)).json()
    elsewhere = {"env": "dev", **{name: str(at_ms) for name, at_ms in span.items()}}
    empty = (await owner.get(of(world, "/releases/web@1/health"), params=elsewhere)).json()
    listed = (await owner.get(of(world, "/releases"), params=span)).json()["releases"]
    one = (await owner.get(of(world, "/releases/web@1"), params=span)).json()

    assert told["health"]["crash_free_sessions_ratio"] == 0.9
    assert told["health"]["crash_free_users_ratio"] == 0
    assert told["health"]["adoption_ratio"] == 1
    assert told["step_ms"] == HOUR_MS
    assert len(told["times_ms"]) == len(told["line"]["sessions"])
    assert [n for n in told["line"]["sessions"] if n is not None] == [10]
    assert told["line"]["crash_free_sessions_ratio"].count(None) == len(told["times_ms"]) - 1
    assert [each["environment"] for each in told["environments"]] == ["production"]
    assert told["before"] is None
    assert (empty["health"], set(empty["line"]["crashed"])) == (None, {None})
    assert [(r["version"], r["health"]["crashed"]) for r in listed] == [("web@1", 1)]
    assert one["health"]["sessions"] == 10
    assert (await rival.get(of(world, "/releases/web@1/health"))).status_code == 404


async def test_feedback_is_listed_for_the_project_the_issue_and_the_event(
    world: World, owner: httpx.AsyncClient, rival: httpx.AsyncClient
) -> None:
    happens(world, 1)
    row = FeedbackRow(
        ts=world.clock() - HOUR_MS, feedback_id="f" * 32, event_id=f"{1:032x}", replay_id="",
        trace_id="", name="Ada", email="", message="it broke", url="", source="", user_key="",
        environment="", release="", payload=b"{}",
    )  # fmt: skip
    await store(world, Kind.FEEDBACK, encode_envelope_rows([row]))
    (issue,) = (await owner.get(of(world, "/issues"))).json()["issues"]

    everything = (await owner.get(of(world, "/feedback"))).json()
    of_issue = await owner.get(of(world, f"/issues/{issue['short_id']}/feedback"))
    of_event = await owner.get(of(world, f"/events/{1:032x}/feedback"))

    assert everything["total"] == 1
    assert everything["feedback"][0]["short_id"] == issue["short_id"]
    assert of_issue.json() == of_event.json() == everything
    assert (await owner.get(of(world, f"/events/{2:032x}/feedback"))).json()["total"] == 0
    assert (await owner.get(of(world, "/feedback"), params={"q": "other"})).json()["total"] == 0
    assert (await rival.get(of(world, "/feedback"))).status_code == 404


async def test_jobs_are_listed_read_and_forgotten(
    world: World, owner: httpx.AsyncClient, rival: httpx.AsyncClient
) -> None:
    rooms = world.rooms
    config = b'{"schedule":{"type":"interval","value":2,"unit":"hours"},"checkin_margin":3,'
    config += b'"failure_issue_threshold":3,"recovery_threshold":2,"owner":"team:ops"}'
    row = CheckInRow(
        ts=world.clock() - HOUR_MS, check_in_id="c" * 32, monitor="nightly", status="error",
        duration_ms=1_500, environment="production", release="web@1", trace_id="", config=config,
    )  # fmt: skip
    await store(world, Kind.CHECK_INS, encode_envelope_rows([row]))
    world.clock.forward(MINUTE_MS)
    watch = MonitorWatch(
        rooms.columns,
        rooms.meta,
        rooms.acceptor,
        passed_ms=world.clock,
        issues=IssuesByEvent(rooms.meta, rooms.columns, rooms.issues.acts, actor="cron monitors"),
    )
    watch.run_once()

    (listed,) = (await owner.get(of(world, "/monitors"))).json()["monitors"]
    page = (await owner.get(of(world, "/monitors/nightly"))).json()

    assert page["monitor"] == listed
    assert (listed["schedule"], listed["margin_min"], listed["runs"]["error"]) == (
        "every 2 hours", 3, 1,
    )  # fmt: skip
    thresholds = ("failure_issue_threshold", "recovery_threshold", "owner")
    assert [listed[one] for one in thresholds] == [3, 2, "team:ops"]
    assert [one for one in listed["ok_ratios"] if one is not None] == [0]
    (place,) = listed["environments"]
    began_ms = place["next_ms"] - 2 * HOUR_MS
    assert (place["status"], place["failures"], place["last_ms"]) == ("error", 1, began_ms)
    assert [(one["status"], one["duration_ms"]) for one in page["runs"]] == [("error", 1_500)]
    assert (await rival.get(of(world, "/monitors"))).status_code == 404
    assert (await owner.delete(of(world, "/monitors/nightly"))).json() == {"ok": True}
    assert (await owner.get(of(world, "/monitors/nightly"))).status_code == 404


async def test_an_admin_chooses_how_errors_are_grouped(
    world: World, owner: httpx.AsyncClient
) -> None:
    before = (await owner.get(of(world))).json()
    after = await owner.patch(of(world), json={"grouping_version": 2})
    refused = await owner.patch(of(world), json={"grouping_version": 9})
    renamed = await owner.patch(of(world), json={"name": "Web shop"})

    assert (before["grouping_version"], after.json()["grouping_version"]) == (3, 2)
    assert refused.status_code == 400
    assert "1, 2" in refused.json()["error"]["message"]
    assert renamed.json()["grouping_version"] == 2
    trail = (await owner.get(f"/api/wk/orgs/{world.acme.org_slug}/audit")).json()
    assert {"grouping_version": 2} in [entry["facts"] for entry in trail["entries"]]


async def test_files_of_a_release_are_listed(world: World, owner: httpx.AsyncClient) -> None:
    world.rooms.uploads.add_file(
        [world.acme.project_id],
        release="web@1",
        dist="",
        url="~/app.js.map",
        content=b"{}",
        headers={},
    )

    told = (await owner.get(of(world, "/releases/web@1/artifacts"))).json()

    assert [(one["url"], one["size_bytes"]) for one in told["artifacts"]] == [("~/app.js.map", 2)]
    assert told["artifacts"][0]["uploaded_ms"] == world.clock()
    assert told["next_offset"] is None
    assert (await owner.get(of(world, "/releases/web@2/artifacts"))).json()["artifacts"] == []
