"""Bearer credentials: API tokens, and short-lived signed tokens (JWT)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row

from watchkeeper.access.desk import Desk
from watchkeeper.access.principal import Membership, Principal
from watchkeeper.access.repo import credentials, people, tenants
from watchkeeper.access.secret import TOKEN_PREFIX, digest, signing_key
from watchkeeper.access.types import JwtGrant
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import Forbidden, WatchkeeperError
from watchkeeper.model import Role
from watchkeeper.store.meta import StoreUnavailable

ISSUER = "watchkeeper"
ALGORITHM = "HS256"
MAX_CHARS = 4_096


class Bearer(Desk):
    """Says who stands behind a bearer token."""

    def bearer(self, token: str) -> Principal | None:
        """The principal of an API token (`wkt_…`) or of a signed token; None if it is not valid."""
        if len(token) > MAX_CHARS:
            return None
        if token.startswith(TOKEN_PREFIX):
            return self._by_api_token(token)
        return self._by_jwt(token)

    def project_of_token(self, token: str, wanted: int | None) -> int | None:
        """The project that a token may write to: the wanted one, else its only one; or None."""
        principal = self.bearer(token)
        if principal is None:
            return None
        try:
            return principal.scope(wanted, at_least=Role.MEMBER).project_id
        except (WatchkeeperError, ValueError):
            return None

    def mint_jwt(self, principal: Principal) -> JwtGrant:
        """A signed token (HS256) with the rights of this person, as they are at each use.

        Raises Forbidden unless the person came by a session: a token would otherwise make one
        that may do more, or that lives on after it.
        """
        from joserfc import jwt

        if not principal.is_session:
            raise Forbidden("Sign in with a password to have a signed token; a token cannot.")
        now_ms = self._clock()
        with self._meta.read() as conn:
            user = people.user_by_id(conn, principal.user_id or 0)
        if user is None:
            raise Forbidden("The user of this session is gone.")
        expires_ms = now_ms + self._options.jwt_ms
        claims = {
            "iss": ISSUER,
            "sub": str(user.id),
            "iat": now_ms // SECOND_MS,
            "exp": expires_ms // SECOND_MS,
            "pwd": _password_mark(user),
        }
        token = jwt.encode({"alg": ALGORITHM}, claims, self._jwt_key())
        return JwtGrant(token=token, expires_ms=expires_ms // SECOND_MS * SECOND_MS)

    def _jwt_key(self) -> Any:  # an OctKey; joserfc is imported where it is used
        from joserfc.jwk import OctKey

        return OctKey.import_key(signing_key(self._secret))

    def _by_jwt(self, token: str) -> Principal | None:
        claims = self._claims(token)
        if claims is None:
            return None
        with self._meta.read() as conn:
            user = people.user_by_id(conn, int(claims["sub"]))
            if user is None or user.is_disabled or claims.get("pwd") != _password_mark(user):
                return None
            places = people.memberships(conn, user)
        return Principal(
            user_id=user.id,
            email=user.email,
            name=user.name,
            is_platform_admin=user.is_platform_admin,
            memberships=places,
        )

    def _claims(self, token: str) -> dict[str, Any] | None:
        """The claims if the signature is ours, by our algorithm, and the token is not over."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            decoded = jwt.decode(token, self._jwt_key(), algorithms=[ALGORITHM])
            claims = decoded.claims
            rules = jwt.JWTClaimsRegistry(
                now=self._clock() // SECOND_MS,
                iss={"essential": True, "value": ISSUER},
                sub={"essential": True},
                exp={"essential": True},
            )
            rules.validate(claims)
        except (JoseError, ValueError):
            return None
        return claims

    def _by_api_token(self, token: str) -> Principal | None:
        now_ms = self._clock()
        with self._meta.read() as conn:
            found = credentials.live_token(conn, digest(token), now_ms)
            role = None if found is None else _role_now(conn, found)
            if found is None or role is None:
                return None
            place = _place(conn, found, role)
        self._touch(found, now_ms)
        return Principal(
            user_id=found.user_id,
            email=f"token:{found.name}",
            name=found.name,
            memberships=(place,),
        )

    def _touch(self, found: Row[Any], now_ms: int) -> None:
        """Note the use, once a minute; a store that cannot write keeps nobody from reading."""
        if found.last_used_ms is not None and now_ms - found.last_used_ms < MINUTE_MS:
            return
        try:
            with self._meta.write() as conn:
                credentials.touch_token(conn, found.id, now_ms)
        except StoreUnavailable:
            return


def _password_mark(user: Row[Any]) -> str:
    """Changes with the password, so that a new password ends signed tokens."""
    return digest(user.password_hash)[:16]


def _role_now(conn: Connection, token: Row[Any]) -> Role | None:
    """The token's role, at most that of the person who made it; None if they may no more."""
    if token.user_id is None:
        return Role(token.role)
    user = people.user_by_id(conn, token.user_id)
    if user is None or user.is_disabled:
        return None
    if user.is_platform_admin:
        return Role(token.role)
    own = people.role_of(conn, token.org_id, token.user_id)
    return None if own is None else Role(min(token.role, own))


def _place(conn: Connection, token: Row[Any], role: Role) -> Membership:
    everything = tenants.project_ids_of(conn, [token.org_id])[token.org_id]
    is_whole = token.project_id is None
    return Membership(
        org_id=token.org_id,
        org_slug=token.org_slug,
        org_name=token.org_name,
        role=role,
        project_ids=tuple(everything) if is_whole else (token.project_id,),
        is_whole=is_whole,
    )
