"""Who is asking: bearer token, basic auth or session cookie; and the scope of a route."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.responses import Response

from watchkeeper.access import Access, Membership, Principal
from watchkeeper.api.rooms import Rooms, rooms_of
from watchkeeper.lib.errors import Forbidden, Unauthorized
from watchkeeper.model import Role, Scope

COOKIE = "wk_session"
CSRF_HEADER = "x-csrf-token"
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_SIGN_IN = "Sign in, or send an API token: Authorization: Bearer wkt_…."


class CsrfRefused(Forbidden):
    """A change was asked for with the cookie alone, as a foreign page could."""

    code = "csrf"


class Credentials:
    """Finds out who sent a request."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def find(self, request: Request) -> Principal | None:
        """The caller; None when no credential was sent or the session is over.

        Raises Unauthorized for an Authorization header that is not valid (the cookie is not
        looked at then), CsrfRefused for a change that is asked for by cookie without its token.
        """
        header = request.headers.get("authorization")
        if header is not None:
            return self._by_header(header)
        principal = self._by_cookie(request)
        if principal is not None and request.method not in _SAFE_METHODS:
            _check_csrf(request, principal)
        return principal

    def require(self, request: Request) -> Principal:
        """The caller. Raises Unauthorized when nobody is known, and what `find` raises."""
        principal = self.find(request)
        if principal is None:
            raise Unauthorized(_SIGN_IN)
        return principal

    def _by_header(self, header: str) -> Principal:
        for token in _tokens_of(header):
            if principal := self._access.bearer(token):
                return principal
        raise Unauthorized("The token is not valid: it is unknown, revoked or over.")

    def _by_cookie(self, request: Request) -> Principal | None:
        token = request.cookies.get(COOKIE)
        return self._access.session(token) if token else None


def set_session_cookie(response: Response, token: str, *, max_age_s: int, https: bool) -> None:
    """Give the browser its session; scripts cannot read it, and other sites cannot send it."""
    response.set_cookie(
        COOKIE, token, max_age=max_age_s, path="/", secure=https, httponly=True, samesite="lax"
    )


def clear_session_cookie(response: Response, *, https: bool) -> None:
    """Take the session from the browser."""
    response.delete_cookie(COOKIE, path="/", secure=https, httponly=True, samesite="lax")


def _tokens_of(header: str) -> list[str]:
    """What may be the token: after Bearer, or either half of Basic, password first."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return [value.strip()]
    if scheme.lower() != "basic":
        return []
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return []
    return [each for each in (password, user) if each]


def _check_csrf(request: Request, principal: Principal) -> None:
    sent = request.headers.get(CSRF_HEADER, "")
    wanted = principal.csrf_token or ""
    if not wanted or not hmac.compare_digest(sent.encode(), wanted.encode()):
        raise CsrfRefused("This change needs the header X-CSRF-Token of your session.")


RoomsHere = Annotated[Rooms, Depends(rooms_of)]


def _caller(request: Request, rooms: RoomsHere) -> Principal:
    return Credentials(rooms.access).require(request)


def _caller_if_any(request: Request, rooms: RoomsHere) -> Principal | None:
    return Credentials(rooms.access).find(request)


Caller = Annotated[Principal, Depends(_caller)]
"""The principal of the request; 401 without one."""

CallerIfAny = Annotated[Principal | None, Depends(_caller_if_any)]
"""The principal of the request, None when nobody is signed in."""


def _project_scope(at_least: Role) -> Callable[[Principal, int], Scope]:
    def scope(caller: Caller, project_id: Annotated[int, Path(ge=1)]) -> Scope:
        return caller.scope(project_id, at_least=at_least)

    return scope


def _membership(at_least: Role) -> Callable[[Principal, str], Membership]:
    def membership(caller: Caller, org: Annotated[str, Path(max_length=64)]) -> Membership:
        return caller.membership(org, at_least)

    return membership


ViewerScope = Annotated[Scope, Depends(_project_scope(Role.VIEWER))]
MemberScope = Annotated[Scope, Depends(_project_scope(Role.MEMBER))]
AdminScope = Annotated[Scope, Depends(_project_scope(Role.ADMIN))]
"""The scope of `{project_id}` in the address, for callers of at least that role there."""

OrgViewer = Annotated[Membership, Depends(_membership(Role.VIEWER))]
OrgMember = Annotated[Membership, Depends(_membership(Role.MEMBER))]
OrgAdmin = Annotated[Membership, Depends(_membership(Role.ADMIN))]
"""The caller's place in `{org}` of the address, if of at least that role there."""
