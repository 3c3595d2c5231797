"""Who is calling and what they may do: organisations, projects, people, keys, tokens, sessions."""

from watchkeeper.access.access import Access
from watchkeeper.access.guard import LoginGuard
from watchkeeper.access.keyring import KeyRing
from watchkeeper.access.options import AccessOptions
from watchkeeper.access.principal import Membership, Principal
from watchkeeper.access.projects import BUILT_IN_PROJECT_ID
from watchkeeper.access.repo import trail
from watchkeeper.access.types import (
    GROUPED_BEFORE,
    ApiToken,
    AuditEntry,
    AuditPage,
    FirstAccount,
    FirstRunLink,
    IngestKey,
    JwtGrant,
    KeyKind,
    KeyRecord,
    Member,
    Organisation,
    Project,
    SessionGrant,
    SetupResult,
    TokenGrant,
    User,
)

audit = trail.add

__all__ = [
    "BUILT_IN_PROJECT_ID",
    "GROUPED_BEFORE",
    "Access",
    "AccessOptions",
    "ApiToken",
    "AuditEntry",
    "AuditPage",
    "FirstAccount",
    "FirstRunLink",
    "IngestKey",
    "JwtGrant",
    "KeyKind",
    "KeyRecord",
    "KeyRing",
    "LoginGuard",
    "Member",
    "Membership",
    "Organisation",
    "Principal",
    "Project",
    "SessionGrant",
    "SetupResult",
    "TokenGrant",
    "User",
    "audit",
]
