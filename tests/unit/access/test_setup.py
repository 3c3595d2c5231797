from __future__ import annotations

import pytest

from tests.unit.access.world import PASSWORD, World
from watchkeeper.access import BUILT_IN_PROJECT_ID, KeyKind, KeyRing
from watchkeeper.lib.errors import Invalid, Unauthorized
from watchkeeper.model import Role


def test_setup_gives_a_working_project(world: World) -> None:
    made = world.setup()

    ring = KeyRing(world.meta, world.clock)
    public, server = ring.lookup(made.public_key), ring.lookup(made.server_key)
    assert made.project_id == 1
    assert (made.org_slug, made.project_slug) == ("acme", "web")
    assert public is not None
    assert server is not None
    assert (public.kind, public.project_id) == (KeyKind.PUBLIC, 1)
    assert (server.kind, server.project_id) == (KeyKind.SERVER, 1)
    assert world.access.bearer(made.api_token) is not None


def test_the_same_setup_again_gives_the_same(world: World) -> None:
    assert world.setup() == world.setup()


def test_the_same_setup_again_adds_nothing_to_the_audit_log(world: World) -> None:
    world.setup()
    before = world.actions(), world.actions(None)

    world.setup()

    assert (world.actions(), world.actions(None)) == before


def test_the_token_that_setup_prints_is_for_its_project_only(world: World) -> None:
    made = world.setup()
    world.setup(project="Api")

    caller = world.access.bearer(made.api_token)

    assert caller is not None
    assert caller.scope().project_ids == (made.project_id,)
    assert caller.scope().role is Role.ADMIN
    assert not caller.is_platform_admin


def test_two_projects_have_keys_and_tokens_of_their_own(world: World) -> None:
    web, api = world.setup(), world.setup(project="Api")

    assert (web.project_id, api.project_id) == (1, 2)
    assert web.org_id == api.org_id
    assert len({web.public_key, web.server_key, api.public_key, api.server_key}) == 4
    assert web.api_token != api.api_token


def test_setup_does_not_touch_the_password_of_a_known_person(world: World) -> None:
    made = world.setup()

    world.access.setup(
        email="owner@acme.test", password="another password", org="Acme", project="Web"
    )

    assert world.sign_in("owner@acme.test").user_id == made.user_id
    with pytest.raises(Unauthorized):
        world.access.login("owner@acme.test", "another password", ip="192.0.2.1")


def test_the_first_person_runs_the_server_and_the_second_does_not(world: World) -> None:
    world.setup()
    world.setup(org="Other")

    assert world.sign_in("owner@acme.test").is_platform_admin
    assert not world.sign_in("owner@other.test").is_platform_admin


def test_a_setup_token_that_was_revoked_is_replaced(world: World) -> None:
    made = world.setup()
    operator = world.access.operator()
    [token] = world.access.tokens(operator, "acme")
    world.access.revoke_token(operator, "acme", token.id)

    again = world.setup()

    assert again.api_token != made.api_token
    assert world.access.bearer(made.api_token) is None
    assert world.access.bearer(again.api_token) is not None
    assert world.setup().api_token == again.api_token


def test_a_key_that_was_rotated_is_printed_as_it_is_now(world: World) -> None:
    made = world.setup()
    operator = world.access.operator()
    key = next(k for k in world.access.keys(operator, 1) if k.key == made.public_key)

    rotated = world.access.rotate_key(operator, 1, key.id)

    assert world.setup().public_key == rotated.key != made.public_key


def test_when_every_key_is_off_setup_makes_one(world: World) -> None:
    made = world.setup()
    operator = world.access.operator()
    for key in world.access.keys(operator, 1):
        world.access.update_key(operator, 1, key.id, enabled=False)

    again = world.setup()

    assert not {again.public_key, again.server_key} & {made.public_key, made.server_key}


def test_a_short_password_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(Invalid, match="at least 10 characters"):
        world.access.setup(email="a@acme.test", password="short", org="Acme", project="Web")

    assert world.access.needs_first_run()
    assert world.access.operator().memberships == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "nobody"), ("org", "  "), ("org", "Watchkeeper"), ("project", ""),
     ("timezone", "Mars/Olympus")],
)  # fmt: skip
def test_a_wrong_input_is_refused(world: World, field: str, value: str) -> None:
    inputs = {"email": "a@acme.test", "password": PASSWORD, "org": "Acme", "project": "Web"}

    with pytest.raises(Invalid):
        world.access.setup(**{**inputs, field: value})


def test_the_server_s_own_project_takes_no_number_that_people_see(world: World) -> None:
    own = world.access.ensure_built_in()

    assert own == world.access.ensure_built_in()
    assert (own.id, own.slug, own.built_in) == (BUILT_IN_PROJECT_ID, "watchkeeper", True)
    assert world.setup().project_id == 1


def test_only_a_platform_admin_sees_the_server_s_own_project(world: World) -> None:
    world.access.ensure_built_in()
    world.setup()
    world.setup(org="Other")

    admin, owner = world.sign_in("owner@acme.test"), world.sign_in("owner@other.test")

    assert [o.slug for o in world.access.organisations(owner)] == ["other"]
    assert {o.slug for o in world.access.organisations(admin)} == {"acme", "other", "watchkeeper"}
