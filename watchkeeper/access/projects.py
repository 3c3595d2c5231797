"""Organisations, their projects and environments."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection

from watchkeeper.access.desk import Desk
from watchkeeper.access.names import (
    BUILT_IN_SLUG,
    clean_name,
    clean_timezone,
    free_slug,
    org_slug_of,
    slug_of,
)
from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import keys, people, tenants
from watchkeeper.access.secret import new_ingest_key
from watchkeeper.access.types import KeyKind, KeyRecord, Organisation, Project
from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Role
from watchkeeper.store.meta import RowConflict

BUILT_IN_PROJECT_ID = 1_000_000_000
"""The project in which the server watches itself; far from the ids that people see count up."""


class Projects(Desk):
    """Tenants and what they watch."""

    def organisations(self, actor: Principal) -> list[Organisation]:
        """What the caller may see, with projects and environments; by id."""
        wanted = [pid for m in actor.memberships for pid in m.project_ids]
        with self._meta.read() as conn:
            found = tenants.projects_by_id(conn, wanted)
        return [
            Organisation(
                id=m.org_id,
                slug=m.org_slug,
                name=m.org_name,
                role=m.role,
                projects=tuple(p for p in found if p.org_id == m.org_id),
            )
            for m in actor.memberships
        ]

    def create_org(self, actor: Principal, name: str) -> Organisation:
        """Add an organisation; a person who adds one owns it. Raises Forbidden, Invalid."""
        actor.require_platform_admin()
        name = clean_name(name, "organisation")
        with self._meta.write() as conn:
            slug = free_slug(org_slug_of(name), tenants.org_slugs(conn))
            org_id = self._add_org(conn, actor, slug=slug, name=name)
            if actor.user_id is not None:
                self._own(conn, actor, org_id, actor.user_id, actor.email)
        return Organisation(id=org_id, slug=slug, name=name, role=Role.OWNER)

    def create_project(
        self, actor: Principal, org: str, *, name: str, timezone: str = "UTC"
    ) -> Project:
        """Add a project with one public and one server key. Raises Forbidden, NotFound, Invalid."""
        member = actor.membership(org, Role.ADMIN)
        name = clean_name(name, "project")
        with self._meta.write() as conn:
            taken = tenants.project_slugs(conn, member.org_id)
            slug = free_slug(slug_of(name, "project"), taken)
            return self._add_project(
                conn, actor, member.org_id, slug=slug, name=name, timezone=timezone
            )

    def project(self, actor: Principal, project_id: int) -> Project:
        """One project. Raises NotFound."""
        actor.scope(project_id)
        with self._meta.read() as conn:
            return _existing(conn, project_id)

    def update_project(
        self,
        actor: Principal,
        project_id: int,
        *,
        name: str | None = None,
        timezone: str | None = None,
        grouping_version: int | None = None,
    ) -> Project:
        """Change what is given; the slug stays. Raises Forbidden, NotFound, Invalid.

        grouping_version: one that the issues know; new groups are made by it from now on.
        """
        scope = actor.scope(project_id, at_least=Role.ADMIN)
        changes: dict[str, str] = {}
        if name is not None:
            changes["name"] = clean_name(name, "project")
        if timezone is not None:
            changes["timezone"] = clean_timezone(timezone)
        with self._meta.write() as conn:
            before = _existing(conn, project_id)
            facts: dict[str, object] = {**changes}
            if changes:
                tenants.change_project(conn, project_id, changes)
            if grouping_version is not None and grouping_version != before.grouping_version:
                tenants.change_grouping(conn, project_id, grouping_version)
                facts["grouping_version"] = grouping_version
            if facts:
                self._note(
                    conn,
                    actor,
                    "project.changed",
                    org_id=scope.org_id,
                    target=before.slug,
                    facts=facts,
                )
            return _existing(conn, project_id)

    def ensure_built_in(self) -> Project:
        """The project in which the server watches itself; made at the first call.

        Its id is BUILT_IN_PROJECT_ID. It has no keys, and only platform admins see it. Processes
        may call it at once.
        """
        with self._meta.read() as conn:
            found = tenants.projects_by_id(conn, [BUILT_IN_PROJECT_ID])
        if found:
            return found[0]
        with suppress(RowConflict), self._meta.write() as conn:
            self._add_built_in(conn)
        with self._meta.read() as conn:
            return _existing(conn, BUILT_IN_PROJECT_ID)

    def _add_built_in(self, conn: Connection) -> None:
        """Raises RowConflict if another process was first."""
        now_ms = self._clock()
        org_id = tenants.add_org(conn, slug=BUILT_IN_SLUG, name="Watchkeeper", now_ms=now_ms)
        tenants.add_project(
            conn,
            project_id=BUILT_IN_PROJECT_ID,
            org_id=org_id,
            slug=BUILT_IN_SLUG,
            name="Watchkeeper",
            timezone="UTC",
            now_ms=now_ms,
            built_in=True,
        )

    def _add_org(self, conn: Connection, actor: Principal, *, slug: str, name: str) -> int:
        org_id = tenants.add_org(conn, slug=slug, name=name, now_ms=self._clock())
        self._note(conn, actor, "organisation.created", org_id=org_id, target=slug)
        return org_id

    def _own(
        self, conn: Connection, actor: Principal, org_id: int, user_id: int, email: str
    ) -> None:
        people.add_member(
            conn, org_id=org_id, user_id=user_id, role=Role.OWNER, now_ms=self._clock()
        )
        facts: dict[str, object] = {"role": Role.OWNER.name.lower()}
        self._note(conn, actor, "member.added", org_id=org_id, target=email, facts=facts)

    def _add_project(
        self,
        conn: Connection,
        actor: Principal,
        org_id: int,
        *,
        slug: str,
        name: str,
        timezone: str,
    ) -> Project:
        project_id = tenants.next_project_id(conn)
        tenants.add_project(
            conn,
            project_id=project_id,
            org_id=org_id,
            slug=slug,
            name=name,
            timezone=clean_timezone(timezone),
            now_ms=self._clock(),
        )
        self._note(conn, actor, "project.created", org_id=org_id, target=slug)
        for kind in KeyKind:
            self._add_key(conn, actor, org_id, project_id, kind, label="default")
        return _existing(conn, project_id)

    def _add_key(
        self,
        conn: Connection,
        actor: Principal,
        org_id: int,
        project_id: int,
        kind: KeyKind,
        *,
        label: str,
    ) -> KeyRecord:
        key = keys.add(
            conn,
            project_id=project_id,
            kind=kind,
            key=new_ingest_key(),
            label=label,
            now_ms=self._clock(),
        )
        facts: dict[str, object] = {"kind": str(kind), "project_id": project_id}
        self._note(conn, actor, "key.created", org_id=org_id, target=str(key.id), facts=facts)
        return key


def _existing(conn: Connection, project_id: int) -> Project:
    found = tenants.projects_by_id(conn, [project_id])
    if not found:
        raise NotFound(f"There is no project {project_id}.")
    return found[0]
