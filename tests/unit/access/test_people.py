from __future__ import annotations

import pytest

from tests.unit.access.world import PASSWORD, World
from watchkeeper.access import AuditEntry, Principal
from watchkeeper.lib.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from watchkeeper.model import Role

IP = "192.0.2.9"


@pytest.fixture
def owner(world: World) -> Principal:
    """Owns acme, but does not run the server."""
    world.setup(org="First")
    world.setup()
    return world.sign_in("owner@acme.test")


def test_an_admin_lets_a_new_person_in(world: World, owner: Principal) -> None:
    member = world.access.add_member(
        owner, "acme", email="New@Acme.test", role=Role.MEMBER, name="New", password=PASSWORD
    )

    assert (member.email, member.name, member.role) == ("new@acme.test", "New", Role.MEMBER)
    assert world.sign_in("new@acme.test").scope().role is Role.MEMBER


def test_a_new_person_needs_a_password(world: World, owner: Principal) -> None:
    with pytest.raises(Invalid, match="password"):
        world.access.add_member(owner, "acme", email="new@acme.test", role=Role.MEMBER)


def test_a_known_person_keeps_name_and_password(world: World, owner: Principal) -> None:
    member = world.access.add_member(
        owner, "acme", email="owner@first.test", role=Role.VIEWER, name="X", password="x" * 10
    )

    assert member.name == "owner"
    assert world.sign_in("owner@first.test").user_id == member.user_id


def test_a_member_is_added_once(world: World, owner: Principal) -> None:
    world.member(Role.MEMBER)

    with pytest.raises(Conflict, match="already"):
        world.access.add_member(owner, "acme", email="member@acme.test", role=Role.ADMIN)


def test_an_admin_neither_makes_nor_unmakes_an_owner(world: World, owner: Principal) -> None:
    admin = world.member(Role.ADMIN)
    assert admin.user_id is not None
    assert owner.user_id is not None

    with pytest.raises(Forbidden):
        world.access.change_role(admin, "acme", admin.user_id, Role.OWNER)
    with pytest.raises(Forbidden):
        world.access.change_role(admin, "acme", owner.user_id, Role.VIEWER)
    with pytest.raises(Forbidden):
        world.access.remove_member(admin, "acme", owner.user_id)
    with pytest.raises(Forbidden):
        world.access.add_member(
            admin, "acme", email="x@acme.test", role=Role.OWNER, name="X", password=PASSWORD
        )


def test_an_organisation_keeps_an_owner(world: World, owner: Principal) -> None:
    assert owner.user_id is not None

    with pytest.raises(Conflict, match="owner"):
        world.access.change_role(owner, "acme", owner.user_id, Role.ADMIN)
    with pytest.raises(Conflict, match="owner"):
        world.access.remove_member(owner, "acme", owner.user_id)

    assert [m.role for m in world.access.members(owner, "acme")] == [Role.OWNER]


def test_a_second_owner_lets_the_first_one_go(world: World, owner: Principal) -> None:
    world.member(Role.OWNER, email="second@acme.test")
    assert owner.user_id is not None

    world.access.remove_member(owner, "acme", owner.user_id)

    with pytest.raises(NotFound):
        world.sign_in(owner.email).scope(org="acme")


def test_anybody_may_leave_and_nobody_below_admin_may_remove(
    world: World, owner: Principal
) -> None:
    viewer, member = world.member(Role.VIEWER), world.member(Role.MEMBER)
    assert viewer.user_id is not None

    with pytest.raises(Forbidden):
        world.access.remove_member(member, "acme", viewer.user_id)
    world.access.remove_member(viewer, "acme", viewer.user_id)

    assert "viewer@acme.test" not in [m.email for m in world.access.members(owner, "acme")]


def test_members_below_admin_change_nothing(world: World, owner: Principal) -> None:
    member = world.member(Role.MEMBER)
    assert member.user_id is not None

    with pytest.raises(Forbidden):
        world.access.change_role(member, "acme", member.user_id, Role.MEMBER)
    with pytest.raises(Forbidden):
        world.access.add_member(member, "acme", email="x@acme.test", role=Role.VIEWER)
    with pytest.raises(Forbidden):
        world.access.create_project(member, "acme", name="X")
    with pytest.raises(Forbidden):
        world.access.update_project(member, 2, name="X")
    with pytest.raises(Forbidden):
        world.access.audit_entries(member, "acme")


def test_what_only_the_server_s_admin_may_do(world: World, owner: Principal) -> None:
    assert owner.user_id is not None

    with pytest.raises(Forbidden):
        world.access.users(owner)
    with pytest.raises(Forbidden):
        world.access.create_user(owner, email="x@acme.test", name="X", password=PASSWORD)
    with pytest.raises(Forbidden):
        world.access.set_user_disabled(owner, owner.user_id, disabled=True)
    with pytest.raises(Forbidden):
        world.access.create_org(owner, "X")
    with pytest.raises(Forbidden):
        world.access.audit_entries(owner, None)


