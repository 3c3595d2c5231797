"""Who is asking, and what they may read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """Rank of a member in an organisation; a higher rank may do all that a lower one may."""

    VIEWER = 1
    MEMBER = 2
    ADMIN = 3
    OWNER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The tenant limits of one read. First argument of every read; it has no default.

    project_ids: the projects that this read may see, all of one organisation; never empty.
    role: rank of the caller in that organisation.
    user_id: None for a token that acts for no person, and for the server's own loops.
    """

    org_id: int
    project_ids: tuple[int, ...]
    role: Role
    user_id: int | None = None

    def __post_init__(self) -> None:
        if not self.project_ids:
            raise ValueError("a scope names at least one project")

    @property
    def project_id(self) -> int:
        """The single project of this scope. Raises ValueError if it names several."""
        if len(self.project_ids) != 1:
            raise ValueError("this read needs a scope of exactly one project")
        return self.project_ids[0]

    def only(self, project_id: int) -> Scope:
        """The same caller, narrowed to one project it may already see. Raises PermissionError."""
        if project_id not in self.project_ids:
            raise PermissionError(project_id)
        return Scope(
            org_id=self.org_id, project_ids=(project_id,), role=self.role, user_id=self.user_id
        )
