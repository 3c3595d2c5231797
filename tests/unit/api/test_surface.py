"""Reserved addresses, own metrics, the Prometheus API beside the rest, live streams."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from tests.fakes.clock import HandClock
from tests.unit.api.conftest import World
from watchkeeper.api.reserved import FOREIGN, RESERVED
from watchkeeper.api.wk.live import LONGEST_MS, live_text
from watchkeeper.lib.live import LiveHub
from watchkeeper.model import LiveEvent, LiveTopic


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("prefix", RESERVED)
async def test_a_reserved_address_says_that_it_is_not_built(
    anybody: httpx.AsyncClient, prefix: str, method: str
) -> None:
    for path in (prefix, f"{prefix}/below/it", f"/p/3{prefix}"):
        answer = await anybody.request(method, path)

        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_built"


@pytest.mark.parametrize("path", FOREIGN)
async def test_an_address_of_a_protocol_that_is_not_spoken_says_what_to_do(
    anybody: httpx.AsyncClient, path: str
) -> None:
    answer = await anybody.post(path, content=b"[]")

    assert answer.status_code == 404
    assert answer.json()["error"] == {"code": "not_built", "message": FOREIGN[path]}


async def test_an_unknown_address_is_a_404_with_the_same_body(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/api/wk/nothing")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("127.0.0.1", 200), ("::1", 200), ("203.0.113.9", 401),
        ("127.0.0.1, 203.0.113.9", 401), ("", 401), ("nonsense", 401),
    ],
)  # fmt: skip
async def test_own_metrics_want_a_token_off_this_machine(
    anybody: httpx.AsyncClient, forwarded: str, status: int
) -> None:
    answer = await anybody.get("/metrics", headers={"X-Forwarded-For": forwarded})

    assert answer.status_code == status


async def test_own_metrics_are_prometheus_text(owner: httpx.AsyncClient) -> None:
    await owner.get("/api/wk/session")

    answer = await owner.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "watchkeeper_build_info" in answer.text
    assert 'route="/api/wk/session"' in answer.text


async def test_the_prometheus_api_takes_the_same_credentials(
    world: World, owner: httpx.AsyncClient, rival: httpx.AsyncClient, anybody: httpx.AsyncClient
) -> None:
    path = f"/p/{world.acme.project_id}/api/v1/query?query=1"

    statuses = [(await each.get(path)).status_code for each in (owner, rival, anybody)]

    assert statuses == [200, 404, 401]


async def test_a_stream_tells_what_happens_and_ends_after_an_hour() -> None:
    clock = HandClock()
    hub = LiveHub(clock)
    stream = live_text(hub, 1, clock)
    assert await anext(stream) == "retry: 2000\n: connected\n\n"

    hub.publish(LiveEvent(1, LiveTopic.ISSUES, {"issue": "WEB-1"}))
    text = await anext(stream)

    head, data, _, _ = text.split("\n")
    assert head == "event: issues"
    assert json.loads(data.removeprefix("data: ")) == {"issue": "WEB-1", "merged": 1}
    clock.forward(LONGEST_MS)
    hub.publish(LiveEvent(1, LiveTopic.ALERTS, {}))
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert hub.open_streams() == 0


async def test_a_silent_stream_pings() -> None:
    stream = live_text(LiveHub(HandClock()), 1, HandClock(), ping_s=0)
    await anext(stream)

    assert await anext(stream) == ": ping\n\n"
    await stream.aclose()  # type: ignore[attr-defined]


async def test_a_stream_stops_when_its_reader_goes(world: World) -> None:
    gone = asyncio.Event()
    received: list[str] = []
    sent: list[dict[str, object]] = []
    token = world.token_of(world.acme)
    path = f"/api/wk/projects/{world.acme.project_id}/live"
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("wk", 80),
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        if not received:
            received.append("request")
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)
        if message.get("body"):
            gone.set()

    await asyncio.wait_for(world.app(scope, receive, send), 10)  # type: ignore[arg-type]

    assert sent[0]["status"] == 200
    assert world.rooms.live.open_streams() == 0
