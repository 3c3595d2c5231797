"""Who belongs to an organisation, and with which role."""

from __future__ import annotations

from sqlalchemy import Connection

from watchkeeper.access.names import clean_email, clean_name
from watchkeeper.access.principal import Membership, Principal
from watchkeeper.access.repo import credentials, people
from watchkeeper.access.types import Member
from watchkeeper.access.users import Users
from watchkeeper.lib.errors import Conflict, Forbidden, Invalid, NotFound
from watchkeeper.model import Role


class Members(Users):
    """Nobody gives or takes a role above their own, and an organisation keeps an owner."""

    def members(self, actor: Principal, org: str) -> list[Member]:
        """Everybody in it, by e-mail. Raises NotFound."""
        place = actor.membership(org)
        with self._meta.read() as conn:
            return people.all_members(conn, place.org_id)

    def add_member(
        self,
        actor: Principal,
        org: str,
        *,
        email: str,
        role: Role,
        name: str = "",
        password: str | None = None,
    ) -> Member:
        """Let a person in. For an address that is new here, name and password make the user.

        A known person keeps their own name and password. Raises NotFound, Forbidden, Invalid,
        Conflict.
        """
        place = _may_give(actor, org, role)
        email = clean_email(email)
        password_hash = self._passwords.hash(password) if password is not None else None
        with self._meta.write() as conn:
            known = people.user_by_email(conn, email)
            user_id = (
                known.id
                if known is not None
                else self._newcomer(conn, actor, email, name, password_hash)
            )
            if people.role_of(conn, place.org_id, user_id) is not None:
                raise Conflict(f"{email} is a member already.")
            people.add_member(
                conn, org_id=place.org_id, user_id=user_id, role=role, now_ms=self._clock()
            )
            self._note_member(conn, actor, place, "member.added", email, role)
            return _member(conn, place.org_id, user_id)

    def change_role(self, actor: Principal, org: str, user_id: int, role: Role) -> Member:
        """Raises NotFound, Forbidden, Conflict if it would leave no owner."""
        place = _may_give(actor, org, role)
        with self._meta.write() as conn:
            before = _member(conn, place.org_id, user_id)
            _may_touch(place, before)
            people.change_role(conn, place.org_id, user_id, role)
            _keep_an_owner(conn, place)
            self._note_member(conn, actor, place, "member.role_changed", before.email, role)
            return _member(conn, place.org_id, user_id)

    def remove_member(self, actor: Principal, org: str, user_id: int) -> None:
        """Shut a person out of the organisation; their API tokens in it are revoked.

        Anybody may leave; others are removed by admins. Raises NotFound, Forbidden, Conflict if it
        would leave no owner.
        """
        is_own = actor.user_id == user_id
        place = actor.membership(org, Role.VIEWER if is_own else Role.ADMIN)
        with self._meta.write() as conn:
            before = _member(conn, place.org_id, user_id)
            _may_touch(place, before)
            people.remove_member(conn, place.org_id, user_id)
            _keep_an_owner(conn, place)
            credentials.revoke_tokens_of(conn, place.org_id, user_id, self._clock())
            self._note_member(conn, actor, place, "member.removed", before.email, before.role)

    def _newcomer(
        self, conn: Connection, actor: Principal, email: str, name: str, password_hash: str | None
    ) -> int:
        if password_hash is None:
            raise Invalid(f"{email} is new here: give a name and a first password.")
        user = self._add_user(
            conn,
            actor,
            email=email,
            name=clean_name(name, "name"),
            password_hash=password_hash,
            is_platform_admin=False,
        )
        return user.id

    def _note_member(
        self,
        conn: Connection,
        actor: Principal,
        place: Membership,
        action: str,
        email: str,
        role: Role,
    ) -> None:
        facts: dict[str, object] = {"role": role.name.lower()}
        self._note(conn, actor, action, org_id=place.org_id, target=email, facts=facts)


def _may_give(actor: Principal, org: str, role: Role) -> Membership:
    place = actor.membership(org, Role.ADMIN)
    if role > place.role:
        raise Forbidden(f"You cannot give the role {role.name.lower()}: it is above your own.")
    return place


def _may_touch(place: Membership, member: Member) -> None:
    if member.role > place.role:
        raise Forbidden(f"{member.email} has a role above your own.")


def _keep_an_owner(conn: Connection, place: Membership) -> None:
    if people.owners(conn, place.org_id) == 0:
        raise Conflict("The organisation would have no owner; make somebody else owner first.")


def _member(conn: Connection, org_id: int, user_id: int) -> Member:
    found = [m for m in people.all_members(conn, org_id) if m.user_id == user_id]
    if not found:
        raise NotFound(f"There is no member {user_id}.")
    return found[0]
