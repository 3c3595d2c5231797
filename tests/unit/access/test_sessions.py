from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.unit.access.world import PASSWORD, World
from watchkeeper.access import Access, AccessOptions
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.lib.errors import RateLimited, Unauthorized
from watchkeeper.limits import Limiter, LoginLimits
from watchkeeper.store.cache.memory import MemoryCache
from watchkeeper.store.meta import tables

OWNER = "owner@acme.test"
IP = "192.0.2.1"


@pytest.fixture
def signed_up(world: World) -> World:
    world.setup()
    return world


def fail(world: World, *, email: str = OWNER, ip: str = IP) -> None:
    with pytest.raises(Unauthorized):
        world.access.login(email, "a wrong password", ip=ip)


def test_the_right_password_opens_a_session(signed_up: World) -> None:
    grant = signed_up.access.login(" Owner@ACME.test ", PASSWORD, ip=IP)

    caller = signed_up.access.session(grant.token)

    assert caller is not None
    assert (caller.email, caller.csrf_token) == (OWNER, grant.csrf_token)
    assert caller.scope().project_id == 1


def test_every_refusal_sounds_the_same(signed_up: World) -> None:
    said = set()
    for email in (OWNER, "nobody@acme.test", "no address", ""):
        with pytest.raises(Unauthorized) as caught:
            signed_up.access.login(email, "a wrong password", ip=IP)
        said.add(str(caught.value))

    assert len(said) == 1


def test_the_sixth_failure_in_five_minutes_is_made_to_wait(signed_up: World) -> None:
    signed_up.clock.now_ms = 0
    for _ in range(5):
        fail(signed_up)

    with pytest.raises(RateLimited) as caught:
        signed_up.access.login(OWNER, PASSWORD, ip=IP)

    assert caught.value.retry_after_s == 300
    signed_up.clock.forward(5 * MINUTE_MS)
    signed_up.access.login(OWNER, PASSWORD, ip=IP)


def test_failures_elsewhere_do_not_shut_a_person_out(signed_up: World) -> None:
    for _ in range(5):
        fail(signed_up, ip="198.51.100.7")

    signed_up.access.login(OWNER, PASSWORD, ip=IP)


def test_a_login_that_succeeds_forgets_the_failures_before(signed_up: World) -> None:
    for _ in range(3):
        for _ in range(4):
            fail(signed_up)
        signed_up.access.login(OWNER, PASSWORD, ip=IP)


def test_one_address_cannot_guess_at_many_people(signed_up: World) -> None:
    for n in range(50):
        fail(signed_up, email=f"person-{n}@acme.test")

    with pytest.raises(RateLimited):
        signed_up.access.login("person-51@acme.test", "a wrong password", ip=IP)


def test_many_logins_that_succeed_are_no_attack(signed_up: World) -> None:
    for _ in range(60):
        signed_up.access.login(OWNER, PASSWORD, ip=IP)

    signed_up.access.login(OWNER, PASSWORD, ip=IP)


def test_a_session_ends_when_it_is_not_used(signed_up: World) -> None:
    grant = signed_up.access.login(OWNER, PASSWORD, ip=IP)

    signed_up.clock.now_ms = grant.expires_ms
    assert signed_up.access.session(grant.token) is None


def test_a_session_that_is_used_lives_on(signed_up: World) -> None:
    grant = signed_up.access.login(OWNER, PASSWORD, ip=IP)

    for _ in range(10):
        signed_up.clock.forward(13 * DAY_MS)
        assert signed_up.access.session(grant.token) is not None


def test_a_logout_ends_the_session_on_the_server(signed_up: World) -> None:
    grant = signed_up.access.login(OWNER, PASSWORD, ip=IP)

    signed_up.access.logout(grant.token)
    signed_up.access.logout(grant.token)

    assert signed_up.access.session(grant.token) is None


def test_an_unknown_token_is_nobody(signed_up: World) -> None:
    assert signed_up.access.session("") is None
    assert signed_up.access.session("guess") is None


def test_of_a_session_only_the_hash_is_stored(signed_up: World) -> None:
    grant = signed_up.access.login(OWNER, PASSWORD, ip=IP)

    with signed_up.meta.read() as conn:
        [row] = conn.execute(select(tables.sessions)).all()

    assert grant.token not in str(row)
    assert len(row.token_hash) == 64


def test_what_expired_is_swept_at_the_next_login(signed_up: World) -> None:
    signed_up.access.login(OWNER, PASSWORD, ip=IP)
    signed_up.clock.forward(15 * DAY_MS)
    signed_up.access.login(OWNER, PASSWORD, ip=IP)

    with signed_up.meta.read() as conn:
        assert len(conn.execute(select(tables.sessions)).all()) == 1


def test_logins_and_refusals_are_on_record(signed_up: World) -> None:
    fail(signed_up)
    signed_up.access.logout(signed_up.access.login(OWNER, PASSWORD, ip=IP).token)

    last = ["session.refused", "session.opened", "session.ended"]
    assert signed_up.actions(None)[-3:] == last


def test_what_was_typed_instead_of_an_address_is_not_written_down(signed_up: World) -> None:
    fail(signed_up, email="my secret password")

    page = signed_up.access.audit_entries(signed_up.access.operator(), None)
    assert "my secret password" not in str(page)


def test_a_password_of_another_cost_is_hashed_anew_at_login(signed_up: World) -> None:
    def stored() -> str:
        with signed_up.meta.read() as conn:
            return str(conn.execute(select(tables.users.c.password_hash)).scalar_one())

    dearer = AccessOptions(
        secret_file=signed_up.options.secret_file, password_memory_kib=16, password_rounds=1
    )
    guard = LoginLimits(Limiter(MemoryCache(signed_up.clock), signed_up.clock))
    access = Access(signed_up.meta, signed_up.clock, dearer, guard=guard)
    assert "m=8," in stored()

    access.login(OWNER, PASSWORD, ip=IP)

    assert "m=16," in stored()
    signed_up.access.login(OWNER, PASSWORD, ip=IP)
