"""Uploads: pieces, bundles, single files; and what is not taken."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence

from starlette.responses import Response

from watchkeeper.api.compat.sentry.desk import Asked, Work, iso, json_answer, names, text
from watchkeeper.api.compat.sentry.multipart import Part, parts_of
from watchkeeper.artifacts import (
    CHUNK_BYTES,
    CHUNKS_A_REQUEST,
    MOST_BUNDLE_BYTES,
    Manifest,
    Wanted,
)
from watchkeeper.lib.errors import Invalid, NotFound

_ACCEPTS = ("release_files", "artifact_bundles", "artifact_bundles_v2", "sources")


def chunk_options(asked: Asked) -> Response:
    """How uploads are cut; tools ask this first."""
    org = asked.org()
    prefix = f"/p/{asked.params['project_id']}" if "project_id" in asked.params else ""
    return json_answer(
        {
            "url": f"{asked.desk.base_url}{prefix}/api/0/organizations/{org.slug}/chunk-upload/",
            "chunkSize": CHUNK_BYTES,
            "chunksPerRequest": CHUNKS_A_REQUEST,
            "maxRequestSize": CHUNK_BYTES * CHUNKS_A_REQUEST,
            "maxFileSize": MOST_BUNDLE_BYTES,
            "concurrency": 2,
            "hashAlgorithm": "sha1",
            "compression": ["gzip"],
            "accept": list(_ACCEPTS),
        }
    )


def upload_chunks(asked: Asked) -> Response:
    """Take pieces: fields `file` or `file_gzip`, each with its SHA-1 as file name."""
    scope = asked.scope(writes=True)
    sent = parts_of(asked.body, asked.headers.get("content-type", ""))
    chunks = [(one.filename or "", _unpacked(one)) for one in sent if one.name in _FILES]
    if not chunks:
        raise Invalid("The form has no field `file` or `file_gzip`.")
    asked.desk.uploads.add_chunks(scope.org_id, chunks)
    return Response(status_code=200)


_FILES = frozenset({"file", "file_gzip"})


def _unpacked(part: Part) -> bytes:
    if part.name == "file":
        return part.content
    inflater = zlib.decompressobj(31)
    try:
        content = inflater.decompress(part.content, CHUNK_BYTES + 1)
    except zlib.error as error:
        raise Invalid("A chunk is not valid gzip; send it again.") from error
    if not inflater.eof or len(content) > CHUNK_BYTES:
        raise Invalid(f"A chunk breaks off, or is larger than {CHUNK_BYTES:,} bytes unpacked.")
    return content


def assemble_bundle(asked: Asked) -> Response:
    """Put a bundle together, or say what is missing or how far it is."""
    told = asked.json()
    projects = names(told, "projects")
    if not projects:
        raise Invalid("projects is missing: name one or more by slug.")
    scope = asked.scope(projects, writes=True)
    return _assemble(asked, told, scope.project_ids, release=text(told, "version", 250) or "")


def assemble_release(asked: Asked) -> Response:
    """The older way: a bundle of one release; its manifest names the project."""
    release = asked.params["version"]
    asked.scope(writes=True)
    return _assemble(asked, asked.json(), (), release=release)


def _assemble(
    asked: Asked, told: Mapping[str, object], project_ids: tuple[int, ...], *, release: str
) -> Response:
    org = asked.org()
    wanted = Wanted(
        org_id=org.id,
        project_ids=project_ids,
        checksum=text(told, "checksum", 40) or "",
        chunks=tuple(str(one) for one in names(told, "chunks")),
        release=release,
        dist=text(told, "dist", 64) or "",
    )
    found = asked.desk.uploads.assemble(wanted, _projects_of(asked))
    return json_answer(
        {
            "state": found.state.value,
            "missingChunks": list(found.missing),
            "detail": found.detail or None,
        }
    )


def _projects_of(asked: Asked) -> Callable[[Manifest], Sequence[int]]:
    """The project that a manifest names, if this caller sees it; else those of the organisation."""
    org = asked.org()

    def projects(manifest: Manifest) -> Sequence[int]:
        named = [one.id for one in org.projects if manifest.project in {one.slug, str(one.id)}]
        only = [one.id for one in org.projects] if len(org.projects) == 1 else []
        return named or only

    return projects


def upload_file(asked: Asked) -> Response:
    """Take one file of a release, as tools did before bundles."""
    scope = asked.scope(asked.queries("project") or None, writes=True)
    sent = parts_of(asked.body, asked.headers.get("content-type", ""))
    fields = {one.name: one for one in sent}
    if "file" not in fields:
        raise Invalid("The form has no field `file`.")
    file, named = fields["file"], fields.get("name")
    url = named.content.decode("utf-8", "replace") if named else (file.filename or "")
    dist = fields["dist"].content.decode("utf-8", "replace") if "dist" in fields else ""
    sha1 = asked.desk.uploads.add_file(
        scope.project_ids,
        release=asked.params["version"],
        dist=dist,
        url=url,
        content=file.content,
        headers=_headers(sent),
    )
    told = {"id": sha1, "name": url, "dist": dist or None, "sha1": sha1, "size": len(file.content)}
    return json_answer(
        {**told, "headers": _headers(sent), "dateCreated": iso(asked.desk.clock())}, 201
    )


def _headers(sent: Sequence[Part]) -> dict[str, str]:
    lines = (one.content.decode("utf-8", "replace") for one in sent if one.name == "header")
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def files(asked: Asked) -> Response:
    """The release's files by name, at most 1,000."""
    scope = asked.scope(asked.queries("project") or None)
    found = [
        row
        for project_id in scope.project_ids
        for row in asked.desk.uploads.release_files(scope.only(project_id), asked.params["version"])
    ]
    return json_answer(
        [
            {
                "id": base64.urlsafe_b64encode(str(row["id"]).encode()).decode().rstrip("="),
                "name": row["url"],
                "dist": row["dist"] or None,
                "sha1": row["checksum"],
                "size": row["size_bytes"],
                "headers": row["headers"],
                "dateCreated": iso(row["uploaded_ms"]),
            }
            for row in found
        ]
    )


