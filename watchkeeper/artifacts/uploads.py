"""Takes uploads: pieces, bundles made of them, and single files."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

import structlog

from watchkeeper.artifacts import repo
from watchkeeper.artifacts.bundle import MOST_FILE_BYTES, ArtifactFile, Bundle, Manifest, files_of
from watchkeeper.artifacts.errors import BadBundle, BundleTooLarge
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.errors import Invalid, NotFound, WatchkeeperError
from watchkeeper.model import Scope
from watchkeeper.store.blobs import BlobMissing, Blobs
from watchkeeper.store.meta import Meta, RowConflict

log = structlog.get_logger(__name__)

CHUNK_BYTES = 4 * 2**20
CHUNKS_A_REQUEST = 3
"""With CHUNK_BYTES: a request stays below the longest body that the server takes."""
MOST_BUNDLE_BYTES = 512 * 2**20
MOST_WAITING_BYTES = 4 * 2**30
"""Pieces of one organisation that wait to be put together."""
WAIT_S = 2.0
"""How long an answer waits for a bundle before it says that the work goes on."""
_CHUNKS_KEPT_MS = DAY_MS
_MOST_CHUNKS = MOST_BUNDLE_BYTES // 4096
_FAILURES_KEPT = 100
_HEX = frozenset("0123456789abcdef")


class State(StrEnum):
    """How far a bundle is, in the words of its uploaders."""

    NOT_FOUND = "not_found"
    ASSEMBLING = "assembling"
    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What became of a bundle. missing: SHA-1 of pieces that were never sent."""

    state: State
    missing: Sequence[str] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A bundle that is to be put together. project_ids empty: those that its manifest names."""

    org_id: int
    project_ids: tuple[int, ...]
    checksum: str
    chunks: tuple[str, ...]
    release: str = ""
    dist: str = ""


class Uploads:
    """Keeps what sentry-cli and bundlers send. Thread-safe; every method blocks.

    told: called after files were added or deleted. One bundle at a time is put together, in a
    thread of its own; who asks meanwhile hears that it goes on.
    """

    def __init__(self, meta: Meta, blobs: Blobs, clock: Clock, *, told: Callable[[], None]) -> None:
        self._meta, self._blobs, self._clock, self._told = meta, blobs, clock, told
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="assemble")
        self._running: dict[Wanted, Future[None]] = {}
        self._failed: dict[Wanted, str] = {}
        self._lock = threading.Lock()

    # Pieces

    def add_chunks(self, org_id: int, chunks: Iterable[tuple[str, bytes]]) -> None:
        """Keep pieces for a day. Raises Invalid for one whose SHA-1 is another, BundleTooLarge."""
        now_ms = self._clock()
        for checksum, content in chunks:
            if hashlib.sha1(content, usedforsecurity=False).hexdigest() != checksum:
                raise Invalid(f"The chunk {checksum[:40]} does not have this SHA-1; send it again.")
            if len(content) > CHUNK_BYTES:
                raise BundleTooLarge(f"A chunk holds at most {CHUNK_BYTES:,} bytes.")
            with self._meta.read() as conn:
                waiting = repo.chunk_bytes(conn, org_id)
            if waiting + len(content) > MOST_WAITING_BYTES:
                raise BundleTooLarge(
                    f"More than {MOST_WAITING_BYTES:,} bytes wait to be put together; try tomorrow."
                )
            self._blobs.put(_chunk_key(org_id, checksum), content)
            with self._meta.write() as conn:
                repo.add_chunk(conn, org_id, checksum, size_bytes=len(content), now_ms=now_ms)

    # Bundles

    def assemble(
        self,
        wanted: Wanted,
        projects_of: Callable[[Manifest], Sequence[int]],
        *,
        wait_s: float = WAIT_S,
    ) -> Assembly:
        """Say how far a bundle is; begin to put it together once all its pieces are here.

        projects_of: which projects a manifest means, asked if `wanted` names none.
        """
        _check(wanted)
        if wanted.project_ids and self._is_stored(wanted):
            return Assembly(state=State.OK)
        with self._lock:
            running = self._running.get(wanted)
            if running is None and (failure := self._failed.pop(wanted, None)):
                return Assembly(state=State.ERROR, detail=failure)
        if running is None:
            missing = self._missing(wanted)
            if missing:
                return Assembly(state=State.NOT_FOUND, missing=missing)
            running = self._begin(wanted, projects_of)
        with suppress(TimeoutError):
            running.result(wait_s)
        return self._told_of(wanted, running)

    def _begin(
        self, wanted: Wanted, projects_of: Callable[[Manifest], Sequence[int]]
    ) -> Future[None]:
        with self._lock:
            if wanted not in self._running:
                future = self._worker.submit(self._assemble, wanted, projects_of)
                self._running[wanted] = future
            return self._running[wanted]

    def _told_of(self, wanted: Wanted, running: Future[None]) -> Assembly:
        if not running.done():
            return Assembly(state=State.ASSEMBLING)
        with self._lock:
            failure = self._failed.pop(wanted, None)
        return Assembly(state=State.ERROR, detail=failure) if failure else Assembly(state=State.OK)

    def _assemble(self, wanted: Wanted, projects_of: Callable[[Manifest], Sequence[int]]) -> None:
        """The work itself, in the worker's thread. A failure is kept for who asks next."""
        failure = ""
        try:
            with tempfile.TemporaryFile() as file:
                size_bytes = self._join(wanted, file)
                bundle = Bundle(file)
                self._store(wanted, bundle, size_bytes, projects_of)
        except WatchkeeperError as error:
            failure = str(error)
        except Exception as error:  # a worker's top: nobody else would hear of it
            log.exception("bundle_not_assembled", error=str(error))
            failure = "The bundle cannot be put together; see the server's log."
        with self._lock:
            self._running.pop(wanted, None)
            if failure:
                self._failed[wanted] = failure
                while len(self._failed) > _FAILURES_KEPT:
                    self._failed.pop(next(iter(self._failed)))

    def _join(self, wanted: Wanted, file: IO[bytes]) -> int:
        """Write the pieces one behind the other; the checksum is of the whole."""
        digest, size = hashlib.sha1(usedforsecurity=False), 0
        for checksum in wanted.chunks:
            try:
                content = self._blobs.get(_chunk_key(wanted.org_id, checksum))
            except BlobMissing as error:
                raise BadBundle(f"The chunk {checksum} is gone; upload again.") from error
            digest.update(content)
            size += file.write(content)
        if digest.hexdigest() != wanted.checksum:
            raise BadBundle("The chunks together do not have the bundle's SHA-1; upload again.")
        file.seek(0)
        return size

    def _store(
        self,
        wanted: Wanted,
        bundle: Bundle,
        size_bytes: int,
        projects_of: Callable[[Manifest], Sequence[int]],
    ) -> None:
        project_ids = wanted.project_ids or tuple(projects_of(bundle.manifest))
        if not project_ids:
            raise BadBundle("The bundle names no project; upload it with --project.")
        release = wanted.release or bundle.manifest.release or ""
        dist = wanted.dist or bundle.manifest.dist or ""
        rows: dict[int, list[dict[str, Any]]] = {project_id: [] for project_id in project_ids}
        for file in bundle.files():
            packed = zlib.compress(file.content, 6)
            for project_id in project_ids:
                rows[project_id].append(self._keep(project_id, file, packed))
        if not any(rows.values()):
            raise BadBundle("The bundle holds no script and no source map.")
        is_findable = release or any(row["debug_id"] for row in rows[project_ids[0]])
        if not is_findable:
            raise BadBundle(
                "The files have neither debug ids nor a release; run `sourcemaps inject` first, or "
                "name the release with --release."
            )
        for project_id, files in rows.items():
            self._add(project_id, wanted.checksum, release, dist, size_bytes, files)

    def _add(
        self,
        project_id: int,
        checksum: str,
        release: str,
        dist: str,
        size_bytes: int,
        files: Sequence[Mapping[str, Any]],
    ) -> None:
        now_ms = self._clock()
        row = {
            "project_id": project_id,
            "checksum": checksum,
            "release": release[:250],
            "dist": dist[:64],
            "size_bytes": size_bytes,
            "files": len(files),
            "uploaded_ms": now_ms,
            "used_ms": now_ms,
        }
        with suppress(RowConflict), self._meta.write() as conn:
            repo.add_bundle(conn, row, files)
        self._told()

    def _keep(self, project_id: int, file: ArtifactFile, packed: bytes) -> dict[str, Any]:
        """Store a file's bytes under their own hash; returns its row."""
        key = f"{project_id}/sourcemaps/{hashlib.sha256(file.content).hexdigest()[:40]}"
        self._blobs.put(key, packed)
        return {
            "kind": file.kind,
            "url": file.url,
            "debug_id": file.debug_id,
            "map_ref": file.map_ref,
            "blob_key": key,
            "size_bytes": len(file.content),
            "headers": dict(file.headers),
        }

    def _is_stored(self, wanted: Wanted) -> bool:
        with self._meta.read() as conn:
            return all(
                repo.bundle_id(
                    conn,
                    project_id,
                    checksum=wanted.checksum,
                    release=wanted.release,
                    dist=wanted.dist,
                )
                for project_id in wanted.project_ids
            )

    def _missing(self, wanted: Wanted) -> list[str]:
        with self._meta.read() as conn:
            known = repo.known_chunks(conn, wanted.org_id, wanted.chunks)
        missing = [one for one in dict.fromkeys(wanted.chunks) if one not in known]
        if not missing and sum(known[one] for one in wanted.chunks) > MOST_BUNDLE_BYTES:
            raise BundleTooLarge(f"A bundle holds at most {MOST_BUNDLE_BYTES:,} bytes.")
        return missing

    # Single files, as older tools send them

    def add_file(
        self,
        project_ids: Sequence[int],
        *,
        release: str,
        dist: str,
        url: str,
        content: bytes,
        headers: Mapping[str, str],
    ) -> str:
        """Keep one file of a release; returns its SHA-1."""
        if not url or not release:
            raise Invalid("A release file needs a name such as ~/app.js, and its release.")
        if len(content) > MOST_FILE_BYTES:
            raise BundleTooLarge(f"A file holds at most {MOST_FILE_BYTES:,} bytes.")
        sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        named = hashlib.sha1(f"{url}\n{sha1}".encode(), usedforsecurity=False).hexdigest()
        kind = "source_map" if url.endswith(".map") else "minified_source"
        for project_id in project_ids:
            rows = [
                self._keep(project_id, file, zlib.compress(file.content, 6))
                for file in files_of(kind=kind, url=url, content=content, headers=headers)
            ]
            self._add(project_id, named, release, dist, len(content), rows)
        return sha1

    # What is there

    def bundles(self, scope: Scope, *, limit: int = 100) -> list[dict[str, Any]]:
        """The projects' bundles, the newest first."""
        with self._meta.read() as conn:
            return [
                dict(row._mapping) for row in repo.bundles(conn, scope.project_ids, limit=limit)
            ]

    def release_files(
        self, scope: Scope, release: str, *, limit: int = 1_000, offset: int = 0
    ) -> list[dict[str, Any]]:
        """Files of a release by address, of the scope's single project."""
        with self._meta.read() as conn:
            rows = repo.of_release(conn, scope.project_id, release, limit=limit, offset=offset)
        return [dict(row._mapping) for row in rows]

    def delete_bundle(self, scope: Scope, bundle_id: int) -> None:
        """Delete a bundle of the scope. Raises NotFound."""
        with self._meta.write() as conn:
            if repo.project_of_bundle(conn, bundle_id) not in scope.project_ids:
                raise NotFound("There is no such bundle in this project.")
            keys = repo.delete_bundle(conn, bundle_id)
        self._drop(keys)

    def delete_file(self, scope: Scope, release: str, file_id: int) -> None:
        """Delete one file of a release in the scope. Raises NotFound."""
        with self._meta.write() as conn:
            if not repo.is_file_of(conn, file_id, scope.project_ids, release):
                raise NotFound("There is no such file in this release.")
            key = repo.delete_file(conn, file_id)
        self._drop([key] if key else [])

    def delete_release_files(self, scope: Scope, release: str) -> None:
        """Delete every bundle that was uploaded for a release in the scope."""
        with self._meta.write() as conn:
            bundles = repo.bundles_of_release(conn, scope.project_ids, release)
            keys = [key for one in bundles for key in repo.delete_bundle(conn, one)]
        self._drop(keys)

    # Upkeep

    def expire(self, *, keep_ms: int, used: Iterable[int] = ()) -> int:
        """Delete bundles unused for longer than `keep_ms`, and old pieces; returns their number.

        used: bundles that were used since the last call.
        """
        now_ms, used = self._clock(), list(used)
        with self._meta.write() as conn:
            if used:
                repo.touch_bundles(conn, used, now_ms)
            old = repo.unused_bundles(conn, now_ms - keep_ms)
            keys = [key for one in old for key in repo.delete_bundle(conn, one)]
            pieces = repo.old_chunks(conn, now_ms - _CHUNKS_KEPT_MS)
            for org_id, checksum in pieces:
                repo.forget_chunk(conn, org_id, checksum)
        for org_id, checksum in pieces:
            self._blobs.delete(_chunk_key(org_id, checksum))
        self._drop(keys)
        return len(old)

    def _drop(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._blobs.delete(key)
        self._told()

    def close(self) -> None:
        """Wait for the bundle in hand; begin no other."""
        self._worker.shutdown(wait=True, cancel_futures=True)


def _chunk_key(org_id: int, checksum: str) -> str:
    return f"chunks/{org_id}/{checksum}"


def _check(wanted: Wanted) -> None:
    for checksum in (wanted.checksum, *wanted.chunks):
        if len(checksum) != 40 or not set(checksum) <= _HEX:
            raise Invalid("A checksum is a SHA-1 in 40 lower-case hex digits.")
    if not 0 < len(wanted.chunks) <= _MOST_CHUNKS:
        raise Invalid("A bundle is made of one chunk or more.")
