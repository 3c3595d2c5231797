from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.unit.access.world import World
from watchkeeper.access import IngestKey, KeyKind, KeyRing, Principal
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Role
from watchkeeper.store.meta import MetaFailed


@pytest.fixture
def owner(world: World) -> Principal:
    world.setup()
    return world.sign_in("owner@acme.test")


@pytest.fixture
def ring(world: World, owner: Principal) -> KeyRing:
    return KeyRing(world.meta, world.clock)


def test_a_project_begins_with_one_key_of_each_kind(world: World, owner: Principal) -> None:
    keys = world.access.keys(owner, 1)

    assert [key.kind for key in keys] == [KeyKind.PUBLIC, KeyKind.SERVER]
    for key in keys:
        assert len(bytes.fromhex(key.key)) == 16
        assert key.enabled


def test_a_new_key_is_known_at_its_first_use(world: World, owner: Principal, ring: KeyRing) -> None:
    key = world.access.create_key(owner, 1, kind=KeyKind.SERVER, label="ci")

    assert ring.lookup(key.key) == IngestKey(
        id=key.id, project_id=1, org_id=1, kind=KeyKind.SERVER, enabled=True
    )


def test_unknown_keys_have_the_store_looked_at_ten_times_a_second_at_most(
    world: World, owner: Principal, ring: KeyRing
) -> None:
    ring.lookup("0" * 32)
    key = world.access.create_key(owner, 1, kind=KeyKind.SERVER, label="ci")
    assert ring.lookup(key.key) is None

    world.clock.forward(100)

    assert ring.lookup(key.key) is not None


def test_a_refresh_without_a_change_reads_nothing_anew(ring: KeyRing) -> None:
    assert not ring.refresh_if_changed()


def test_a_key_that_is_off_is_known_to_be_off(
    world: World, owner: Principal, ring: KeyRing
) -> None:
    key = world.access.keys(owner, 1)[0]

    world.access.update_key(owner, 1, key.id, enabled=False)
    ring.refresh_if_changed()
    off = ring.lookup(key.key)
    world.access.update_key(owner, 1, key.id, enabled=True)
    ring.refresh_if_changed()
    on = ring.lookup(key.key)

    assert off is not None
    assert not off.enabled
    assert on is not None
    assert on.enabled


def test_a_rotated_key_is_unknown_under_its_old_digits(
    world: World, owner: Principal, ring: KeyRing
) -> None:
    old = world.access.keys(owner, 1)[0]

    new = world.access.rotate_key(owner, 1, old.id)
    ring.refresh_if_changed()

    assert new.id == old.id
    assert ring.lookup(old.key) is None
    found = ring.lookup(new.key)
    assert found is not None
    assert found.id == old.id


def test_an_unknown_key_is_none(ring: KeyRing) -> None:
    assert ring.lookup("0" * 32) is None
    assert ring.lookup("") is None


def test_use_is_noted_when_the_ring_is_flushed(
    world: World, owner: Principal, ring: KeyRing
) -> None:
    public, server = world.access.keys(owner, 1)

    ring.touch(public.id)
    world.clock.forward(1_000)
    ring.touch(public.id)

    assert world.access.keys(owner, 1)[0].last_used_ms is None
    assert ring.flush_touched() == 1
    assert ring.flush_touched() == 0
    used = [key.last_used_ms for key in world.access.keys(owner, 1)]
    assert used == [world.clock(), None]
    assert not ring.refresh_if_changed()
    assert server.last_used_ms is None


def test_use_that_could_not_be_written_waits_for_the_next_flush(
    world: World, owner: Principal, ring: KeyRing
) -> None:
    key = world.access.keys(owner, 1)[0]
    ring.touch(key.id)
    rename_table(world, "ingest_keys", "elsewhere")

    with pytest.raises(MetaFailed):
        ring.flush_touched()
    rename_table(world, "elsewhere", "ingest_keys")

    assert ring.flush_touched() == 1
    assert world.access.keys(owner, 1)[0].last_used_ms == world.clock()


def rename_table(world: World, name: str, other: str) -> None:
    with world.meta.write() as conn:
        conn.execute(text(f"ALTER TABLE {name} RENAME TO {other}"))


def test_origins_are_kept_in_one_form(world: World, owner: Principal) -> None:
    key = world.access.keys(owner, 1)[0]

    changed = world.access.update_key(
        owner, 1, key.id, allowed_origins=["https://App.Example.com/", "http://localhost:3000"]
    )

    assert changed.allowed_origins == ("https://app.example.com", "http://localhost:3000")


def test_a_server_key_takes_no_origins(world: World, owner: Principal) -> None:
    server = world.access.keys(owner, 1)[1]

    with pytest.raises(Invalid, match="public"):
        world.access.update_key(owner, 1, server.id, allowed_origins=["https://example.com"])


def key_for(*origins: str) -> IngestKey:
    return IngestKey(
        id=1, project_id=1, org_id=1, kind=KeyKind.PUBLIC, enabled=True, allowed_origins=origins
    )


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        ((), "https://anywhere.test", True),
        (("https://a.test",), None, True),
        (("https://a.test",), "https://a.test", True),
        (("https://a.test",), "HTTPS://A.test", True),
        (("https://a.test",), "http://a.test", False),
        (("https://a.test",), "https://a.test.evil.test", False),
        (("https://a.test",), "null", False),
        (("https://*.a.test",), "https://www.a.test", True),
        (("https://*.a.test",), "https://a.test", False),
        (("https://*.a.test",), "https://evila.test", False),
        (("https://*.a.test",), "http://www.a.test", False),
        (("https://a.test", "https://b.test"), "https://b.test", True),
    ],
)
def test_a_public_key_may_be_used_from_its_origins(
    allowed: tuple[str, ...], origin: str | None, expected: bool
) -> None:
    assert key_for(*allowed).allows_origin(origin) is expected


def test_roles_bound_what_may_be_done_with_keys(world: World, owner: Principal) -> None:
    viewer, member = world.member(Role.VIEWER), world.member(Role.MEMBER)
    key = world.access.keys(owner, 1)[0]

    assert len(world.access.keys(member, 1)) == 2
    with pytest.raises(Forbidden):
        world.access.keys(viewer, 1)
    with pytest.raises(Forbidden):
        world.access.create_key(member, 1, kind=KeyKind.PUBLIC, label="x")
    with pytest.raises(Forbidden):
        world.access.update_key(member, 1, key.id, enabled=False)
    with pytest.raises(Forbidden):
        world.access.rotate_key(member, 1, key.id)


def test_a_key_is_found_in_its_own_project_only(world: World, owner: Principal) -> None:
    api = world.setup(project="Api")
    caller = world.sign_in(owner.email)
    key = world.access.keys(caller, 1)[0]

    with pytest.raises(NotFound):
        world.access.rotate_key(caller, api.project_id, key.id)
    with pytest.raises(NotFound):
        world.access.update_key(caller, api.project_id, key.id, enabled=False)


def test_each_change_of_a_key_is_on_record(world: World, owner: Principal) -> None:
    key = world.access.create_key(owner, 1, kind=KeyKind.PUBLIC, label="shop")
    world.access.update_key(owner, 1, key.id, label="store")
    world.access.update_key(owner, 1, key.id)
    world.access.rotate_key(owner, 1, key.id)

    assert world.actions()[-3:] == ["key.created", "key.changed", "key.rotated"]
    page = world.access.audit_entries(owner, "acme")
    assert {entry.actor for entry in page.entries[:3]} == {owner.email}
    assert key.key not in str(page)
