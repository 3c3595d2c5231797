"""Frames of minified JavaScript back to the code that people wrote. See docs/use/source-maps.md."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from watchkeeper.artifacts import repo
from watchkeeper.artifacts.addresses import (
    debug_id_of,
    is_foreign,
    map_urls,
    script_urls,
    source_file,
)
from watchkeeper.artifacts.bundle import SOURCE_MAP
from watchkeeper.artifacts.cache import Recent
from watchkeeper.artifacts.errors import BadSourceMap
from watchkeeper.artifacts.repo import StoredFile
from watchkeeper.artifacts.source_map import Original, SourceMap
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.blobs import Blobs
from watchkeeper.store.meta import Meta

log = structlog.get_logger(__name__)

Frame = MutableMapping[str, Any]

PLATFORMS = frozenset({"javascript", "node"})
"""Platforms whose frames may have a source map."""

CONTEXT_LINES = 5
MOST_MAPS = 24
"""Maps that are opened for one event."""
MOST_MAP_BYTES = 64 * 2**20
"""Longest map that is applied, unpacked."""
MOST_FRAMES = 1_000
_CACHE_BYTES = 96 * 2**20
_LINE_CHARS = 500
_REAL_NAME_CHARS = 4
"""A function name of this length was hardly made by a minifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What decides which maps belong to an event. images: script → debug id."""

    project_id: int
    release: str
    dist: str
    images: dict[str, str]
    at_ms: int


class Symbolicator:
    """Applies source maps to events. Thread-safe; maps that were read are kept in bounded memory.

    An event sees only what was uploaded before it arrived, so that whoever reads it again finds the
    same: that is what lets a digest be replayed.
    """

    def __init__(self, meta: Meta, blobs: Blobs) -> None:
        self._meta, self._blobs = meta, blobs
        self._maps: Recent[str, SourceMap | str] = Recent(_CACHE_BYTES)
        self._found: Recent[tuple[object, ...], Sequence[StoredFile]] = Recent(20_000)
        self._has_maps: dict[int, bool] = {}
        self._generation = 0
        self._used: set[int] = set()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Look everything up anew: files were uploaded or deleted."""
        with self._lock:
            self._generation += 1
            self._found.clear()
            self._has_maps.clear()

    def take_used(self) -> set[int]:
        """Ids of the bundles that were used since the last call."""
        with self._lock:
            used, self._used = self._used, set()
        return used

    def resolved(
        self, project_id: int, payload: bytes, *, at_ms: int, with_notes: bool = False
    ) -> bytes:
        """The event with its frames resolved; the payload itself where nothing was found.

        at_ms: files uploaded later do not count. with_notes: frames say why they were not resolved.
        A resolved frame keeps the one that was sent in `data.minified`.
        """
        if not self._project_has_maps(project_id):
            return payload
        try:
            tree = msgspec.json.decode(payload)
        except msgspec.MsgspecError:
            return payload
        if not isinstance(tree, dict) or tree.get("platform") not in PLATFORMS:
            return payload
        about = _about(tree, project_id, at_ms)
        is_changed = self._resolve(tree, about, with_notes=with_notes)
        return msgspec.json.encode(tree) if is_changed else payload

    def _project_has_maps(self, project_id: int) -> bool:
        known = self._has_maps.get(project_id)
        if known is None:
            generation = self._generation
            with self._meta.read() as conn:
                known = repo.has_any(conn, project_id)
            with self._lock:
                if generation == self._generation:
                    self._has_maps[project_id] = known
        return known

    def _resolve(self, tree: dict[str, Any], about: _Event, *, with_notes: bool) -> bool:
        maps: dict[str, tuple[SourceMap | None, str]] = {}
        is_changed = False
        for frame in _frames(tree):
            script = frame.get("abs_path") or frame.get("filename")
            if not isinstance(script, str) or _is_resolved(frame):
                continue
            if script not in maps:
                room = len(maps) < MOST_MAPS
                maps[script] = self._map_of(script, about) if room else (None, _TOO_MANY)
            source_map, note = maps[script]
            place = _place(frame, source_map)
            if source_map is not None and place is not None:
                _apply(frame, source_map, place, script)
                is_changed = True
            elif with_notes:
                told = note or _UNCOVERED
                frame["data"] = {**_mapping(frame.get("data")), "source_map_note": told}
                is_changed = True
        return is_changed

    def _map_of(self, script: str, about: _Event) -> tuple[SourceMap | None, str]:
        """The map of a script, or a sentence that says why there is none."""
        file = self._file_of(script, about)
        if file is None:
            return None, _missing(script, about)
        if file.size_bytes > MOST_MAP_BYTES:
            return None, f"The source map is larger than {MOST_MAP_BYTES:,} bytes."
        with self._lock:
            self._used.add(file.bundle_id)
        known = self._maps.get(file.blob_key)
        if known is None:
            known = self._load(file.blob_key)
            size = known.size_bytes if isinstance(known, SourceMap) else 1
            self._maps.put(file.blob_key, known, size)
        return (known, "") if isinstance(known, SourceMap) else (None, known)

    def _load(self, blob_key: str) -> SourceMap | str:
        try:
            return SourceMap(zlib.decompress(self._blobs.get(blob_key)))
        except BadSourceMap as error:
            return str(error)
        except (WatchkeeperError, zlib.error) as error:
            log.warning("source_map_unreadable", blob_key=blob_key, error=str(error))
            return "The source map cannot be read from its store."

    def _file_of(self, script: str, about: _Event) -> StoredFile | None:
        debug_id = about.images.get(script)
        if debug_id:
            files = self._look(about.project_id, "id", debug_id)
            if chosen := _chosen(files, about):
                return chosen
        return self._by_release(script, about) if about.release else None

    def _by_release(self, script: str, about: _Event) -> StoredFile | None:
        urls = script_urls(script)
        scripts = self._look(about.project_id, about.release, *urls)
        wanted = []
        for url in urls:
            named = [one for one in scripts if one.url == url and one.kind != SOURCE_MAP]
            if chosen := _chosen(named, about):
                wanted += map_urls(chosen.url, chosen.map_ref)
        wanted += [f"{url}.map" for url in urls]
        maps = self._look(about.project_id, about.release, *wanted)
        for url in wanted:
            named = [one for one in maps if one.url == url and one.kind == SOURCE_MAP]
            if chosen := _chosen(named, about):
                return chosen
        return None

    def _look(self, project_id: int, first: str, *rest: str) -> Sequence[StoredFile]:
        """Files by debug id (`"id", <id>`) or of a release by addresses; remembered."""
        key = (project_id, first, *rest)
        files = self._found.get(key)
        if files is None:
            generation = self._generation
            with self._meta.read() as conn:
                is_id = first == "id" and len(rest) == 1 and bool(debug_id_of(rest[0]))
                files = (
                    repo.by_debug_id(conn, project_id, rest[0], SOURCE_MAP)
                    if is_id
                    else repo.by_url(conn, project_id, first, rest)
                )
            with self._lock:
                if generation == self._generation:  # else something was uploaded meanwhile
                    self._found.put(key, files, 1)
        return files


