"""Who am I, which organisations and projects are there."""

from __future__ import annotations

from starlette.responses import Response

from watchkeeper.access import KeyKind, Organisation, Project
from watchkeeper.api.compat.sentry.desk import Asked, iso, json_answer
from watchkeeper.api.compat.sentry.paging import offset_of
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Role, TimeRange

_READS = ("org:read", "project:read", "event:read", "member:read")
_WRITES = ("project:releases", "project:write", "org:ci", "event:write")


def root(asked: Asked) -> Response:
    """The caller and what the token may do; `sentry-cli info` shows it."""
    caller = asked.caller
    role = max((one.role for one in caller.memberships), default=Role.VIEWER)
    scopes = [*_READS, *(_WRITES if role >= Role.MEMBER else ())]
    user = {
        "id": str(caller.user_id or 0),
        "email": caller.email,
        "name": caller.name,
        "username": caller.email,
    }
    return json_answer({"version": "0", "auth": {"scopes": scopes}, "user": user})


def regions(_asked: Asked) -> Response:
    """One server is one region, and it needs no name."""
    return json_answer({"regions": []})


def organisations(asked: Asked) -> Response:
    """What the caller can see."""
    found = asked.desk.access.organisations(asked.caller)
    return json_answer([_organisation(one) for one in found])


def organisation(asked: Asked) -> Response:
    """One organisation with its projects."""
    org = asked.org()
    return json_answer({**_organisation(org), "projects": [_project(org, p) for p in org.projects]})


def projects(asked: Asked) -> Response:
    """The organisation's projects, on one page."""
    if asked.query.get("cursor") not in {None, "", "0:0:0"}:
        raise Invalid("There is only one page of projects.")
    org = asked.org()
    return json_answer([_project(org, one) for one in org.projects])


def all_projects(asked: Asked) -> Response:
    """Every project that the caller can see."""
    found = asked.desk.access.organisations(asked.caller)
    return json_answer(
        [
            {**_project(org, one), "organization": _organisation(org)}
            for org in found
            for one in org.projects
        ]
    )


def project(asked: Asked) -> Response:
    """One project."""
    org = asked.org()
    one = asked.named(org, asked.params["project"])
    return json_answer({**_project(org, one), "organization": _organisation(org)})


def keys(asked: Asked) -> Response:
    """The project's public keys with their DSN. Needs role member."""
    org = asked.org()
    one = asked.named(org, asked.params["project"])
    found = asked.desk.access.keys(asked.caller, one.id)
    scheme, _, host = asked.desk.base_url.partition("://")
    return json_answer(
        [
            {
                "id": key.key,
                "name": key.label,
                "label": key.label,
                "public": key.key,
                "projectId": one.id,
                "isActive": key.enabled,
                "dsn": {"public": f"{scheme}://{key.key}@{host}/{one.id}"},
                "dateCreated": iso(key.created_ms),
            }
            for key in found
            if key.kind is KeyKind.PUBLIC
        ]
    )


def monitors(asked: Asked) -> Response:
    """Scheduled jobs of the projects that the caller sees, on one page."""
    if offset_of(asked.query.get("cursor", "")):
        raise Invalid("There is only one page of monitors.")
    org, scope = asked.org(), asked.scope(asked.queries("project") or None)
    now_ms = asked.desk.clock()
    return json_answer(
        [
            {
                "id": f"{project.id}:{one.slug}",
                "slug": one.slug,
                "name": one.slug,
                "status": "active",
                "dateCreated": iso(one.created_ms),
                "project": {"id": str(project.id), "slug": project.slug, "name": project.name},
                "environments": [
                    {"name": each.environment, "status": each.state.status.value}
                    for each in one.environments
                ],
            }
            for project in org.projects
            if project.id in scope.project_ids
            for one in asked.desk.monitors.all(
                scope.only(project.id), TimeRange(now_ms - DAY_MS, now_ms + 1)
            )
        ]
    )


def nothing(asked: Asked) -> Response:
    """An organisation without any: repositories."""
    asked.org()
    return json_answer([])


def _organisation(org: Organisation) -> dict[str, object]:
    return {
        "id": str(org.id),
        "slug": org.slug,
        "name": org.name,
        "dateCreated": iso(0),
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "features": [],
        "status": {"id": "active", "name": "active"},
        "links": {},
    }


def _project(org: Organisation, one: Project) -> dict[str, object]:
    team = {"id": str(org.id), "slug": org.slug, "name": org.name}
    return {
        "id": str(one.id),
        "slug": one.slug,
        "name": one.name,
        "platform": None,
        "status": "active",
        "isMember": True,
        "hasAccess": True,
        "team": team,
        "teams": [team],
        "features": ["releases"],
    }
