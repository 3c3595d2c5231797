from __future__ import annotations

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from tests.unit.access.world import World
from watchkeeper.access import Principal
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.lib.errors import Forbidden, Invalid
from watchkeeper.model import Role
from watchkeeper.store.meta import tables


@pytest.fixture
def owner(world: World) -> Principal:
    world.setup()
    return world.sign_in("owner@acme.test")


def unsigned(claims: dict[str, object], header: dict[str, str]) -> str:
    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}."


def test_a_signed_token_has_the_rights_of_its_person(world: World, owner: Principal) -> None:
    caller = world.access.bearer(world.access.mint_jwt(owner).token)

    assert caller is not None
    assert (caller.user_id, caller.memberships) == (owner.user_id, owner.memberships)
    assert caller.csrf_token is None


def test_a_signed_token_ends_after_a_quarter_of_an_hour(world: World, owner: Principal) -> None:
    grant = world.access.mint_jwt(owner)
    assert 14 * MINUTE_MS < grant.expires_ms - world.clock() <= 15 * MINUTE_MS

    world.clock.now_ms = grant.expires_ms - 1
    assert world.access.bearer(grant.token) is not None
    world.clock.now_ms = grant.expires_ms + 1_000
    assert world.access.bearer(grant.token) is None


def test_a_token_without_a_signature_is_nobody(world: World, owner: Principal) -> None:
    claims: dict[str, object] = {"iss": "watchkeeper", "sub": str(owner.user_id), "exp": 1 << 40}

    assert world.access.bearer(unsigned(claims, {"alg": "none"})) is None
    assert world.access.bearer(unsigned(claims, {"alg": "HS256"})) is None


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_nobody(world: World, owner: Principal, algorithm: str) -> None:
    grant = world.access.mint_jwt(owner)
    claims = json.loads(base64.urlsafe_b64decode(grant.token.split(".")[1] + "=="))
    key = OctKey.import_key(world.options.secret_file.read_bytes())

    forged = jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])

    assert world.access.bearer(forged) is None


def test_a_token_signed_by_another_key_is_nobody(world: World, owner: Principal) -> None:
    grant = world.access.mint_jwt(owner)
    claims = json.loads(base64.urlsafe_b64decode(grant.token.split(".")[1] + "=="))

    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(b"x" * 32))

    assert world.access.bearer(forged) is None


def test_a_new_password_ends_signed_tokens(world: World, owner: Principal) -> None:
    grant = world.access.mint_jwt(owner)
    assert owner.user_id is not None

    world.access.set_password(world.access.operator(), owner.user_id, "another password")

    assert world.access.bearer(grant.token) is None


def test_a_disabled_person_s_tokens_are_nobody(world: World, owner: Principal) -> None:
    admin = world.member(Role.ADMIN)
    signed = world.access.mint_jwt(admin).token
    token = world.access.create_token(admin, "acme", name="ci", role=Role.MEMBER).plaintext
    assert admin.user_id is not None

    world.access.set_user_disabled(owner, admin.user_id, disabled=True)
    assert world.access.bearer(signed) is None
    assert world.access.bearer(token) is None

    world.access.set_user_disabled(owner, admin.user_id, disabled=False)
    assert world.access.bearer(token) is not None


def test_a_token_cannot_be_turned_into_more_than_it_is(world: World, owner: Principal) -> None:
    grant = world.access.create_token(owner, "acme", name="ci", role=Role.VIEWER)
    by_token = world.access.bearer(grant.plaintext)
    by_jwt = world.access.bearer(world.access.mint_jwt(owner).token)
    assert by_token is not None
    assert by_jwt is not None

    for caller in (by_token, by_jwt, world.access.operator()):
        with pytest.raises(Forbidden):
            world.access.mint_jwt(caller)


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "wkt_", "wkt_" + "a" * 40, "x" * 10_000])
def test_what_is_no_token_is_nobody(world: World, owner: Principal, token: str) -> None:
    assert world.access.bearer(token) is None


def test_an_api_token_has_its_form_and_is_stored_as_a_hash(world: World, owner: Principal) -> None:
    grant = world.access.create_token(owner, "acme", name="ci", role=Role.MEMBER)

    assert grant.plaintext.startswith("wkt_")
    assert len(grant.plaintext) == 4 + 40
    assert grant.plaintext.startswith(grant.token.prefix)
    with world.meta.read() as conn:
        assert grant.plaintext not in str(conn.execute(select(tables.api_tokens)).all())


