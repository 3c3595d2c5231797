"""Signing in with a password, and the sessions that follow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row

from watchkeeper.access.desk import Desk
from watchkeeper.access.names import clean_email
from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import credentials, people, trail
from watchkeeper.access.secret import digest, new_session_token
from watchkeeper.access.types import SessionGrant
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import Invalid, RateLimited, Unauthorized
from watchkeeper.store.meta import StoreUnavailable

WRONG = "The e-mail or the password is wrong."


class Sessions(Desk):
    """A session is 256 random bits in a cookie; its hash and its CSRF token are stored."""

    def login(self, email: str, password: str, *, ip: str, user_agent: str = "") -> SessionGrant:
        """Check the password and open a session; takes as long for an unknown e-mail.

        Raises Unauthorized (one sentence for every reason), RateLimited after repeated failures.
        """
        wait_s = self._guard.enter(email.strip().lower(), ip)
        if wait_s:
            raise RateLimited(
                f"Too many failed logins; try again in {wait_s} s.", retry_after_s=wait_s
            )
        user = self._checked(email, password, ip)
        self._guard.passed(user.email, ip)
        outdated = self._passwords.is_outdated(user.password_hash)
        fresh_hash = self._passwords.hash(password) if outdated else None
        with self._meta.write() as conn:
            if fresh_hash is not None:
                people.change_user(conn, user.id, {"password_hash": fresh_hash})
            return self._open_session(conn, user, ip=ip, user_agent=user_agent)

    def _checked(self, email: str, password: str, ip: str) -> Row[Any]:
        """The user whose password this is. Raises Unauthorized."""
        nobody = self._passwords.nobody
        try:
            address = clean_email(email)
        except Invalid:
            address = ""
        with self._meta.read() as conn:
            user = people.user_by_email(conn, address)
        stored = nobody if user is None else user.password_hash
        is_right = self._passwords.matches(stored, password)
        if user is None or user.is_disabled or not is_right:
            self._note_failure(address, ip)
            raise Unauthorized(WRONG)
        return user

    def _note_failure(self, email: str, ip: str) -> None:
        """email: empty when what was typed is no address; it may have been a password."""
        with self._meta.write() as conn:
            trail.add(
                conn,
                org_id=None,
                at_ms=self._clock(),
                actor=f"ip:{ip}",
                action="session.refused",
                target=email,
            )

    def _open_session(
        self, conn: Connection, user: Row[Any], *, ip: str, user_agent: str
    ) -> SessionGrant:
        now_ms = self._clock()
        grant = SessionGrant(
            token=new_session_token(),
            csrf_token=new_session_token(),
            user=people.as_user(user),
            expires_ms=now_ms + self._options.session_ms,
        )
        credentials.drop_expired_sessions(conn, now_ms)
        credentials.add_session(
            conn,
            token_hash=digest(grant.token),
            user_id=user.id,
            csrf_token=grant.csrf_token,
            now_ms=now_ms,
            expires_ms=grant.expires_ms,
            user_agent=user_agent,
        )
        who = Principal(user_id=user.id, email=user.email)
        self._note(conn, who, "session.opened", org_id=None, target=user.email, facts={"ip": ip})
        return grant

    def session(self, token: str) -> Principal | None:
        """Whose session this is; None if there is none. Each day of use prolongs it."""
        token_hash = digest(token)
        now_ms = self._clock()
        with self._meta.read() as conn:
            found = credentials.session(conn, token_hash, now_ms)
            if found is None:
                return None
            places = people.memberships(conn, found)
        until_ms = now_ms + self._options.session_ms
        if until_ms - found.expires_ms >= min(DAY_MS, self._options.session_ms // 2):
            self._extend(token_hash, until_ms)
        return Principal(
            user_id=found.id,
            email=found.email,
            name=found.name,
            is_platform_admin=found.is_platform_admin,
            memberships=places,
            csrf_token=found.csrf_token,
        )

    def _extend(self, token_hash: str, until_ms: int) -> None:
        """Prolong the session; a store that cannot write keeps nobody from reading."""
        try:
            with self._meta.write() as conn:
                credentials.extend_session(conn, token_hash, until_ms)
        except StoreUnavailable:
            return

    def logout(self, token: str) -> None:
        """End the session; one that has ended is no error."""
        with self._meta.write() as conn:
            user_id = credentials.end_session(conn, digest(token))
            user = None if user_id is None else people.user_by_id(conn, user_id)
            if user is not None:
                who = Principal(user_id=user.id, email=user.email)
                self._note(conn, who, "session.ended", org_id=None, target=user.email)
