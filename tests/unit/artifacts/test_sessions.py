"""How releases do by their sessions: each counts once, as its latest state says."""

from __future__ import annotations

import pytest

from tests.fakes.house import SCOPE, House
from tests.fakes.sessions import session, sessions_payload
from tests.unit.artifacts.conftest import Works
from watchkeeper.artifacts import Release, ReleaseQuery, Releases, SessionHealth, UnreadReleases
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.model import Kind, Role, Scope, TimeRange

RIVAL = Scope(org_id=1, project_ids=(2,), role=Role.OWNER)


@pytest.fixture
def house(works: Works) -> House:
    return works.house


def health_of(house: House) -> SessionHealth:
    return SessionHealth(house.columns, house.meta, house.clock)


def receive(house: House, *rows: object) -> None:
    house.receive([sessions_payload(*rows)], Kind.SESSIONS)  # type: ignore[arg-type]
    house.digest().run_once()


def day(house: House) -> TimeRange:
    return TimeRange(house.clock() - DAY_MS, house.clock() + 1)


def test_a_session_counts_once_as_its_latest_state_says(house: House) -> None:
    at = house.clock() - HOUR_MS
    receive(house, session(1, ts=at, seq=1, user="id:1"), session(2, ts=at, seq=1, user="id:2"))
    receive(house, session(1, ts=at, seq=2, status="ok", errored=1, user="id:1"))
    receive(house, session(1, ts=at, seq=3, status="crashed", user="id:1"))
    receive(house, session(1, ts=at, seq=2, status="exited", user="id:1"))  # late

    health = health_of(house).of_releases(SCOPE, ["shop@1"], day(house))["shop@1"]

    assert (health.sessions, health.healthy, health.errored, health.crashed) == (2, 1, 0, 1)
    assert (health.users, health.crashed_users) == (2, 1)
    assert health.crash_free_sessions_ratio == health.crash_free_users_ratio == 0.5


def test_sums_count_with_single_sessions_and_people_are_told_apart(house: House) -> None:
    at = house.clock() - HOUR_MS
    receive(
        house,
        session(1, ts=at, sessions=97, errored=5, crashed=2),
        session(2, ts=at, status="abnormal", user="id:1"),
        session(3, ts=at, status="crashed", user="id:1"),
        session(4, ts=at, status="exited", user="id:2"),
    )

    health = health_of(house).of_releases(SCOPE, ["shop@1"], day(house))["shop@1"]

    assert (health.sessions, health.healthy, health.errored) == (100, 91, 5)
    assert (health.abnormal, health.crashed) == (1, 3)
    assert health.crash_free_sessions_ratio == 0.97
    assert (health.users, health.crash_free_users_ratio) == (2, 0.5)


def test_sessions_without_people_have_no_rate_of_people(house: House) -> None:
    receive(house, session(1, ts=house.clock() - HOUR_MS, sessions=10, crashed=1))

    health = health_of(house).of_releases(SCOPE, ["shop@1", "shop@2"], day(house))

    assert list(health) == ["shop@1"]
    assert health["shop@1"].crash_free_users_ratio is None


def test_adoption_is_the_share_of_the_last_day_in_the_environment(house: House) -> None:
    now = house.clock()
    receive(
        house,
        session(1, ts=now - HOUR_MS, sessions=30, crashed=0),
        session(2, ts=now - HOUR_MS, sessions=60, crashed=0, release="shop@0"),
        session(3, ts=now - HOUR_MS, sessions=10, crashed=0, release="shop@0", environment="dev"),
        session(4, ts=now - 2 * DAY_MS, sessions=500, crashed=0),
    )
    span = TimeRange(now - 7 * DAY_MS, now + 1)
    read = health_of(house)

    everywhere = read.of_releases(SCOPE, ["shop@1", "shop@0"], span)
    production = read.of_releases(SCOPE, ["shop@1"], span, "production")

    assert everywhere["shop@1"].adoption_ratio == 0.3
    assert everywhere["shop@0"].adoption_ratio == 0.7
    assert production["shop@1"].adoption_ratio == pytest.approx(1 / 3)
    assert production["shop@1"].sessions == 530


