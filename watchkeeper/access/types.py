"""The nouns of access. Frozen; secrets stand only in the grants at the end, never in their repr."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from watchkeeper.model import Role

GROUPED_BEFORE = "grouping_before"
"""Setting of a project: the versions of grouping that it used before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who can sign in. `email` is lower-case."""

    id: int
    email: str
    name: str
    is_platform_admin: bool
    is_disabled: bool
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One product under watch. `id` is what Sentry SDKs carry in their address.

    grouping_version: of the rule by which its errors become issues.
    """

    id: int
    org_id: int
    slug: str
    name: str
    timezone: str
    built_in: bool
    environments: tuple[str, ...] = ()
    grouping_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A tenant. `role` is that of the principal who asked; `projects` those it may see."""

    id: int
    slug: str
    name: str
    role: Role
    projects: tuple[Project, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user's place in one organisation."""

    user_id: int
    email: str
    name: str
    role: Role
    is_disabled: bool
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What is known of a token after it was shown once. `prefix` is its readable beginning."""

    id: int
    name: str
    prefix: str
    role: Role
    project_id: int | None
    user_id: int | None
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None


class KeyKind(StrEnum):
    """What an ingest key may send. Neither kind reads anything."""

    PUBLIC = "public"
    """May stand in a web page: errors, product events, vitals, traces and logs of browsers."""
    SERVER = "server"
    """Everything that can be sent, metrics included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestKey:
    """A key as the edge knows it. `allowed_origins` empty: any origin."""

    id: int
    project_id: int
    org_id: int
    kind: KeyKind
    enabled: bool
    allowed_origins: tuple[str, ...] = ()

    def allows_origin(self, origin: str | None) -> bool:
        """True if a request with this Origin header may use the key.

        None (no browser sent it) is allowed: the list keeps other web pages out, not programs.
        """
        if origin is None or not self.allowed_origins:
            return True
        sent = origin.lower()
        return any(_origin_matches(allowed, sent) for allowed in self.allowed_origins)


def _origin_matches(allowed: str, origin: str) -> bool:
    scheme, _, host = allowed.partition("://")
    if not host.startswith("*."):
        return allowed == origin
    return origin.startswith(f"{scheme}://") and origin.endswith(host[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """An ingest key as its project's people see it. `key` is the 32 hex digits."""

    id: int
    project_id: int
    kind: KeyKind
    key: str
    label: str
    enabled: bool
    allowed_origins: tuple[str, ...]
    created_ms: int
    last_used_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change: who did what to what, when."""

    id: int
    at_ms: int
    actor: str
    action: str
    target: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Newest first. `next_cursor` asks for the older ones; None at the end."""

    entries: Sequence[AuditEntry]
    next_cursor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionGrant:
    """A fresh session. `token` goes into the cookie and is stored nowhere."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    user: User
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtGrant:
    """A signed bearer token for one person."""

    token: str = field(repr=False)
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGrant:
    """A fresh API token. `plaintext` is shown once and stored nowhere."""

    token: ApiToken
    plaintext: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRunLink:
    """The secret of the link that makes the first account; works once."""

    token: str = field(repr=False)
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAccount:
    """What the first-run page asks for."""

    name: str
    email: str
    password: str = field(repr=False)
    organisation: str
    project: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupResult:
    """What `setup` found or made. The same inputs give the same ids, keys and token."""

    user_id: int
    org_id: int
    org_slug: str
    project_id: int
    project_slug: str
    public_key: str
    server_key: str = field(repr=False)
    api_token: str = field(repr=False)
