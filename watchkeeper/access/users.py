"""People who can sign in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row

from watchkeeper.access.desk import Desk
from watchkeeper.access.names import clean_email, clean_name
from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import credentials, people, tenants
from watchkeeper.access.types import User
from watchkeeper.lib.errors import Conflict, Forbidden, NotFound


class Users(Desk):
    """Making, listing and switching off people. All but one's own password: platform admins."""

    def operator(self, name: str = "cli") -> Principal:
        """The principal of someone with a shell on the server: may do everything, is no user."""
        with self._meta.read() as conn:
            return Principal(
                user_id=None,
                email=f"operator:{name}",
                name=name,
                is_platform_admin=True,
                memberships=tenants.every_membership(conn),
            )

    def users(self, actor: Principal) -> list[User]:
        """Everybody, by e-mail. Raises Forbidden."""
        actor.require_platform_admin()
        with self._meta.read() as conn:
            return people.all_users(conn)

    def create_user(
        self,
        actor: Principal,
        *,
        email: str,
        name: str,
        password: str,
        is_platform_admin: bool = False,
    ) -> User:
        """Add a person without any membership. Raises Forbidden, Invalid, Conflict."""
        actor.require_platform_admin()
        email = clean_email(email)
        password_hash = self._passwords.hash(password)
        with self._meta.write() as conn:
            if people.user_by_email(conn, email) is not None:
                raise Conflict(f"There is a user {email} already.")
            return self._add_user(
                conn,
                actor,
                email=email,
                name=clean_name(name, "name"),
                password_hash=password_hash,
                is_platform_admin=is_platform_admin,
            )

    def _add_user(
        self,
        conn: Connection,
        actor: Principal,
        *,
        email: str,
        name: str,
        password_hash: str,
        is_platform_admin: bool,
    ) -> User:
        user_id = people.add_user(
            conn,
            email=email,
            name=name,
            password_hash=password_hash,
            is_platform_admin=is_platform_admin,
            now_ms=self._clock(),
        )
        facts: dict[str, object] = {"is_platform_admin": is_platform_admin}
        self._note(conn, actor, "user.created", org_id=None, target=email, facts=facts)
        return people.as_user(_existing(conn, user_id))

    def set_password(
        self, actor: Principal, user_id: int, password: str, *, current: str | None = None
    ) -> None:
        """Replace a password; the person's sessions and signed tokens end.

        A person names their `current` one; a platform admin may replace anybody's without.
        Raises NotFound for other people's, Forbidden if `current` is wrong, Invalid.
        """
        if actor.user_id != user_id and not actor.is_platform_admin:
            raise NotFound(f"There is no user {user_id}.")
        password_hash = self._passwords.hash(password)
        with self._meta.read() as conn:
            user = _existing(conn, user_id)
        if actor.user_id == user_id and not self._passwords.matches(
            user.password_hash, current or ""
        ):
            raise Forbidden("The current password is wrong.")
        with self._meta.write() as conn:
            people.change_user(conn, user_id, {"password_hash": password_hash})
            credentials.end_sessions_of(conn, user_id)
            self._note(conn, actor, "user.password_changed", org_id=None, target=user.email)

    def set_user_disabled(self, actor: Principal, user_id: int, *, disabled: bool) -> None:
        """Shut a person out, or let them in again. Raises Forbidden, NotFound, Conflict."""
        actor.require_platform_admin()
        if disabled and actor.user_id == user_id:
            raise Conflict("You cannot shut yourself out.")
        with self._meta.write() as conn:
            user = _existing(conn, user_id)
            people.change_user(conn, user_id, {"is_disabled": disabled})
            credentials.end_sessions_of(conn, user_id)
            action = "user.disabled" if disabled else "user.enabled"
            self._note(conn, actor, action, org_id=None, target=user.email)


def _existing(conn: Connection, user_id: int) -> Row[Any]:
    user = people.user_by_id(conn, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    return user
