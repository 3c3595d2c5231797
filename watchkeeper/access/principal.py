"""Who is calling, and the scopes that this caller may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One organisation that a principal may see.

    project_ids: the projects it may see there, ascending; empty in an organisation without any.
    is_whole: False for a token that is limited to a project; it may not manage the organisation.
    built_in: True for the organisation in which the server watches itself.
    """

    org_id: int
    org_slug: str
    org_name: str
    role: Role
    project_ids: tuple[int, ...]
    is_whole: bool = True
    built_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller whose credential was valid. A snapshot: what changes later needs a new one.

    user_id: None for a token of no person, and for the operator at the shell.
    email: the person's address, or a name such as `token:ci`; the audit log's actor.
    csrf_token: what a request with this session's cookie must repeat; None unless the caller came
    by a session.
    """

    user_id: int | None
    email: str
    name: str = ""
    is_platform_admin: bool = False
    memberships: Sequence[Membership] = ()
    csrf_token: str | None = field(default=None, repr=False)

    @property
    def is_session(self) -> bool:
        """True for a person who signed in with a password, False for whoever holds a token."""
        return self.csrf_token is not None

    def membership(self, org: str, at_least: Role = Role.VIEWER) -> Membership:
        """The caller's place in the organisation with this slug, to manage it.

        Raises NotFound if the caller may not know of it, Forbidden below the role or for a token
        that is limited to one project.
        """
        found = next((m for m in self.memberships if m.org_slug == org), None)
        if found is None:
            raise NotFound(f"There is no organisation {org!r}.")
        if not found.is_whole:
            raise Forbidden("This token is limited to one project.")
        _require(found.role, at_least)
        return found

    def scope(
        self,
        project_id: int | None = None,
        org: str | None = None,
        at_least: Role = Role.VIEWER,
    ) -> Scope:
        """The scope of one project, or of every visible project of the organisation `org`.

        With neither, the caller's single project is meant (the built-in one does not count).
        Raises NotFound for what the caller may not see, Forbidden below the role, Invalid if
        neither is named and there is not exactly one project.
        """
        if project_id is not None:
            return self._project_scope(project_id, org, at_least)
        if org is not None:
            return self._org_scope(org, at_least)
        own = [pid for m in self.memberships if not m.built_in for pid in m.project_ids]
        if len(own) != 1:
            raise Invalid("Name the project: this credential does not stand for exactly one.")
        return self._project_scope(own[0], None, at_least)

    def _project_scope(self, project_id: int, org: str | None, at_least: Role) -> Scope:
        for member in self.memberships:
            if project_id in member.project_ids and org in {None, member.org_slug}:
                return self._scope(member, (project_id,), at_least)
        raise NotFound(f"There is no project {project_id}.")

    def _org_scope(self, org: str, at_least: Role) -> Scope:
        member = next((m for m in self.memberships if m.org_slug == org), None)
        if member is None:
            raise NotFound(f"There is no organisation {org!r}.")
        if not member.project_ids:
            raise NotFound(f"The organisation {org!r} has no project yet.")
        return self._scope(member, member.project_ids, at_least)

    def _scope(self, member: Membership, project_ids: tuple[int, ...], at_least: Role) -> Scope:
        _require(member.role, at_least)
        return Scope(
            org_id=member.org_id,
            project_ids=project_ids,
            role=member.role,
            user_id=self.user_id,
        )

    def require_platform_admin(self) -> None:
        """Raises Forbidden unless the caller runs the whole server."""
        if not self.is_platform_admin:
            raise Forbidden("Only a platform admin may do this.")


def _require(role: Role, at_least: Role) -> None:
    if role < at_least:
        raise Forbidden(
            f"This needs the role {at_least.name.lower()}; you are {role.name.lower()}."
        )
