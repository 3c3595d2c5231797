"""Who is signed in, and signing in and out."""

from __future__ import annotations

from fastapi import Request, Response
from pydantic import Field

from watchkeeper import __version__
from watchkeeper.access import Organisation, Principal, Project, SessionGrant
from watchkeeper.api.addresses import client_address, user_agent
from watchkeeper.api.auth import (
    COOKIE,
    Caller,
    CallerIfAny,
    RoomsHere,
    clear_session_cookie,
    set_session_cookie,
)
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, RoleName, example

router = LateRouter(tags=["session"], responses=ERRORS)


class UserAnswer(Answer):
    """The person who is signed in."""

    id: int
    email: str
    name: str
    is_platform_admin: bool


class ProjectAnswer(Answer):
    """One project that the caller may see. built_in: Watchkeeper's own.

    grouping_version: of the rule by which its errors become issues.
    """

    id: int
    slug: str
    name: str
    environments: list[str]
    timezone: str
    built_in: bool
    grouping_version: int


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


class JwtAnswer(Answer):
    """Send it as `Authorization: Bearer`."""

    token: str
    expires_ms: int


class LoginBody(Body):
    """E-mail and password."""

    model_config = example(email="ada@example.com", password="correct horse battery")
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


@router.get("/session")
def get_session(rooms: RoomsHere, caller: CallerIfAny) -> SessionAnswer:
    """The caller's session. Answers 200 also when nobody is signed in."""
    return session_answer(rooms, caller)


@router.post("/session")
def login(request: Request, response: Response, rooms: RoomsHere, body: LoginBody) -> SessionAnswer:
    """Sign in: sets the cookie `wk_session` and answers the session."""
    grant = rooms.access.login(
        body.email, body.password, ip=client_address(request), user_agent=user_agent(request)
    )
    return begin_session(rooms, response, grant)


@router.delete("/session")
def logout(request: Request, response: Response, rooms: RoomsHere, _caller: CallerIfAny) -> Done:
    """Sign out: the session ends on the server and the cookie is cleared."""
    rooms.access.logout(request.cookies.get(COOKIE, ""))
    clear_session_cookie(response, https=rooms.options.https)
    return Done()


@router.post("/session/jwt")
def mint_jwt(rooms: RoomsHere, caller: Caller) -> JwtAnswer:
    """A signed token with the caller's rights, for a program that they run for some minutes."""
    grant = rooms.access.mint_jwt(caller)
    return JwtAnswer(token=grant.token, expires_ms=grant.expires_ms)


def begin_session(rooms: Rooms, response: Response, grant: SessionGrant) -> SessionAnswer:
    """Set the cookie of a fresh session and answer it."""
    max_age_s = (grant.expires_ms - rooms.clock()) // 1000
    set_session_cookie(response, grant.token, max_age_s=max_age_s, https=rooms.options.https)
    return session_answer(rooms, rooms.access.session(grant.token))


def session_answer(rooms: Rooms, caller: Principal | None) -> SessionAnswer:
    """What a page must know of its caller."""
    return SessionAnswer(
        user=_user_answer(caller) if caller else None,
        csrf_token=caller.csrf_token if caller else None,
        organisations=[organisation_answer(each) for each in rooms.access.organisations(caller)]
        if caller
        else [],
        public_url=rooms.options.public_url,
        version=__version__,
        first_run=caller is None and rooms.access.needs_first_run(),
    )


def organisation_answer(org: Organisation) -> OrganisationAnswer:
    """One organisation with its projects."""
    return OrganisationAnswer(
        slug=org.slug,
        name=org.name,
        role=RoleName.of(org.role),
        projects=[project_answer(each) for each in org.projects],
    )


def project_answer(project: Project) -> ProjectAnswer:
    """One project."""
    return ProjectAnswer(
        id=project.id,
        slug=project.slug,
        name=project.name,
        environments=list(project.environments),
        timezone=project.timezone,
        built_in=project.built_in,
        grouping_version=project.grouping_version,
    )


def _user_answer(caller: Principal) -> UserAnswer | None:
    if caller.user_id is None:
        return None
    return UserAnswer(
        id=caller.user_id,
        email=caller.email,
        name=caller.name,
        is_platform_admin=caller.is_platform_admin,
    )
