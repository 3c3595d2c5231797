from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.unit.access.world import PASSWORD, World
from watchkeeper.access import FirstAccount
from watchkeeper.lib.errors import Conflict, Forbidden, Invalid
from watchkeeper.store.meta import tables

ACCOUNT = FirstAccount(
    name="Ada",
    email="Ada@Acme.test",
    password=PASSWORD,
    organisation="Acme",
    project="Web",
    timezone="Europe/Berlin",
)


def complete(world: World, token: str, account: FirstAccount = ACCOUNT) -> str:
    return world.access.complete_first_run(token, account, ip="192.0.2.1").token


def test_the_link_makes_the_first_person_and_signs_them_in(world: World) -> None:
    link = world.access.first_run_link()

    session = world.access.session(complete(world, link.token))

    assert session is not None
    assert (session.email, session.is_platform_admin) == ("ada@acme.test", True)
    [org] = world.access.organisations(session)
    assert (org.name, org.projects[0].id, org.projects[0].timezone) == ("Acme", 1, "Europe/Berlin")
    assert not world.access.needs_first_run()


def test_the_link_works_once(world: World) -> None:
    link = world.access.first_run_link()
    complete(world, link.token)

    with pytest.raises(Forbidden):
        complete(world, link.token, replace(ACCOUNT, email="eve@acme.test"))


def test_the_link_ends_after_a_quarter_of_an_hour(world: World) -> None:
    link = world.access.first_run_link()

    world.clock.now_ms = link.expires_ms - 1
    assert world.access.is_first_run_token(link.token)
    world.clock.now_ms = link.expires_ms
    assert not world.access.is_first_run_token(link.token)
    with pytest.raises(Forbidden):
        complete(world, link.token)


def test_a_new_link_ends_the_one_before(world: World) -> None:
    first, second = world.access.first_run_link(), world.access.first_run_link()

    assert not world.access.is_first_run_token(first.token)
    assert world.access.is_first_run_token(second.token)


def test_a_guessed_token_is_refused(world: World) -> None:
    world.access.first_run_link()

    with pytest.raises(Forbidden):
        complete(world, "guess")


def test_a_refused_input_leaves_the_link_as_it_was(world: World) -> None:
    link = world.access.first_run_link()

    with pytest.raises(Invalid):
        complete(world, link.token, replace(ACCOUNT, password="short"))

    assert complete(world, link.token)


def test_there_is_no_link_once_there_is_a_user(world: World) -> None:
    link = world.access.first_run_link()
    world.setup()

    assert not world.access.is_first_run_token(link.token)
    with pytest.raises(Forbidden):
        complete(world, link.token)
    with pytest.raises(Conflict):
        world.access.first_run_link()


def test_the_token_itself_is_stored_nowhere(world: World) -> None:
    link = world.access.first_run_link()

    with world.meta.read() as conn:
        [row] = conn.execute(select(tables.one_time_links)).all()

    assert link.token not in str(row)
