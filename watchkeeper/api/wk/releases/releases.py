"""Releases and deploys of a project."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field

from watchkeeper.api.auth import MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.releases.health import HealthAnswer, health_answer
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, RangeQuery, example
from watchkeeper.artifacts import (
    Commit,
    Deploy,
    DeployChange,
    DeployStatus,
    Release,
    ReleaseQuery,
)
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import LiveEvent, LiveTopic

router = LateRouter(tags=["releases"], responses=ERRORS)

StatusName = Literal["started", "in_progress", "success", "failure"]
LONGEST_MS = 4_102_444_800_000


class DeployAnswer(Answer):
    """One time that a release went somewhere. finished_ms, duration_ms: null until it ended."""

    id: int
    deployment_id: str
    release: str
    environment: str
    name: str
    status: StatusName
    started_ms: int
    finished_ms: int | None
    duration_ms: int | None
    url: str


class DeploysAnswer(Answer):
    """Deploys that began in the range, the newest first, at most 1,000."""

    deploys: list[DeployAnswer]


class ReleaseAnswer(Answer):
    """One version. first_seen_ms, last_seen_ms: of its records, null before the first.

    new_issues: first seen in it; regressions: resolved ones that came back in it. events, users:
    errors in the range. deploys: the latest of each environment. health: null without sessions.
    """

    version: str
    created_ms: int
    first_seen_ms: int | None
    last_seen_ms: int | None
    started_ms: int | None
    released_ms: int | None
    url: str
    ref: str
    commits: int
    last_commit: str
    authors: list[str]
    new_issues: int
    regressions: int
    events: int
    users: int
    deploys: list[DeployAnswer]
    health: HealthAnswer | None


class ReleasesAnswer(Answer):
    """A page, the newest first. total: releases of the project; next_offset: null at the end."""

    releases: list[ReleaseAnswer]
    next_offset: int | None
    total: int


class CommitFile(Answer):
    """kind: A added, M modified, D deleted."""

    path: str
    kind: str


class CommitAnswer(Answer):
    """files: empty if the tool did not send them."""

    id: str
    repository: str
    message: str
    author_name: str
    author_email: str
    committed_ms: int | None
    files: list[CommitFile]


class CommitsAnswer(Answer):
    """A release's commits, the newest first."""

    commits: list[CommitAnswer]


class SuspectAnswer(Answer):
    """A commit that changed a file which the error came through.

    path: the file; frame: the call's path; depth: calls from where it happened, 0 right there.
    """

    commit: CommitAnswer
    path: str
    frame: str
    depth: int


class SuspectsAnswer(Answer):
    """The likeliest first, at most five; empty without commits that name their files."""

    release: str
    suspects: list[SuspectAnswer]


class ReleaseFilter(RangeQuery):
    """q: part of the version; env: deployed there, or seen there in the range."""

    q: str = Field(default="", max_length=250)
    env: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)
    offset: int = Field(default=0, ge=0, le=1_000_000)


class DeployFilter(RangeQuery):
    """env, release: only of these."""

    env: str = Field(default="", max_length=64)
    release: str | None = Field(default=None, max_length=250)


class DeployBody(Body):
    """What a deploy script says, at the start, on the way, or once at the end.

    deployment_id: a later word with the same one changes the same deploy. Fields that are left out
    stay as they are; at first: status success, environment production, times now.
    """

    model_config = example(
        deployment_id="deploy-42",
        release="shop@1.2.0",
        environment="production",
        status="success",
        duration_ms=45_000,
    )
    deployment_id: str = Field(default="", max_length=100)
    release: str | None = Field(default=None, max_length=250)
    environment: str | None = Field(default=None, min_length=1, max_length=64)
    name: str | None = Field(default=None, max_length=200)
    status: StatusName | None = None
    started_ms: int | None = Field(default=None, ge=0, le=LONGEST_MS)
    finished_ms: int | None = Field(default=None, ge=0, le=LONGEST_MS)
    duration_ms: int | None = Field(default=None, ge=0, le=366 * DAY_MS)
    url: str | None = Field(default=None, max_length=1_000)


@router.get("/projects/{project_id}/releases")
def list_releases(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[ReleaseFilter, Query()]
) -> ReleasesAnswer:
    """Releases, the newest first; errors of the last 14 days if no range is given."""
    found, total = rooms.releases.page(
        scope,
        ReleaseQuery(
            range=query.within(rooms.clock(), default_ms=14 * DAY_MS),
            text=query.q,
            environment=query.env,
            limit=query.limit + 1,
            offset=query.offset,
        ),
    )
    has_more = len(found) > query.limit
    return ReleasesAnswer(
        releases=[_release(one) for one in found[: query.limit]],
        next_offset=query.offset + query.limit if has_more else None,
        total=total,
    )


