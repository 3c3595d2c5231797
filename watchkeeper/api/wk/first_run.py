"""The first account, by the printed link."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.wk.session import SessionAnswer
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example

router = APIRouter(tags=["first run"], responses=ERRORS)


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
def check_first_run(token: str = "") -> FirstRunAnswer:
    """Whether a first-run link may still be used. 403 without a valid token."""
    raise NotImplementedError


@router.post("/first-run")
def complete_first_run(body: FirstRunBody) -> SessionAnswer:
    """Make the first account and sign it in. 403 without a valid token."""
    raise NotImplementedError