def test_a_release_over_time_has_gaps_and_the_release_before(house: House) -> None:
    house.clock.now_ms = house.clock.now_ms // HOUR_MS * HOUR_MS
    now = house.clock()
    receive(house, session(9, ts=now - 5 * HOUR_MS, sessions=50, crashed=5, release="shop@0"))
    UnreadReleases(house.columns, house.meta, house.clock).run_once()
    house.clock.forward(MINUTE_MS)
    receive(
        house,
        session(1, ts=now - 4 * HOUR_MS, sessions=8, crashed=2),
        session(2, ts=now - HOUR_MS, status="exited", environment="dev"),
        session(3, ts=now - HOUR_MS, sessions=5, crashed=0, release="other@3"),
    )
    UnreadReleases(house.columns, house.meta, house.clock).run_once()

    page = health_of(house).page(SCOPE, "shop@1", TimeRange(now - 7 * HOUR_MS, now))

    assert page.line.step_ms == HOUR_MS
    assert page.total is not None
    assert [
        (one.start_ms, one.health.sessions, one.health.crashed) for one in page.line.points
    ] == [
        (now - 4 * HOUR_MS, 8, 2),
        (now - HOUR_MS, 1, 0),
    ]
    assert {name: one.sessions for name, one in page.environments.items()} == {
        "production": 8,
        "dev": 1,
    }
    assert page.environments["dev"].adoption_ratio == 1
    assert page.before == "shop@0"
    assert page.before_total is not None
    assert page.before_total.crash_free_sessions_ratio == 0.9


def test_the_release_before_is_of_the_lower_version_however_late_it_came(house: House) -> None:
    at = house.clock() - HOUR_MS
    for release in ("shop@1.10.0", "shop@1.9.0", "shop@2.0.0", "shop@1.2.0", "f00ba7", "c0ffee"):
        receive(house, session(hash(release) % 999, ts=at, release=release))
        UnreadReleases(house.columns, house.meta, house.clock).run_once()
        house.clock.forward(MINUTE_MS)

    before = {
        version: health_of(house).page(SCOPE, version, day(house)).before
        for version in ("shop@1.10.0", "shop@2.0.0", "shop@1.2.0", "c0ffee", "f00ba7", "unknown")
    }

    assert before == {
        "shop@1.10.0": "shop@1.9.0",
        "shop@2.0.0": "shop@1.10.0",
        "shop@1.2.0": "",
        "c0ffee": "f00ba7",
        "f00ba7": "",
        "unknown": "",
    }


@pytest.mark.parametrize(
    ("length_ms", "step_ms"),
    [(HOUR_MS, 5 * MINUTE_MS), (DAY_MS, HOUR_MS), (30 * DAY_MS, DAY_MS)],
)
def test_slots_are_as_long_as_the_range_asks_for(
    house: House, length_ms: int, step_ms: int
) -> None:
    now = house.clock()

    page = health_of(house).page(SCOPE, "shop@1", TimeRange(now - length_ms, now))

    assert page.line.step_ms == step_ms
    assert (page.total, page.before, list(page.line.points)) == (None, "", [])


def test_sessions_make_releases_that_are_listed_with_their_health(house: House) -> None:
    releases = Releases(house.meta, house.columns, house.clock, health=health_of(house))
    at = house.clock() - HOUR_MS
    receive(house, session(1, ts=at, sessions=4, crashed=1, environment="staging"))
    UnreadReleases(house.columns, house.meta, house.clock).run_once()

    def listed(scope: Scope, environment: str) -> list[Release]:
        query = ReleaseQuery(range=day(house), environment=environment)
        return releases.page(scope, query)[0]

    (release,) = listed(SCOPE, "staging")
    assert release.version == "shop@1"
    assert release.health is not None
    assert release.health.crash_free_sessions_ratio == 0.75
    assert listed(SCOPE, "production") == []
    assert listed(RIVAL, "") == []
    assert health_of(house).of_releases(RIVAL, ["shop@1"], day(house)) == {}