_TOO_MANY = f"Only the first {MOST_MAPS} scripts of an event are looked up."
_UNCOVERED = "The source map does not cover this place."


def _missing(script: str, about: _Event) -> str:
    if about.images.get(script):
        return "No source map with this script's debug id was uploaded before the event arrived."
    if about.release:
        return f"The release {about.release} has no source map of {script_urls(script)[-1]}."
    return "The script has no debug id and the event no release: its source map cannot be found."


def _about(tree: dict[str, Any], project_id: int, at_ms: int) -> _Event:
    release, dist = tree.get("release"), tree.get("dist")
    return _Event(
        project_id=project_id,
        release=release if isinstance(release, str) else "",
        dist=dist if isinstance(dist, str) else "",
        images=dict(_images(tree)),
        at_ms=at_ms,
    )


def _images(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    images = _mapping(tree.get("debug_meta")).get("images")
    for image in images if isinstance(images, list) else ():
        if isinstance(image, dict) and image.get("type") == "sourcemap":
            debug_id, script = debug_id_of(image.get("debug_id")), image.get("code_file")
            if debug_id and isinstance(script, str):
                yield script, debug_id


def _frames(tree: dict[str, Any]) -> Iterator[Frame]:
    """Every frame of the event, at most MOST_FRAMES."""
    left = MOST_FRAMES
    for stack in _stacks(tree):
        frames = _mapping(stack).get("frames")
        for frame in frames if isinstance(frames, list) else ():
            if isinstance(frame, dict) and left > 0:
                left -= 1
                yield frame


def _stacks(tree: dict[str, Any]) -> Iterator[object]:
    yield tree.get("stacktrace")
    for part in ("exception", "threads"):
        listed = tree.get(part)
        values = listed.get("values") if isinstance(listed, dict) else listed
        for one in values if isinstance(values, list) else ():
            if isinstance(one, dict):
                yield one.get("stacktrace")


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_resolved(frame: Frame) -> bool:
    return "minified" in _mapping(frame.get("data"))


def _chosen(files: Sequence[StoredFile], about: _Event) -> StoredFile | None:
    """The newest that was there when the event arrived; one of its own dist before one of none."""
    there = [one for one in files if one.uploaded_ms <= about.at_ms]
    own = [one for one in there if one.dist == about.dist]
    return next(iter(own or [one for one in there if not one.dist]), None)


def _place(frame: Frame, source_map: SourceMap | None) -> Original | None:
    line, column = frame.get("lineno"), frame.get("colno")
    if source_map is None or not isinstance(line, int) or not isinstance(column, int):
        return None
    return source_map.find(line - 1, column - 1)


def _apply(frame: Frame, source_map: SourceMap, place: Original, script: str) -> None:
    """Write where the frame really is over where it ran."""
    minified = {
        name: frame[name]
        for name in (
            "function",
            "filename",
            "abs_path",
            "lineno",
            "colno",
            "pre_context",
            "context_line",
            "post_context",
        )
        if name in frame
    }
    filename, abs_path = source_file(source_map.sources[place.source], script)
    frame["data"] = {**_mapping(frame.get("data")), "minified": minified}
    frame["filename"], frame["abs_path"] = filename, abs_path
    frame["lineno"], frame["colno"] = place.line + 1, place.column + 1
    frame["function"] = _function(source_map, place, frame.get("function"))
    frame.pop("module", None)
    if place.source in source_map.ignored or is_foreign(filename):
        frame["in_app"] = False
    elif not isinstance(frame.get("in_app"), bool):
        frame["in_app"] = True
    _add_context(frame, source_map.source_lines(place.source), place.line)


def _function(source_map: SourceMap, place: Original, sent: object) -> str:
    """The function's own name, from its source; else a name that no minifier made, else none."""
    found = source_map.function_at(place)
    if found is not None:
        return found
    return sent if isinstance(sent, str) and len(sent) >= _REAL_NAME_CHARS else ""


def _add_context(frame: Frame, lines: Sequence[str], line: int) -> None:
    for name in ("pre_context", "context_line", "post_context"):
        frame.pop(name, None)
    if line < len(lines) and any(lines):
        shown = [text[:_LINE_CHARS] for text in lines[: line + CONTEXT_LINES + 1]]
        frame["pre_context"] = shown[max(0, line - CONTEXT_LINES) : line]
        frame["context_line"] = shown[line]
        frame["post_context"] = shown[line + 1 :]