def test_a_person_changes_their_password_with_the_current_one(
    world: World, owner: Principal
) -> None:
    assert owner.user_id is not None
    elsewhere = world.access.login(owner.email, PASSWORD, ip=IP)

    with pytest.raises(Forbidden, match="current"):
        world.access.set_password(owner, owner.user_id, "another password", current="wrong")
    world.access.set_password(owner, owner.user_id, "another password", current=PASSWORD)

    assert world.access.session(elsewhere.token) is None
    world.access.login(owner.email, "another password", ip=IP)
    with pytest.raises(Unauthorized):
        world.access.login(owner.email, PASSWORD, ip=IP)


def test_nobody_changes_the_password_of_another(world: World, owner: Principal) -> None:
    member = world.member(Role.MEMBER)
    assert member.user_id is not None

    with pytest.raises(NotFound):
        world.access.set_password(owner, member.user_id, "another password")


def test_a_new_password_must_be_long_enough(world: World, owner: Principal) -> None:
    assert owner.user_id is not None

    with pytest.raises(Invalid, match="10 characters"):
        world.access.set_password(owner, owner.user_id, "nine char", current=PASSWORD)


def test_a_disabled_person_is_out_at_once(world: World, owner: Principal) -> None:
    grant = world.access.login(owner.email, PASSWORD, ip=IP)
    admin = world.sign_in("owner@first.test")
    assert owner.user_id is not None

    world.access.set_user_disabled(admin, owner.user_id, disabled=True)

    assert world.access.session(grant.token) is None
    with pytest.raises(Unauthorized):
        world.access.login(owner.email, PASSWORD, ip=IP)


def test_an_admin_of_the_server_cannot_shut_themselves_out(world: World, owner: Principal) -> None:
    admin = world.sign_in("owner@first.test")
    assert admin.user_id is not None

    with pytest.raises(Conflict):
        world.access.set_user_disabled(admin, admin.user_id, disabled=True)


def test_an_address_is_one_user(world: World, owner: Principal) -> None:
    operator = world.access.operator()
    world.access.create_user(operator, email="x@acme.test", name="X", password=PASSWORD)

    with pytest.raises(Conflict):
        world.access.create_user(operator, email="X@ACME.test", name="X", password=PASSWORD)

    assert [u.email for u in world.access.users(operator)] == [
        "owner@acme.test", "owner@first.test", "x@acme.test"
    ]  # fmt: skip


def test_two_projects_of_one_name_have_two_addresses(world: World, owner: Principal) -> None:
    first = world.access.create_project(owner, "acme", name="Shop")
    second = world.access.create_project(owner, "acme", name="Shop", timezone="Asia/Tokyo")

    assert (first.slug, second.slug) == ("shop", "shop-2")
    assert second.id == first.id + 1


def test_a_project_is_renamed_and_keeps_its_address(world: World, owner: Principal) -> None:
    changed = world.access.update_project(owner, 2, name="Shop", timezone="Asia/Tokyo")

    assert (changed.slug, changed.name, changed.timezone) == ("web", "Shop", "Asia/Tokyo")
    assert world.access.project(owner, 2) == changed
    with pytest.raises(Invalid):
        world.access.update_project(owner, 2, timezone="Nowhere")


def test_who_makes_an_organisation_owns_it(world: World, owner: Principal) -> None:
    admin = world.sign_in("owner@first.test")

    made = world.access.create_org(admin, "Acme")

    assert made.slug == "acme-2"
    again = world.sign_in("owner@first.test")
    [only] = world.access.members(again, "acme-2")
    assert (only.email, only.role) == ("owner@first.test", Role.OWNER)


def test_the_log_is_read_page_by_page(world: World, owner: Principal) -> None:
    whole = world.access.audit_entries(owner, "acme", limit=200)

    seen: list[AuditEntry] = []
    cursor = None
    for _ in range(len(whole.entries)):
        page = world.access.audit_entries(owner, "acme", cursor=cursor, limit=2)
        seen += page.entries
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == list(whole.entries)
    assert [e.id for e in seen] == sorted((e.id for e in seen), reverse=True)
    assert len(seen) > 4


def test_each_change_of_members_is_on_record(world: World, owner: Principal) -> None:
    viewer = world.member(Role.VIEWER)
    assert viewer.user_id is not None

    world.access.change_role(owner, "acme", viewer.user_id, Role.ADMIN)
    world.access.remove_member(owner, "acme", viewer.user_id)

    assert world.actions()[-3:] == ["member.added", "member.role_changed", "member.removed"]