@router.get("/projects/{project_id}/deploys")
def list_deploys(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[DeployFilter, Query()]
) -> DeploysAnswer:
    """Deploys that began in the range, for charts to mark; the last 14 days by default."""
    found = rooms.releases.deploys(
        scope,
        span=query.within(rooms.clock(), default_ms=14 * DAY_MS),
        release=query.release,
        environment=query.env,
    )
    return DeploysAnswer(deploys=[_deploy(one) for one in found])


@router.post("/projects/{project_id}/deploys", status_code=201)
def note_deploy(
    rooms: RoomsHere, scope: MemberScope, body: DeployBody, response: Response
) -> DeployAnswer:
    """Note a deploy, or what became of one. Needs role member."""
    change = DeployChange(
        deployment_id=body.deployment_id,
        release=body.release,
        environment=body.environment,
        name=body.name,
        status=DeployStatus(body.status) if body.status else None,
        started_ms=body.started_ms,
        finished_ms=body.finished_ms,
        duration_ms=body.duration_ms,
        url=body.url,
    )
    deploy = rooms.releases.put_deploy(scope, change)
    rooms.live.publish(
        LiveEvent(scope.project_id, LiveTopic.ISSUES, {"deploy": deploy.deployment_id})
    )
    response.headers["location"] = f"/api/wk/projects/{scope.project_id}/deploys"
    return _deploy(deploy)


@router.get("/projects/{project_id}/releases/{version:path}/commits")
def list_commits(rooms: RoomsHere, scope: ViewerScope, version: str) -> CommitsAnswer:
    """The commits of a release, the newest first."""
    return CommitsAnswer(commits=[_commit(one) for one in rooms.releases.commits(scope, version)])


@router.get("/projects/{project_id}/releases/{version:path}")
def get_release(
    rooms: RoomsHere, scope: ViewerScope, version: str, query: Annotated[RangeQuery, Query()]
) -> ReleaseAnswer:
    """One release; errors of the last 14 days if no range is given."""
    span = query.within(rooms.clock(), default_ms=14 * DAY_MS)
    return _release(rooms.releases.get(scope, version, span)[0])


@router.get("/projects/{project_id}/issues/{short_id}/events/{which}/suspects")
def list_suspects(
    rooms: RoomsHere, scope: ViewerScope, short_id: str, which: str
) -> SuspectsAnswer:
    """Commits that may have caused an error: of its release, by the files it came through."""
    event = rooms.issues.event(scope, short_id, which)
    frames = [
        frame
        for exception in sorted(event.stacks.exceptions, key=lambda one: one.depth)
        for frame in (
            exception.frames if event.stacks.is_newest_first else reversed(exception.frames)
        )
    ]
    paths = [f.filename or f.abs_path for f in frames or event.stacks.frames if f.is_in_app]
    found = rooms.releases.suspects(scope, event.release, paths) if event.release else []
    return SuspectsAnswer(
        release=event.release,
        suspects=[
            SuspectAnswer(
                commit=_commit(one.commit), path=one.path, frame=one.frame, depth=one.depth
            )
            for one in found
        ],
    )


def _release(one: Release) -> ReleaseAnswer:
    return ReleaseAnswer(
        version=one.version,
        created_ms=one.created_ms,
        first_seen_ms=one.first_seen_ms,
        last_seen_ms=one.last_seen_ms,
        started_ms=one.started_ms,
        released_ms=one.released_ms,
        url=one.url,
        ref=one.ref,
        commits=one.commits,
        last_commit=one.last_commit,
        authors=list(one.authors),
        new_issues=one.new_issues,
        regressions=one.regressions,
        events=one.events,
        users=one.users,
        deploys=[_deploy(each) for each in one.deploys],
        health=health_answer(one.health),
    )


def _deploy(one: Deploy) -> DeployAnswer:
    return DeployAnswer(
        id=one.id,
        deployment_id=one.deployment_id,
        release=one.release,
        environment=one.environment,
        name=one.name,
        status=one.status.value,
        started_ms=one.started_ms,
        finished_ms=one.finished_ms,
        duration_ms=one.duration_ms,
        url=one.url,
    )


def _commit(one: Commit) -> CommitAnswer:
    return CommitAnswer(
        id=one.id,
        repository=one.repository,
        message=one.message,
        author_name=one.author_name,
        author_email=one.author_email,
        committed_ms=one.committed_ms,
        files=[CommitFile(path=path, kind=kind) for path, kind in one.files],
    )
