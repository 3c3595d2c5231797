"""Releases, their commits and deploys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from watchkeeper.access import Organisation
from watchkeeper.api.compat.sentry.desk import Asked, instant, iso, json_answer, names, text
from watchkeeper.api.compat.sentry.paging import link_to, offset_of, per_page
from watchkeeper.artifacts import (
    Commit,
    Deploy,
    DeployChange,
    DeployStatus,
    Release,
    ReleaseChange,
    ReleaseQuery,
)
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope, TimeRange


def releases(asked: Asked) -> Response:
    """Releases, the newest first; `Link` leads to the next page."""
    org = asked.org()
    scope = asked.scope(asked.queries("project") or None)
    offset = offset_of(asked.query.get("cursor", ""))
    limit = per_page(asked.query.get("per_page", ""))
    now_ms = asked.desk.clock()
    query = ReleaseQuery(
        range=TimeRange(now_ms - 30 * DAY_MS, now_ms + 1),
        text=asked.query.get("query", "")[:250],
        environment=asked.query.get("environment", "")[:64],
        limit=limit + 1,
        offset=offset,
    )
    found, _total = asked.desk.releases.page(scope, query)
    told = [_told(org, scope, [one]) for one in found[:limit]]
    link = link_to(asked.address, asked.sent, offset, limit, has_more=len(found) > limit)
    return json_answer(told, headers={"link": link})


def add_release(asked: Asked) -> Response:
    """Make a release in the projects named, or change what is there: 201 or 208."""
    told = asked.json()
    version = text(told, "version", 300)
    if not version:
        raise Invalid("version is missing.")
    projects = names(told, "projects")
    if told.get("status") == "archived":
        raise Invalid(
            "Releases are not archived here, and nothing was changed: delete it to forget it."
        )
    if told.get("status") == "open" and not projects:  # `releases restore`: it was never archived
        scope = _where_it_is(asked, asked.scope(writes=True), version)
        return _put(asked, version, told, scope=scope)
    if not projects and "project" not in asked.params:
        raise Invalid("projects is missing: name one or more by slug.")
    return _put(asked, version, told, scope=asked.scope(projects, writes=True))


def change_release(asked: Asked) -> Response:
    """Change a release; also the one way in which older tools make it."""
    told = asked.json()
    scope = asked.scope(names(told, "projects") or asked.queries("project") or None, writes=True)
    if not names(told, "projects") and "project" not in asked.params:
        scope = _where_it_is(asked, scope, asked.params["version"])
    return _put(asked, asked.params["version"], told, scope=scope, is_change=True)


def get_release(asked: Asked) -> Response:
    """One release. 404 if no project has it."""
    org, scope = asked.org(), asked.scope(asked.queries("project") or None)
    return json_answer(_told(org, scope, asked.desk.releases.get(scope, asked.params["version"])))


def delete_release(asked: Asked) -> Response:
    """Forget a release."""
    asked.desk.releases.delete(asked.scope(writes=True), asked.params["version"])
    return Response(status_code=204)


def previous(asked: Asked) -> Response:
    """The release before, whose commits are known; `{}` if there is none."""
    org, scope = asked.org(), asked.scope()
    found = asked.desk.releases.previous_with_commits(scope, asked.params["version"])
    return json_answer(_told(org, scope, [found]) if found else {})


def commits(asked: Asked) -> Response:
    """The release's commits, the newest first."""
    found = asked.desk.releases.commits(asked.scope(), asked.params["version"])
    return json_answer([_told_commit(one) for one in found])


def deploys(asked: Asked) -> Response:
    """The release's deploys, the newest first."""
    scope, version = asked.scope(), asked.params["version"]
    asked.desk.releases.get(scope, version)
    return json_answer(
        [_told_deploy(o) for o in asked.desk.releases.deploys(scope, release=version)]
    )


def add_deploy(asked: Asked) -> Response:
    """Note that a release was deployed, in each of its projects."""
    told, version = asked.json(), asked.params["version"]
    scope = asked.scope(names(told, "projects") or None, writes=True)
    if not names(told, "projects") and "project" not in asked.params:
        scope = _where_it_is(asked, scope, asked.params["version"])
    asked.desk.releases.get(scope, version)
    change = _deploy_change(told, version, asked.desk.clock())
    made = [
        asked.desk.releases.put_deploy(scope.only(project_id), change)
        for project_id in scope.project_ids
    ]
    return json_answer(_told_deploy(made[0]), 201)


def _where_it_is(asked: Asked, scope: Scope, version: str) -> Scope:
    """The projects that have the release. Raises NotFound."""
    found = asked.desk.releases.get(scope, version)
    ids = tuple(one.project_id for one in found)
    return Scope(org_id=scope.org_id, project_ids=ids, role=scope.role, user_id=scope.user_id)


