"""What an address names: one project, an issue, with the organisation around it."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.access import Organisation, Project
from watchkeeper.api.compat.sentry.desk import Asked
from watchkeeper.issues import IssueRef
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Role, Scope

_ALL = "-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A project, and what the caller may do in it."""

    org: Organisation
    project: Project
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIssue:
    """An issue by the name that was asked for, and where it is."""

    place: Place
    ref: IssueRef


def places(asked: Asked) -> list[Place]:
    """The projects of the address or of `project=`, by slug or id; all if none or -1 is named."""
    org = asked.org()
    names = [one for one in asked.queries("project") if one and one != _ALL]
    scope = asked.scope(names or None)
    return [
        Place(org=org, project=one, scope=scope.only(one.id))
        for one in org.projects
        if one.id in scope.project_ids
    ]


def one_place(asked: Asked) -> Place:
    """The one project that is meant. Raises Invalid for several."""
    found = places(asked)
    if len(found) != 1:
        raise Invalid("Name one project: `?project=<slug or id>`.")
    return found[0]


def may_change(scope: Scope) -> None:
    """Raises Forbidden for who may only read."""
    if scope.role < Role.MEMBER:
        raise Forbidden("This token may only read; make one with the role member.")


def issue_named(asked: Asked) -> FoundIssue:
    """The issue of the address, by number or short id, in what the caller sees. Raises NotFound."""
    named = asked.params["issue"]
    found = in_orgs(asked, named)
    if found is None:
        raise NotFound(f"There is no issue {named!r} here, or this token cannot see it.")
    return found


def in_orgs(asked: Asked, named: str) -> FoundIssue | None:
    """The same; None if there is none."""
    ref: IssueRef = int(named) if named.isascii() and named.isdigit() else named
    if isinstance(ref, int) and len(named) > 15:
        return None
    for org in asked.orgs():
        for project in org.projects:
            scope = Scope(
                org_id=org.id,
                project_ids=(project.id,),
                role=org.role,
                user_id=asked.caller.user_id,
            )
            if asked.desk.issues.is_here(scope, ref):
                return FoundIssue(place=Place(org=org, project=project, scope=scope), ref=ref)
    return None