def delete_file(asked: Asked) -> Response:
    """Delete one file of a release, by the id that `files` tells."""
    scope, sent = asked.scope(asked.queries("project") or None, writes=True), asked.params["file"]
    try:
        number = int(base64.urlsafe_b64decode(sent + "=" * (-len(sent) % 4)))
    except ValueError as error:
        raise NotFound("There is no such file in this release.") from error
    asked.desk.uploads.delete_file(scope, asked.params["version"], number)
    return Response(status_code=204)


def delete_files(asked: Asked) -> Response:
    """Delete every file of a release, which the address names or, in older tools, `name`."""
    scope = asked.scope(asked.queries("project") or None, writes=True)
    release = asked.params.get("version") or asked.query.get("name", "")
    if not release:
        raise Invalid("name is missing: name the release whose files are to be deleted.")
    asked.desk.uploads.delete_release_files(scope, release)
    return Response(status_code=204)


def bundles(asked: Asked) -> Response:
    """The project's bundles, the newest first."""
    return json_answer(
        [
            {
                "bundleId": str(row["id"]),
                "associations": [{"release": row["release"] or None, "dist": row["dist"] or None}],
                "fileCount": row["files"],
                "date": iso(row["uploaded_ms"]),
                "dateModified": iso(row["uploaded_ms"]),
            }
            for row in asked.desk.uploads.bundles(asked.scope())
        ]
    )


def delete_bundle(asked: Asked) -> Response:
    """Delete a bundle by its id."""
    sent = asked.query.get("bundleId", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        raise NotFound("There is no such bundle in this project.")
    asked.desk.uploads.delete_bundle(asked.scope(writes=True), int(sent))
    return Response(status_code=204)


def refused(what: str) -> Work:
    """A route for uploads that are not taken: says so instead of losing them."""

    def refuse(asked: Asked) -> Response:
        asked.org()
        raise Invalid(
            f"{what} are not taken by this server, and nothing was stored. Source maps are: use "
            "`sentry-cli sourcemaps upload`."
        )

    return refuse
