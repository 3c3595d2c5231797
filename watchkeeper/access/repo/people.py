"""SQL of users and members."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from watchkeeper.access.principal import Membership
from watchkeeper.access.repo import tenants
from watchkeeper.access.types import Member, User
from watchkeeper.model import Role
from watchkeeper.store.meta import tables

members = tables.members
organisations = tables.organisations
users = tables.users


def as_user(row: Row[Any]) -> User:
    """One row of users, without its password."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        is_platform_admin=row.is_platform_admin,
        is_disabled=row.is_disabled,
        created_ms=row.created_ms,
    )


def add_user(
    conn: Connection,
    *,
    email: str,
    name: str,
    password_hash: str,
    is_platform_admin: bool,
    now_ms: int,
) -> int:
    """Returns the new user's id."""
    row = {
        "email": email,
        "name": name,
        "password_hash": password_hash,
        "is_platform_admin": is_platform_admin,
        "created_ms": now_ms,
    }
    return int(conn.execute(insert(users).values(row).returning(users.c.id)).scalar_one())


def user_by_email(conn: Connection, email: str) -> Row[Any] | None:
    """email: as `clean_email` returns it."""
    return conn.execute(select(users).where(users.c.email == email)).one_or_none()


def user_by_id(conn: Connection, user_id: int) -> Row[Any] | None:
    """The row with its password hash; None if unknown."""
    return conn.execute(select(users).where(users.c.id == user_id)).one_or_none()


def all_users(conn: Connection) -> list[User]:
    """Everybody, by e-mail."""
    return [as_user(row) for row in conn.execute(select(users).order_by(users.c.email))]


def has_users(conn: Connection) -> bool:
    """True once somebody can be signed in."""
    return conn.execute(select(users.c.id).limit(1)).one_or_none() is not None


def has_platform_admin(conn: Connection) -> bool:
    """True if one exists who can sign in."""
    query = select(users.c.id).where(users.c.is_platform_admin, ~users.c.is_disabled)
    return conn.execute(query.limit(1)).one_or_none() is not None


def change_user(conn: Connection, user_id: int, changes: dict[str, str | bool]) -> None:
    """Set columns of one user."""
    conn.execute(update(users).where(users.c.id == user_id).values(changes))


def memberships(conn: Connection, user: Row[Any]) -> tuple[Membership, ...]:
    """What this user may see: every organisation for a platform admin, else their own."""
    if user.is_platform_admin:
        return tenants.every_membership(conn)
    query = (
        select(organisations, members.c.role)
        .join(members, members.c.org_id == organisations.c.id)
        .where(members.c.user_id == user.id)
        .order_by(organisations.c.id)
    )
    rows = conn.execute(query).all()
    ids = tenants.project_ids_of(conn, [row.id for row in rows])
    return tuple(tenants.as_membership(row, Role(row.role), ids[row.id]) for row in rows)


def role_of(conn: Connection, org_id: int, user_id: int) -> Role | None:
    """The role in the organisation; None for who is no member."""
    query = select(members.c.role).where(members.c.org_id == org_id, members.c.user_id == user_id)
    found = conn.execute(query).scalar_one_or_none()
    return None if found is None else Role(found)


def add_member(conn: Connection, *, org_id: int, user_id: int, role: Role, now_ms: int) -> None:
    """Raises RowConflict for one who is a member already."""
    row = {"org_id": org_id, "user_id": user_id, "role": int(role), "created_ms": now_ms}
    conn.execute(insert(members).values(row))


def change_role(conn: Connection, org_id: int, user_id: int, role: Role) -> None:
    """Set the role of a member."""
    conn.execute(
        update(members)
        .where(members.c.org_id == org_id, members.c.user_id == user_id)
        .values(role=int(role))
    )


def remove_member(conn: Connection, org_id: int, user_id: int) -> None:
    """Delete a membership; the user stays."""
    conn.execute(delete(members).where(members.c.org_id == org_id, members.c.user_id == user_id))


def owners(conn: Connection, org_id: int) -> int:
    """How many people own the organisation and can sign in."""
    query = (
        select(func.count())
        .select_from(members)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.org_id == org_id, members.c.role == int(Role.OWNER), ~users.c.is_disabled)
    )
    return int(conn.execute(query).scalar_one())


def all_members(conn: Connection, org_id: int) -> list[Member]:
    """Members of an organisation, by e-mail."""
    query = (
        select(
            users.c.id,
            users.c.email,
            users.c.name,
            users.c.is_disabled,
            members.c.role,
            members.c.created_ms,
        )
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.org_id == org_id)
        .order_by(users.c.email)
    )
    return [
        Member(
            user_id=row.id,
            email=row.email,
            name=row.name,
            role=Role(row.role),
            is_disabled=row.is_disabled,
            since_ms=row.created_ms,
        )
        for row in conn.execute(query)
    ]
