"""Two organisations that know nothing of each other, and the people in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.clock import HandClock
from watchkeeper.access import Access, AccessOptions, Principal, SetupResult
from watchkeeper.limits import Limiter, LoginLimits
from watchkeeper.model import Role
from watchkeeper.store.cache.memory import MemoryCache
from watchkeeper.store.meta import Meta

PASSWORD = "correct horse"


def cheap_options(directory: Path) -> AccessOptions:
    """Passwords at the least cost that Argon2 allows: tests make many."""
    return AccessOptions(secret_file=directory / "secret", password_memory_kib=8, password_rounds=1)


@dataclass
class World:
    meta: Meta
    directory: Path
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.options = cheap_options(self.directory)
        guard = LoginLimits(Limiter(MemoryCache(self.clock), self.clock))
        self.access = Access(self.meta, self.clock, self.options, guard=guard)

    def setup(self, org: str = "Acme", project: str = "Web", email: str = "") -> SetupResult:
        return self.access.setup(
            email=email or f"owner@{org.lower()}.test", password=PASSWORD, org=org, project=project
        )

    def sign_in(self, email: str) -> Principal:
        grant = self.access.login(email, PASSWORD, ip="192.0.2.1")
        found = self.access.session(grant.token)
        assert found is not None
        return found

    def member(self, role: Role, org: str = "acme", email: str = "") -> Principal:
        """A new person with this role in the organisation, signed in."""
        address = email or f"{role.name.lower()}@{org}.test"
        self.access.add_member(
            self.access.operator(), org, email=address, role=role, name=address, password=PASSWORD
        )
        return self.sign_in(address)

    def actions(self, org: str | None = "acme") -> list[str]:
        """What the audit log holds, oldest first."""
        page = self.access.audit_entries(self.access.operator(), org, limit=200)
        return [entry.action for entry in reversed(page.entries)]
