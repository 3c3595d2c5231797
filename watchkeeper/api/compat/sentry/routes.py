"""Every address of this API, with and without its last slash, also below /p/<project>."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from watchkeeper.api.compat.sentry import (
    artifacts,
    comments,
    events,
    issues,
    releases,
    stats,
    tags,
    tenants,
)
from watchkeeper.api.compat.sentry.desk import Asked, Desk, Work, answered
from watchkeeper.lib.errors import NotFound

_BASES = ("/api/0", "/p/{project_id:int}/api/0")
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_ORG = "/organizations/{org}"
_PROJECT = "/projects/{org}/{project}"
_DIFS = artifacts.refused("Debug information files (dSYM, ELF, PDB, ProGuard)")
_BUILDS = artifacts.refused("Builds, snapshots and code mappings")

# An issue is found by its number alone, too.
_ISSUE: tuple[tuple[str, str, Work], ...] = (
    ("GET", "/issues/{issue}/events", events.events_of_issue),
    ("GET", "/issues/{issue}/events/{event}", events.event_of_issue),
    ("GET", "/issues/{issue}/tags", tags.tags_of_issue),
    ("GET", "/issues/{issue}/tags/{key}", tags.tag_of_issue),
    ("GET", "/issues/{issue}/tags/{key}/values", tags.tag_values_of_issue),
    ("GET", "/issues/{issue}/hashes", issues.hashes),
    ("GET", "/issues/{issue}/comments", comments.comments),
    ("POST", "/issues/{issue}/comments", comments.add_comment),
    ("GET", "/issues/{issue}/notes", comments.comments),
    ("POST", "/issues/{issue}/notes", comments.add_comment),
    ("GET", "/issues/{issue}", issues.issue),
    ("PUT", "/issues/{issue}", issues.change_issue),
)
_BOTH: tuple[tuple[str, str, Work], ...] = (
    ("GET", "/tags", tags.tags),
    ("GET", "/tags/{key}/values", tags.tag_values),
    ("GET", "/stats", stats.stats),
    ("GET", "/environments", tenants.environments),
    ("GET", "/teams", tenants.teams),
    ("GET", "/members", tenants.members),
)
# A version may hold slashes, so what follows one stands before the address of the release alone.
_RELEASE_ROUTES: tuple[tuple[str, str, Work], ...] = (
    ("GET", "/releases/{version:path}/commits", releases.commits),
    ("GET", "/releases/{version:path}/previous-with-commits", releases.previous),
    ("GET", "/releases/{version:path}/deploys", releases.deploys),
    ("POST", "/releases/{version:path}/deploys", releases.add_deploy),
    ("GET", "/releases/{version:path}/files", artifacts.files),
    ("POST", "/releases/{version:path}/files", artifacts.upload_file),
    ("DELETE", "/releases/{version:path}/files/{file}", artifacts.delete_file),
    ("DELETE", "/releases/{version:path}/files", artifacts.delete_files),
    ("POST", "/releases/{version:path}/assemble", artifacts.assemble_release),
    ("GET", "/releases", releases.releases),
    ("POST", "/releases", releases.add_release),
    ("GET", "/releases/{version:path}", releases.get_release),
    ("PUT", "/releases/{version:path}", releases.change_release),
    ("DELETE", "/releases/{version:path}", releases.delete_release),
)
_ROUTES: tuple[tuple[str, str, Work], ...] = (
    ("GET", "", tenants.root),
    ("GET", "/auth", tenants.me),
    ("GET", "/users/me", tenants.me),
    ("GET", "/users/me/regions", tenants.regions),
    ("GET", "/organizations", tenants.organisations),
    ("GET", "/projects", tenants.all_projects),
    ("GET", f"{_ORG}/projects", tenants.projects),
    ("GET", f"{_ORG}/repos", tenants.nothing),
    ("GET", f"{_ORG}/monitors", tenants.monitors),
    ("GET", f"{_ORG}/issues", issues.issues),
    ("PUT", f"{_ORG}/issues", issues.change_issues),
    ("GET", f"{_PROJECT}/issues", issues.issues),
    ("PUT", f"{_PROJECT}/issues", issues.change_issues),
    *((method, f"{base}{path}", work) for base in ("", _ORG) for method, path, work in _ISSUE),
    ("GET", f"{_ORG}/shortids/{{issue}}", issues.by_short_id),
    ("GET", f"{_ORG}/eventids/{{event}}", events.by_event_id),
    ("GET", f"{_PROJECT}/events", events.events),
    ("GET", f"{_PROJECT}/events/{{event}}", events.event),
    *((method, f"{base}{path}", work) for base in (_ORG, _PROJECT) for method, path, work in _BOTH),
    ("GET", f"{_ORG}/chunk-upload", artifacts.chunk_options),
    ("POST", f"{_ORG}/chunk-upload", artifacts.upload_chunks),
    ("POST", f"{_ORG}/artifactbundle/assemble", artifacts.assemble_bundle),
    ("POST", f"{_ORG}/code-mappings/bulk", _BUILDS),
    ("GET", f"{_PROJECT}/keys", tenants.keys),
    ("POST", f"{_PROJECT}/keys", tenants.add_key),
    ("GET", f"{_PROJECT}/keys/{{key}}", tenants.key),
    ("POST", f"{_PROJECT}/files/difs/assemble", _DIFS),
    ("POST", f"{_PROJECT}/files/dsyms", _DIFS),
    ("GET", f"{_PROJECT}/files/dsyms/unknown", _DIFS),
    ("POST", f"{_PROJECT}/files/proguard-artifact-releases", _DIFS),
    ("POST", f"{_PROJECT}/files/preprodartifacts/assemble", _BUILDS),
    ("GET", f"{_PROJECT}/files/artifact-bundles", artifacts.bundles),
    ("DELETE", f"{_PROJECT}/files/artifact-bundles", artifacts.delete_bundle),
    ("DELETE", f"{_PROJECT}/files/source-maps", artifacts.delete_files),
    *((method, f"{_ORG}{path}", work) for method, path, work in _RELEASE_ROUTES),
    *((method, f"{_PROJECT}{path}", work) for method, path, work in _RELEASE_ROUTES),
    ("GET", _ORG, tenants.organisation),
    ("GET", _PROJECT, tenants.project),
)


def sentry_api_routes(desk: Desk) -> list[BaseRoute]:
    """The routes, those of longer addresses first."""
    return list(_all(desk))


def _all(desk: Desk) -> Iterator[BaseRoute]:
    for base in _BASES:
        for method, path, work in _ROUTES:
            answer = answered(desk, work)
            for slash in ("/", ""):
                yield Route(f"{base}{path}{slash}", answer, methods=[method])
        yield Route(f"{base}/{{rest:path}}", answered(desk, _nothing_here), methods=_METHODS)


def _nothing_here(_asked: Asked) -> Response:
    raise NotFound("This part of the Sentry web API is not there; see docs/wire/sentry-api.md.")
