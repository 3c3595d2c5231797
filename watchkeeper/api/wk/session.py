"""Who is signed in, and signing in and out."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, RoleName, example

router = APIRouter(tags=["session"], responses=ERRORS)


class UserAnswer(Answer):
    """The person who is signed in."""

    id: int
    email: str
    name: str
    is_platform_admin: bool


class ProjectAnswer(Answer):
    """One project that the caller may see. built_in: Watchkeeper's own."""

    id: int
    slug: str
    name: str
    environments: list[str]
    timezone: str
    built_in: bool


class OrganisationAnswer(Answer):
    """One organisation of the caller and what they may see of it."""

    slug: str
    name: str
    role: RoleName
    projects: list[ProjectAnswer]


class SessionAnswer(Answer):
    """user is null when nobody is signed in; first_run: nobody has an account yet."""

    user: UserAnswer | None
    csrf_token: str | None
    organisations: list[OrganisationAnswer]
    public_url: str
    version: str
    first_run: bool


class LoginBody(Body):
    """E-mail and password."""

    model_config = example(email="ada@example.com", password="correct horse battery")
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


@router.get("/session")
def get_session() -> SessionAnswer:
    """The caller's session. Answers 200 also when nobody is signed in."""
    raise NotImplementedError


@router.post("/session")
def login(body: LoginBody) -> SessionAnswer:
    """Sign in: sets the cookie `wk_session` and answers the session."""
    raise NotImplementedError


@router.delete("/session")
def logout() -> Done:
    """Sign out: the session ends on the server and the cookie is cleared."""
    raise NotImplementedError
