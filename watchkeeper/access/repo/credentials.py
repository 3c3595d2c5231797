"""SQL of sessions, API tokens and one-time links. Of each secret only a hash is stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from watchkeeper.access.types import ApiToken
from watchkeeper.model import Role
from watchkeeper.store.meta import tables

api_tokens = tables.api_tokens
one_time_links = tables.one_time_links
organisations = tables.organisations
sessions = tables.sessions
users = tables.users


def add_session(
    conn: Connection,
    *,
    token_hash: str,
    user_id: int,
    csrf_token: str,
    now_ms: int,
    expires_ms: int,
    user_agent: str,
) -> None:
    """Store a session under the hash of its token."""
    row = {
        "token_hash": token_hash,
        "user_id": user_id,
        "csrf_token": csrf_token,
        "created_ms": now_ms,
        "expires_ms": expires_ms,
        "user_agent": user_agent[:300],
    }
    conn.execute(insert(sessions).values(row))


def session(conn: Connection, token_hash: str, now_ms: int) -> Row[Any] | None:
    """The live session and its user's columns; None if unknown, expired or disabled."""
    query = (
        select(users, sessions.c.csrf_token, sessions.c.expires_ms)
        .join(users, users.c.id == sessions.c.user_id)
        .where(
            sessions.c.token_hash == token_hash,
            sessions.c.expires_ms > now_ms,
            ~users.c.is_disabled,
        )
    )
    return conn.execute(query).one_or_none()


def extend_session(conn: Connection, token_hash: str, expires_ms: int) -> None:
    """Move the end of a session."""
    conn.execute(
        update(sessions).where(sessions.c.token_hash == token_hash).values(expires_ms=expires_ms)
    )


def end_session(conn: Connection, token_hash: str) -> int | None:
    """Delete it; returns whose it was."""
    done = conn.execute(
        delete(sessions).where(sessions.c.token_hash == token_hash).returning(sessions.c.user_id)
    )
    return done.scalar_one_or_none()


def end_sessions_of(conn: Connection, user_id: int) -> None:
    """Sign one person out everywhere."""
    conn.execute(delete(sessions).where(sessions.c.user_id == user_id))


def drop_expired_sessions(conn: Connection, now_ms: int) -> None:
    """Delete what nobody can use any more."""
    conn.execute(delete(sessions).where(sessions.c.expires_ms <= now_ms))


def add_token(  # noqa: PLR0913 - a row's columns, all by keyword
    conn: Connection,
    *,
    org_id: int,
    project_id: int | None,
    user_id: int | None,
    name: str,
    token_hash: str,
    prefix: str,
    role: Role,
    now_ms: int,
    expires_ms: int | None,
) -> ApiToken:
    """Store a token under its hash."""
    row = {
        "org_id": org_id,
        "project_id": project_id,
        "user_id": user_id,
        "name": name,
        "token_hash": token_hash,
        "prefix": prefix,
        "role": int(role),
        "created_ms": now_ms,
        "expires_ms": expires_ms,
    }
    done = conn.execute(insert(api_tokens).values(row).returning(api_tokens))
    return as_token(done.one())


def as_token(row: Row[Any]) -> ApiToken:
    """One row of api_tokens."""
    return ApiToken(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        role=Role(row.role),
        project_id=row.project_id,
        user_id=row.user_id,
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
        last_used_ms=row.last_used_ms,
    )


def token_state(conn: Connection, token_hash: str) -> Row[Any] | None:
    """The token's own row, revoked and expired ones included."""
    query = select(api_tokens).where(api_tokens.c.token_hash == token_hash)
    return conn.execute(query).one_or_none()


def live_token(conn: Connection, token_hash: str, now_ms: int) -> Row[Any] | None:
    """The token with its organisation; None if unknown, revoked or expired."""
    query = (
        select(
            api_tokens,
            organisations.c.slug.label("org_slug"),
            organisations.c.name.label("org_name"),
        )
        .join(organisations, organisations.c.id == api_tokens.c.org_id)
        .where(
            api_tokens.c.token_hash == token_hash,
            api_tokens.c.revoked_ms.is_(None),
            or_(api_tokens.c.expires_ms.is_(None), api_tokens.c.expires_ms > now_ms),
        )
    )
    return conn.execute(query).one_or_none()


def tokens(conn: Connection, org_id: int) -> list[ApiToken]:
    """Tokens of an organisation that were not revoked, newest first."""
    query = select(api_tokens).where(
        api_tokens.c.org_id == org_id, api_tokens.c.revoked_ms.is_(None)
    )
    return [as_token(row) for row in conn.execute(query.order_by(api_tokens.c.id.desc()))]


def revoke_token(conn: Connection, org_id: int, token_id: int, now_ms: int) -> None:
    """End a token; nothing brings it back."""
    conn.execute(
        update(api_tokens)
        .where(api_tokens.c.org_id == org_id, api_tokens.c.id == token_id)
        .values(revoked_ms=now_ms)
    )


def revoke_tokens_of(conn: Connection, org_id: int, user_id: int, now_ms: int) -> None:
    """Revoke what one person made in an organisation that they leave."""
    conn.execute(
        update(api_tokens)
        .where(
            api_tokens.c.org_id == org_id,
            api_tokens.c.user_id == user_id,
            api_tokens.c.revoked_ms.is_(None),
        )
        .values(revoked_ms=now_ms)
    )


def touch_token(conn: Connection, token_id: int, now_ms: int) -> None:
    """Note that the token was used."""
    conn.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_ms=now_ms))


def replace_link(
    conn: Connection, *, purpose: str, token_hash: str, now_ms: int, expires_ms: int
) -> None:
    """Store a link; those of the same purpose that were given out before stop working."""
    conn.execute(delete(one_time_links).where(one_time_links.c.purpose == purpose))
    row = {
        "token_hash": token_hash,
        "purpose": purpose,
        "created_ms": now_ms,
        "expires_ms": expires_ms,
    }
    conn.execute(insert(one_time_links).values(row))


def is_link_live(conn: Connection, *, purpose: str, token_hash: str, now_ms: int) -> bool:
    """True if `use_link` would accept it."""
    query = select(one_time_links.c.purpose).where(
        one_time_links.c.token_hash == token_hash,
        one_time_links.c.purpose == purpose,
        one_time_links.c.used_ms.is_(None),
        one_time_links.c.expires_ms > now_ms,
    )
    return conn.execute(query).one_or_none() is not None


def use_link(conn: Connection, *, purpose: str, token_hash: str, now_ms: int) -> bool:
    """Mark the link used; False if it is unknown, expired or somebody was first."""
    done = conn.execute(
        update(one_time_links)
        .where(
            one_time_links.c.token_hash == token_hash,
            one_time_links.c.purpose == purpose,
            one_time_links.c.used_ms.is_(None),
            one_time_links.c.expires_ms > now_ms,
        )
        .values(used_ms=now_ms)
        .returning(one_time_links.c.purpose)
    )
    return done.scalar_one_or_none() is not None