def _deploy_change(told: Mapping[str, object], version: str, now_ms: int) -> DeployChange:
    environment = text(told, "environment", 64)
    if not environment:
        raise Invalid("environment is missing.")
    finished_ms = instant(told.get("dateFinished"), "dateFinished") or now_ms
    return DeployChange(
        release=version,
        environment=environment,
        name=text(told, "name", 200),
        status=DeployStatus.SUCCESS,
        started_ms=instant(told.get("dateStarted"), "dateStarted") or finished_ms,
        finished_ms=finished_ms,
        url=text(told, "url"),
    )


def _put(
    asked: Asked,
    version: str,
    told: Mapping[str, object],
    *,
    scope: Scope,
    is_change: bool = False,
) -> Response:
    change = ReleaseChange(
        url=text(told, "url"),
        ref=text(told, "ref", 250),
        started_ms=instant(told.get("dateStarted"), "dateStarted"),
        released_ms=instant(told.get("dateReleased"), "dateReleased"),
    )
    sent = _commits(told)
    found, is_new = asked.desk.releases.put(scope, version, change)
    if sent is not None:
        asked.desk.releases.set_commits(scope, version, sent)
        found = asked.desk.releases.get(scope, version)
    status = 200 if is_change else 201 if is_new else 208
    return json_answer(_told(asked.org(), scope, found), status)


def _commits(told: Mapping[str, object]) -> list[Commit] | None:
    """Commits with their files, or the heads that `refs` names; None if neither was said."""
    sent = told.get("commits")
    refs = told.get("refs") if sent is None else None
    if sent is None and refs is None:
        return None
    listed = sent if sent is not None else refs
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Invalid("commits and refs must be lists of objects.")
    return [_commit(one) if sent is not None else _head(one) for one in listed]


def _head(one: Mapping[str, object]) -> Commit:
    return Commit(id=text(one, "commit", 64) or "", repository=text(one, "repository", 200) or "")


def _commit(one: Mapping[str, object]) -> Commit:
    id_ = text(one, "id", 64)
    if not id_:
        raise Invalid("A commit needs an id.")
    return Commit(
        id=id_,
        repository=text(one, "repository", 200) or "",
        message=text(one, "message", 4_000) or "",
        author_name=text(one, "author_name", 200) or "",
        author_email=text(one, "author_email", 254) or "",
        committed_ms=instant(one.get("timestamp"), "timestamp"),
        files=_files(one.get("patch_set")),
    )


def _files(sent: object) -> list[tuple[str, str]]:
    return [
        (str(one["path"]), str(one.get("type", "M"))[:1])
        for one in (sent if isinstance(sent, list) else ())
        if isinstance(one, dict) and isinstance(one.get("path"), str)
    ]


def _told(org: Organisation, scope: Scope, found: Sequence[Release]) -> dict[str, object]:
    """One release over the projects that have it."""
    first = found[0]
    ids = {one.project_id for one in found}
    people = [name for one in found for name in one.authors]
    deploys = sorted((d for one in found for d in one.deploys), key=lambda d: -d.started_ms)
    last_commit = next((one.last_commit for one in found if one.last_commit), "")
    last_seen = [one.last_seen_ms for one in found if one.last_seen_ms is not None]
    first_seen = [one.first_seen_ms for one in found if one.first_seen_ms is not None]
    return {
        "id": f"{scope.org_id}:{first.version}",
        "version": first.version,
        "shortVersion": first.version[:12] if len(first.version) == 40 else first.version,
        "versionInfo": {"description": first.version, "version": {"raw": first.version}},
        "status": "open",
        "ref": first.ref or None,
        "url": first.url or None,
        "dateCreated": iso(first.created_ms),
        "dateStarted": iso(first.started_ms),
        "dateReleased": iso(first.released_ms),
        "firstEvent": iso(min(first_seen, default=None)),
        "lastEvent": iso(max(last_seen, default=None)),
        "newGroups": sum(one.new_issues for one in found),
        "commitCount": max(one.commits for one in found),
        "deployCount": len(deploys),
        "authors": [{"name": name} for name in dict.fromkeys(people)],
        "lastCommit": {"id": last_commit} if last_commit else None,
        "lastDeploy": _told_deploy(deploys[0]) if deploys else None,
        "owner": None,
        "data": {},
        "projects": [
            {"id": p.id, "slug": p.slug, "name": p.name, "newGroups": 0}
            for p in org.projects
            if p.id in ids
        ],
    }


def _told_commit(one: Commit) -> dict[str, object]:
    author = {"name": one.author_name, "email": one.author_email}
    return {
        "id": one.id,
        "message": one.message,
        "dateCreated": iso(one.committed_ms),
        "repository": {"name": one.repository},
        "author": author,
    }


def _told_deploy(one: Deploy) -> dict[str, object]:
    return {
        "id": str(one.id),
        "environment": one.environment,
        "name": one.name or None,
        "url": one.url or None,
        "dateStarted": iso(one.started_ms),
        "dateFinished": iso(one.finished_ms),
    }
