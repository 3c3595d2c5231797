"""Who am I, which organisations and projects are there."""

from __future__ import annotations

from starlette.responses import Response

from watchkeeper.access import KeyKind, KeyRecord, Member, Organisation, Project
from watchkeeper.api.compat.sentry.desk import Asked, iso, json_answer, text
from watchkeeper.api.compat.sentry.found import places
from watchkeeper.api.compat.sentry.paging import offset_of
from watchkeeper.api.compat.sentry.period import range_of
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Role, TimeRange

_READS = ("org:read", "project:read", "event:read", "member:read")
_WRITES = ("project:releases", "project:write", "org:ci", "event:write")


def root(asked: Asked) -> Response:
    """The caller and what the token may do; `sentry-cli info` shows it."""
    caller = asked.caller
    role = max((one.role for one in caller.memberships), default=Role.VIEWER)
    scopes = [*_READS, *(_WRITES if role >= Role.MEMBER else ())]
    return json_answer({"version": "0", "auth": {"scopes": scopes}, "user": _user(asked)})


def regions(_asked: Asked) -> Response:
    """One server is one region, and it needs no name."""
    return json_answer({"regions": []})


def organisations(asked: Asked) -> Response:
    """What the caller can see."""
    found = asked.desk.access.organisations(asked.caller)
    return json_answer([_organisation(asked, one) for one in found])


def organisation(asked: Asked) -> Response:
    """One organisation with its projects."""
    org = asked.org()
    return json_answer(
        {**_organisation(asked, org), "projects": [_project(org, p) for p in org.projects]}
    )


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
            {**_project(org, one), "organization": _organisation(asked, org)}
            for org in found
            for one in org.projects
        ]
    )


def project(asked: Asked) -> Response:
    """One project."""
    org = asked.org()
    one = asked.named(org, asked.params["project"])
    return json_answer({**_project(org, one), "organization": _organisation(asked, org)})


def keys(asked: Asked) -> Response:
    """The project's public keys with their DSN. Needs role member."""
    return json_answer([_key(asked.desk.base_url, one) for one in _public_keys(asked)])


def key(asked: Asked) -> Response:
    """One public key."""
    named = asked.params["key"]
    for one in _public_keys(asked):
        if one.key == named:
            return json_answer(_key(asked.desk.base_url, one))
    raise NotFound(f"The project has no public key {named!r}.")


def add_key(asked: Asked) -> Response:
    """Make a public key; 201. Needs role admin."""
    one = asked.named(asked.org(), asked.params["project"])
    label = text(asked.json(), "name", 64) or "key"
    made = asked.desk.access.create_key(asked.caller, one.id, kind=KeyKind.PUBLIC, label=label)
    return json_answer(_key(asked.desk.base_url, made), 201)


def _public_keys(asked: Asked) -> list[KeyRecord]:
    one = asked.named(asked.org(), asked.params["project"])
    found = asked.desk.access.keys(asked.caller, one.id)
    return [each for each in found if each.kind is KeyKind.PUBLIC]


def _key(base_url: str, one: KeyRecord) -> dict[str, object]:
    scheme, _, host = base_url.partition("://")
    dsn = f"{scheme}://{one.key}@{host}/{one.project_id}"
    security = f"{base_url}/api/{one.project_id}/security/?sentry_key={one.key}"
    return {
        "id": one.key,
        "name": one.label,
        "label": one.label,
        "public": one.key,
        "secret": one.key,
        "projectId": one.project_id,
        "isActive": one.enabled,
        "rateLimit": None,
        "dsn": {
            "public": dsn,
            "secret": f"{scheme}://{one.key}:{one.key}@{host}/{one.project_id}",
            "csp": security,
            "security": security,
        },
        "dateCreated": iso(one.created_ms),
    }


def me(asked: Asked) -> Response:
    """Who the token belongs to."""
    return json_answer(_user(asked))


def members(asked: Asked) -> Response:
    """Everybody in the organisation."""
    org = asked.org()
    found = asked.desk.access.members(asked.caller, org.slug)
    return json_answer([_member(one) for one in found])


def teams(asked: Asked) -> Response:
    """Each organisation is one team, that of its name."""
    org = asked.org()
    return json_answer([_team(org) | {"projects": [_project(org, p) for p in org.projects]}])


def environments(asked: Asked) -> Response:
    """The environments of errors, as tags have them."""
    names: set[str] = set()
    for place in places(asked):
        found = asked.desk.issues.tag_values(place.scope, None, range_of(asked), "environment")
        names |= {value for value, _number, _first, _last in found.values}
    return json_answer([{"id": name, "name": name, "isHidden": False} for name in sorted(names)])


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


def _user(asked: Asked) -> dict[str, object]:
    caller = asked.caller
    return {
        "id": str(caller.user_id or 0),
        "email": caller.email,
        "name": caller.name,
        "username": caller.email,
        "isActive": True,
    }


def _member(one: Member) -> dict[str, object]:
    user = {"id": str(one.user_id), "email": one.email, "name": one.name, "username": one.email}
    return {
        "id": str(one.user_id),
        "email": one.email,
        "name": one.name or one.email,
        "user": user,
        "role": one.role.name.lower(),
        "roleName": one.role.name.title(),
        "pending": False,
        "expired": False,
        "dateCreated": iso(one.since_ms),
    }


def _organisation(asked: Asked, org: Organisation) -> dict[str, object]:
    base_url = asked.desk.base_url
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
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "links": {"organizationUrl": f"{base_url}/o/{org.slug}", "regionUrl": base_url},
    }


def _team(org: Organisation) -> dict[str, object]:
    return {"id": str(org.id), "slug": org.slug, "name": org.name}


def _project(org: Organisation, one: Project) -> dict[str, object]:
    return {
        "id": str(one.id),
        "slug": one.slug,
        "name": one.name,
        "platform": None,
        "platforms": [],
        "dateCreated": None,
        "status": "active",
        "isBookmarked": False,
        "isInternal": one.built_in,
        "isMember": True,
        "isPublic": False,
        "hasAccess": True,
        "environments": list(one.environments),
        "team": _team(org),
        "teams": [_team(org)],
        "features": ["releases"],
    }
