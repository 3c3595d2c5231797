"""/api/health: what makes it unhealthy, and what does not."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
from starlette.applications import Starlette

from tests.fakes.clock import HandClock
from tests.unit.api.conftest import World
from watchkeeper.api.health import Health, HealthChecks, Unhealthy

Check = Callable[[], None]


def well() -> None:
    pass


def ill() -> None:
    raise Unhealthy("The disk is full.")


def buggy() -> None:
    raise RuntimeError("a planted secret")


def health(
    clock: HandClock, quick: dict[str, Check], slow: dict[str, Check] | None = None
) -> Health:
    return Health(
        HealthChecks(quick=quick, slow=slow or {}),
        clock=clock, version="1.2.3", environment="test", check_within_s=0.2,
    )  # fmt: skip


async def get(subject: Health, path: str = "/api/health") -> httpx.Response:
    transport = httpx.ASGITransport(app=Starlette(routes=subject.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://wk") as client:
        return await client.get(path)


async def test_all_is_well() -> None:
    answer = await get(health(HandClock(), {"meta": well}))

    body = answer.json()
    assert answer.status_code == 200
    assert body["checks"]["meta"].pop("response_time_ms") >= 0
    assert body == {
        "status": "healthy",
        "timestamp": "2026-11-21T01:20:00+00:00",
        "version": "1.2.3",
        "environment": "test",
        "checks": {"meta": {"status": "healthy", "error": ""}},
    }


async def test_one_failed_check_makes_the_whole_unhealthy_and_says_why() -> None:
    answer = await get(health(HandClock(), {"meta": well, "disk": ill}))

    assert answer.status_code == 503
    assert answer.json()["status"] == "unhealthy"
    assert answer.json()["checks"]["disk"]["error"] == "The disk is full."


async def test_a_check_that_crashes_shows_nothing_of_itself() -> None:
    answer = await get(health(HandClock(), {"meta": buggy}))

    assert answer.status_code == 503
    assert "planted" not in answer.text


async def test_a_check_that_hangs_is_not_waited_for() -> None:
    let_go = threading.Event()

    def hang() -> None:
        let_go.wait(10)

    answer = await get(health(HandClock(), {"columns": hang}))

    let_go.set()
    assert answer.json()["checks"]["columns"]["error"] == "No answer within 0.2 s."


async def test_slow_checks_run_when_asked_and_never_fail_the_whole() -> None:
    subject = health(HandClock(), {"meta": well}, {"channels": ill})

    short, full = await get(subject), await get(subject, "/api/health?full=true")

    assert "channels" not in short.json()["checks"]
    assert full.json()["checks"]["channels"]["status"] == "unhealthy"
    assert (full.status_code, full.json()["status"]) == (200, "healthy")


async def test_asking_often_asks_the_stores_once_a_second() -> None:
    clock = HandClock()
    asked = []
    subject = health(clock, {"meta": lambda: asked.append(1)})

    await get(subject)
    clock.forward(999)
    await get(subject)
    clock.forward(1)
    await get(subject)

    assert len(asked) == 2


async def test_a_real_server_is_healthy(world: World, anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/api/health?full=true")

    checks = answer.json()["checks"]
    assert answer.status_code == 200
    assert set(checks) == {"columns", "meta", "spool", "digest", "disk", "targets", "channels"}
    assert all(check["status"] == "healthy" for check in checks.values())
