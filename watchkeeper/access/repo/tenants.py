"""SQL of organisations, projects and environments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from watchkeeper.access.names import BUILT_IN_SLUG
from watchkeeper.access.principal import Membership
from watchkeeper.access.types import GROUPED_BEFORE, Project
from watchkeeper.model import Role
from watchkeeper.store.meta import bump, tables

environments = tables.environments
organisations = tables.organisations
projects = tables.projects

PROJECT_IDS = "project_ids"
"""The revision that counts project ids up; the first project is 1."""


def org_by_slug(conn: Connection, slug: str) -> Row[Any] | None:
    """The row of the organisation; None if unknown."""
    return conn.execute(select(organisations).where(organisations.c.slug == slug)).one_or_none()


def org_slugs(conn: Connection) -> list[str]:
    """Every slug that is taken."""
    return list(conn.execute(select(organisations.c.slug)).scalars())


def add_org(conn: Connection, *, slug: str, name: str, now_ms: int) -> int:
    """Returns the new organisation's id."""
    row = {"slug": slug, "name": name, "created_ms": now_ms}
    done = conn.execute(insert(organisations).values(row).returning(organisations.c.id))
    return int(done.scalar_one())


def every_membership(conn: Connection) -> tuple[Membership, ...]:
    """Every organisation, as its owner sees it: for platform admins and the operator."""
    rows = conn.execute(select(organisations).order_by(organisations.c.id)).all()
    ids = project_ids_of(conn, [row.id for row in rows])
    return tuple(as_membership(row, Role.OWNER, ids[row.id]) for row in rows)


def as_membership(org: Row[Any], role: Role, project_ids: Sequence[int]) -> Membership:
    """What someone with this role in the organisation may see."""
    return Membership(
        org_id=org.id,
        org_slug=org.slug,
        org_name=org.name,
        role=role,
        project_ids=tuple(project_ids),
        built_in=org.slug == BUILT_IN_SLUG,
    )


def project_ids_of(conn: Connection, org_ids: Iterable[int]) -> dict[int, list[int]]:
    """Project ids by organisation, ascending; an empty list for one without any."""
    query = select(projects.c.org_id, projects.c.id).where(projects.c.org_id.in_(list(org_ids)))
    found: dict[int, list[int]] = defaultdict(list)
    for org_id, project_id in conn.execute(query.order_by(projects.c.id)):
        found[org_id].append(project_id)
    return found


def project_slugs(conn: Connection, org_id: int) -> list[str]:
    """Every slug that is taken in the organisation."""
    return list(conn.execute(select(projects.c.slug).where(projects.c.org_id == org_id)).scalars())


def project_by_slug(conn: Connection, org_id: int, slug: str) -> Row[Any] | None:
    """The row of the project; None if unknown."""
    query = select(projects).where(projects.c.org_id == org_id, projects.c.slug == slug)
    return conn.execute(query).one_or_none()


def next_project_id(conn: Connection) -> int:
    """A number that no project had before."""
    return bump(conn, PROJECT_IDS)


def add_project(
    conn: Connection,
    *,
    project_id: int,
    org_id: int,
    slug: str,
    name: str,
    timezone: str,
    now_ms: int,
    built_in: bool = False,
) -> None:
    """Add a project under an id from `next_project_id`."""
    row = {
        "id": project_id,
        "org_id": org_id,
        "slug": slug,
        "name": name,
        "timezone": timezone,
        "built_in": built_in,
        "created_ms": now_ms,
    }
    conn.execute(insert(projects).values(row))


def change_project(conn: Connection, project_id: int, changes: dict[str, str]) -> None:
    """Set columns of one project."""
    conn.execute(update(projects).where(projects.c.id == project_id).values(changes))


def change_grouping(conn: Connection, project_id: int, version: int) -> None:
    """Set the version of grouping and note the one before, whose issues go on."""
    of_project = projects.c.id == project_id
    query = select(projects.c.grouping_version, projects.c.settings).where(of_project)
    row = conn.execute(query.with_for_update()).one()
    before = {*row.settings.get(GROUPED_BEFORE, ()), row.grouping_version} - {version}
    settings = {**row.settings, GROUPED_BEFORE: sorted(before)}
    conn.execute(
        update(projects).where(of_project).values(grouping_version=version, settings=settings)
    )


def projects_by_id(conn: Connection, project_ids: Iterable[int]) -> list[Project]:
    """The projects with their environments, by id."""
    wanted = list(project_ids)
    seen: dict[int, list[str]] = defaultdict(list)
    names = select(environments.c.project_id, environments.c.name)
    for project_id, name in conn.execute(
        names.where(environments.c.project_id.in_(wanted)).order_by(environments.c.name)
    ):
        seen[project_id].append(name)
    rows = conn.execute(select(projects).where(projects.c.id.in_(wanted)).order_by(projects.c.id))
    return [as_project(row, tuple(seen[row.id])) for row in rows]


def as_project(row: Row[Any], names: tuple[str, ...]) -> Project:
    """One row of projects with the names of its environments."""
    return Project(
        id=row.id,
        org_id=row.org_id,
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        built_in=row.built_in,
        environments=names,
        grouping_version=row.grouping_version,
    )