def test_a_token_of_an_organisation_sees_its_projects(world: World, owner: Principal) -> None:
    world.setup(project="Api")
    world.setup(org="Other")
    grant = world.access.create_token(
        world.sign_in(owner.email), "acme", name="ci", role=Role.VIEWER
    )

    caller = world.access.bearer(grant.plaintext)

    assert caller is not None
    assert caller.scope(org="acme").project_ids == (1, 2)
    with pytest.raises(Invalid, match="Name the project"):
        caller.scope()


def test_a_token_of_one_project_stands_for_it(world: World, owner: Principal) -> None:
    api = world.setup(project="Api")
    grant = world.access.create_token(
        world.sign_in(owner.email), "acme", name="ci", role=Role.ADMIN, project_id=api.project_id
    )

    caller = world.access.bearer(grant.plaintext)

    assert caller is not None
    assert caller.scope().project_id == api.project_id
    with pytest.raises(Forbidden):
        world.access.members(caller, "acme")


def test_a_token_is_over_at_its_expiry(world: World, owner: Principal) -> None:
    end_ms = world.clock() + DAY_MS
    grant = world.access.create_token(owner, "acme", name="ci", role=Role.VIEWER, expires_ms=end_ms)

    world.clock.now_ms = end_ms - 1
    assert world.access.bearer(grant.plaintext) is not None
    world.clock.now_ms = end_ms
    assert world.access.bearer(grant.plaintext) is None


def test_an_expiry_in_the_past_is_refused(world: World, owner: Principal) -> None:
    with pytest.raises(Invalid, match="past"):
        world.access.create_token(
            owner, "acme", name="x", role=Role.VIEWER, expires_ms=world.clock()
        )


def test_a_token_notes_its_use_once_a_minute(world: World, owner: Principal) -> None:
    grant = world.access.create_token(owner, "acme", name="ci", role=Role.VIEWER)

    def used_ms() -> int | None:
        return world.access.tokens(owner, "acme")[0].last_used_ms

    assert used_ms() is None
    first_ms = world.clock()
    world.access.bearer(grant.plaintext)
    world.clock.forward(MINUTE_MS - 1)
    world.access.bearer(grant.plaintext)
    assert used_ms() == first_ms
    world.clock.forward(1)
    world.access.bearer(grant.plaintext)
    assert used_ms() == world.clock()


def test_a_token_sinks_with_its_person_s_role(world: World, owner: Principal) -> None:
    admin = world.member(Role.ADMIN)
    grant = world.access.create_token(admin, "acme", name="ci", role=Role.ADMIN)
    assert admin.user_id is not None

    world.access.change_role(owner, "acme", admin.user_id, Role.VIEWER)

    caller = world.access.bearer(grant.plaintext)
    assert caller is not None
    assert caller.memberships[0].role is Role.VIEWER


def test_who_leaves_takes_their_tokens_along(world: World, owner: Principal) -> None:
    admin = world.member(Role.ADMIN)
    grant = world.access.create_token(admin, "acme", name="ci", role=Role.ADMIN)
    assert admin.user_id is not None

    world.access.remove_member(owner, "acme", admin.user_id)

    assert world.access.bearer(grant.plaintext) is None


def test_nobody_makes_a_token_above_their_role(world: World, owner: Principal) -> None:
    with pytest.raises(Forbidden, match="above"):
        world.access.create_token(world.member(Role.MEMBER), "acme", name="x", role=Role.ADMIN)
    with pytest.raises(Forbidden):
        world.access.create_token(world.member(Role.VIEWER), "acme", name="x", role=Role.VIEWER)


def test_a_member_sees_and_revokes_own_tokens_only(world: World, owner: Principal) -> None:
    member = world.member(Role.MEMBER)
    theirs = world.access.create_token(member, "acme", name="theirs", role=Role.MEMBER)
    other = world.access.create_token(owner, "acme", name="other", role=Role.MEMBER)

    assert [t.name for t in world.access.tokens(member, "acme")] == ["theirs"]
    with pytest.raises(Exception, match="no token"):
        world.access.revoke_token(member, "acme", other.token.id)
    world.access.revoke_token(member, "acme", theirs.token.id)
    assert world.access.bearer(theirs.plaintext) is None


def test_a_token_of_no_person_sees_no_tokens(world: World, owner: Principal) -> None:
    made = world.access.create_token(
        world.access.operator(), "acme", name="robot", role=Role.MEMBER
    )
    robot = world.access.bearer(made.plaintext)

    assert robot is not None
    assert world.access.tokens(robot, "acme") == []
