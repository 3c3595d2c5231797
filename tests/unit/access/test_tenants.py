"""No organisation learns of another: every verb of access, called across the border."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from tests.unit.access.world import PASSWORD, World
from watchkeeper.access import Access, KeyKind, Principal
from watchkeeper.lib.errors import Forbidden, NotFound
from watchkeeper.model import Role

Call = Callable[[Access, Principal, "Other"], object]


class Other:
    """What the other organisation has, and a stranger should not reach."""

    org = "other"

    def __init__(self, world: World) -> None:
        made = world.setup(org="Other")
        owner = world.sign_in("owner@other.test")
        self.project_id = made.project_id
        self.user_id = made.user_id
        self.key_id = world.access.keys(owner, made.project_id)[0].id
        self.token_id = world.access.tokens(owner, "other")[0].id
        self.owner = owner


ACROSS: dict[str, Call] = {
    "project": lambda a, me, o: a.project(me, o.project_id),
    "create_project": lambda a, me, o: a.create_project(me, o.org, name="X"),
    "update_project": lambda a, me, o: a.update_project(me, o.project_id, name="X"),
    "keys": lambda a, me, o: a.keys(me, o.project_id),
    "create_key": lambda a, me, o: a.create_key(me, o.project_id, kind=KeyKind.PUBLIC, label="x"),
    "update_key": lambda a, me, o: a.update_key(me, o.project_id, o.key_id, enabled=False),
    "rotate_key": lambda a, me, o: a.rotate_key(me, o.project_id, o.key_id),
    "members": lambda a, me, o: a.members(me, o.org),
    "add_member": lambda a, me, o: a.add_member(
        me, o.org, email="me@acme.test", role=Role.OWNER, name="Me", password=PASSWORD
    ),
    "change_role": lambda a, me, o: a.change_role(me, o.org, o.user_id, Role.VIEWER),
    "remove_member": lambda a, me, o: a.remove_member(me, o.org, o.user_id),
    "tokens": lambda a, me, o: a.tokens(me, o.org),
    "create_token": lambda a, me, o: a.create_token(me, o.org, name="x", role=Role.VIEWER),
    "revoke_token": lambda a, me, o: a.revoke_token(me, o.org, o.token_id),
    "audit_entries": lambda a, me, o: a.audit_entries(me, o.org),
    "set_password": lambda a, me, o: a.set_password(me, o.user_id, "another password"),
}
"""Verbs that name something of a tenant."""

OWN_THINGS: dict[str, Call] = {
    "update_key": lambda a, me, o: a.update_key(me, 1, o.key_id, enabled=False),
    "rotate_key": lambda a, me, o: a.rotate_key(me, 1, o.key_id),
    "change_role": lambda a, me, o: a.change_role(me, "acme", o.user_id, Role.VIEWER),
    "remove_member": lambda a, me, o: a.remove_member(me, "acme", o.user_id),
    "revoke_token": lambda a, me, o: a.revoke_token(me, "acme", o.token_id),
    "create_token": lambda a, me, o: a.create_token(
        me, "acme", name="x", role=Role.VIEWER, project_id=o.project_id
    ),
}
"""The same through one's own organisation, with a number of the other's."""

SERVER_WIDE = {"users", "create_user", "set_user_disabled", "create_org"}
OWN_ONLY = {"organisations"}


def verbs_of_a_caller() -> set[str]:
    return {
        name
        for name, verb in inspect.getmembers(Access, inspect.isfunction)
        if not name.startswith("_") and "actor" in inspect.signature(verb).parameters
    }


def test_every_verb_of_a_caller_is_tried_here() -> None:
    assert verbs_of_a_caller() == set(ACROSS) | SERVER_WIDE | OWN_ONLY


@pytest.fixture
def caller(world: World) -> Principal:
    """Owns acme, and is a stranger elsewhere."""
    world.setup(email="first@acme.test")
    return world.member(Role.OWNER, email="me@acme.test")


@pytest.fixture
def other(world: World, caller: Principal) -> Other:
    return Other(world)


@pytest.mark.parametrize("verb", ACROSS)
def test_another_organisation_s_things_are_not_found(
    world: World, caller: Principal, other: Other, verb: str
) -> None:
    with pytest.raises(NotFound):
        ACROSS[verb](world.access, caller, other)


@pytest.mark.parametrize("verb", sorted(set(ACROSS) - {"set_password"}))
def test_nor_are_they_by_an_api_token(
    world: World, caller: Principal, other: Other, verb: str
) -> None:
    grant = world.access.create_token(caller, "acme", name="x", role=Role.OWNER)
    robot = world.access.bearer(grant.plaintext)
    assert robot is not None

    with pytest.raises(NotFound):
        ACROSS[verb](world.access, robot, other)


@pytest.mark.parametrize("verb", OWN_THINGS)
def test_nor_through_one_s_own_organisation(
    world: World, caller: Principal, other: Other, verb: str
) -> None:
    with pytest.raises(NotFound):
        OWN_THINGS[verb](world.access, caller, other)


@pytest.mark.parametrize("verb", ACROSS)
def test_what_is_not_found_sounds_like_what_was_never_there(
    world: World, caller: Principal, other: Other, verb: str
) -> None:
    with pytest.raises(NotFound) as hidden:
        ACROSS[verb](world.access, caller, other)
    names = {other.org: "nowhere", str(other.project_id): "404", str(other.user_id): "404"}
    other.org, other.project_id, other.user_id = "nowhere", 404, 404

    with pytest.raises(NotFound) as absent:
        ACROSS[verb](world.access, caller, other)

    said = str(hidden.value)
    for mine, theirs in names.items():
        said = said.replace(mine, theirs)
    assert said == str(absent.value)


def test_nothing_of_it_was_changed(world: World, caller: Principal, other: Other) -> None:
    before = (
        world.access.keys(other.owner, other.project_id),
        world.access.members(other.owner, other.org),
        world.access.tokens(other.owner, other.org),
        world.access.project(other.owner, other.project_id),
    )

    for call in ACROSS.values():
        with pytest.raises(NotFound):
            call(world.access, caller, other)

    assert before == (
        world.access.keys(other.owner, other.project_id),
        world.access.members(other.owner, other.org),
        world.access.tokens(other.owner, other.org),
        world.access.project(other.owner, other.project_id),
    )


def test_scopes_never_reach_across(caller: Principal, other: Other) -> None:
    for wrong in ({"project_id": other.project_id}, {"org": other.org}):
        with pytest.raises(NotFound):
            caller.scope(**wrong)
    with pytest.raises(NotFound):
        caller.scope(1, "other")
    with pytest.raises(NotFound):
        caller.scope(other.project_id, "acme")
    assert caller.scope().project_ids == (1,)
    assert caller.scope(org="acme").project_ids == (1,)


def test_a_role_that_is_too_low_is_forbidden_not_hidden(world: World, caller: Principal) -> None:
    viewer = world.member(Role.VIEWER)

    assert viewer.scope(1).role is Role.VIEWER
    with pytest.raises(Forbidden, match="needs the role admin"):
        viewer.scope(1, at_least=Role.ADMIN)
