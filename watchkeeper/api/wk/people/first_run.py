"""The first account, by the printed link."""

from __future__ import annotations

from fastapi import Request, Response
from pydantic import Field

from watchkeeper.access import FirstAccount
from watchkeeper.api.addresses import client_address, user_agent
from watchkeeper.api.auth import RoomsHere
from watchkeeper.api.bounds import FIRST_RUN, enter
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.people.session import SessionAnswer, begin_session
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example
from watchkeeper.lib.errors import Forbidden

router = LateRouter(tags=["first run"], responses=ERRORS)


class FirstRunAnswer(Answer):
    """valid: the link may still be used."""

    valid: bool


class FirstRunBody(Body):
    """The first account, organisation and project. timezone: an IANA name."""

    model_config = example(
        token="…", name="Ada", email="ada@example.com", password="correct horse battery",
        organisation="Example", project="Shop", timezone="Europe/Berlin",
    )  # fmt: skip
    token: str = Field(max_length=128)
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    organisation: str = Field(min_length=1, max_length=200)
    project: str = Field(min_length=1, max_length=200)
    timezone: str = Field(default="UTC", max_length=64)


@router.get("/first-run")
def check_first_run(request: Request, rooms: RoomsHere, token: str = "") -> FirstRunAnswer:
    """Whether a first-run link may still be used. 403 without a valid token."""
    _check(rooms, request, token)
    return FirstRunAnswer(valid=True)


@router.post("/first-run")
def complete_first_run(
    request: Request, response: Response, rooms: RoomsHere, body: FirstRunBody
) -> SessionAnswer:
    """Make the first account and sign it in. 403 without a valid token."""
    _check(rooms, request, body.token)
    account = FirstAccount(
        email=body.email,
        name=body.name,
        password=body.password,
        organisation=body.organisation,
        project=body.project,
        timezone=body.timezone,
    )
    grant = rooms.access.complete_first_run(
        body.token, account, ip=client_address(request), user_agent=user_agent(request)
    )
    return begin_session(rooms, response, grant)


def _check(rooms: Rooms, request: Request, token: str) -> None:
    """Raises RateLimited for guessing, Forbidden for a token that is not or no longer valid."""
    enter(rooms.limiter, FIRST_RUN, client_address(request))
    if not rooms.access.is_first_run_token(token):
        raise Forbidden(
            "This link is not valid any more. Print a new one on the server: "
            "watchkeeper user first-run."
        )
