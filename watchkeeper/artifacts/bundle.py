"""Reads artifact bundles: a ZIP behind eight bytes, told by its `manifest.json`. Trusts nothing."""

from __future__ import annotations

import base64
import binascii
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import msgspec

from watchkeeper.artifacts.addresses import debug_id_of
from watchkeeper.artifacts.errors import BadBundle, BundleTooLarge

MAGIC = b"SYSB"
HEADER_BYTES = 8
MOST_FILES = 20_000
MOST_FILE_BYTES = 128 * 2**20
MOST_BYTES = 2 * 2**30
_MANIFEST_BYTES = 32 * 2**20
_URL = 1_000
_TAIL = 64 * 2**20
_MAP_LINE = re.compile(rb"(?:^|\n)\s*//[#@]\s*sourceMappingURL=(\S+)\s*(?:\n|$)")
_INLINE = re.compile(rb"data:application/json[^,]*;base64,(.*)", re.DOTALL)
_ID_LINE = re.compile(rb"//#\s*debugId=([0-9a-fA-F-]{32,36})")

SCRIPT, SOURCE_MAP = "minified_source", "source_map"
KINDS = frozenset({"source", SCRIPT, SOURCE_MAP, "indexed_ram_bundle"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFile:
    """One uploaded file. map_ref: where a script says its map is; debug_id: 32 hex or empty."""

    kind: str
    url: str
    debug_id: str
    map_ref: str
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class _Entry(msgspec.Struct):
    url: str = ""
    type: str = ""
    headers: dict[str, str] | None = None


class Manifest(msgspec.Struct):
    """What a bundle says of itself."""

    files: dict[str, _Entry] = {}
    org: str | None = None
    project: str | None = None
    release: str | None = None
    dist: str | None = None


class Bundle:
    """An opened bundle. Raises BadBundle or BundleTooLarge, in the constructor or while read."""

    def __init__(self, stream: IO[bytes]) -> None:
        """stream: seekable; read while the bundle is used."""
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise BadBundle("The bundle is no ZIP archive; upload it again.") from error
        self._infos = {info.filename: info for info in self._zip.infolist()}
        _check_sizes(list(self._infos.values()))
        self.manifest = self._manifest()

    def files(self) -> Iterator[ArtifactFile]:
        """Each file that the manifest names, with the map that a script carries inside it."""
        for name, entry in self.manifest.files.items():
            kind = entry.type or "source"
            if kind not in KINDS or not entry.url:
                continue
            content = self._content(name, MOST_FILE_BYTES)
            yield from files_of(
                kind=kind, url=entry.url, content=content, headers=entry.headers or {}
            )

    def _manifest(self) -> Manifest:
        content = self._content("manifest.json", _MANIFEST_BYTES)
        try:
            manifest = msgspec.json.decode(content, type=Manifest)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise BadBundle(f"The bundle's manifest.json cannot be read: {error}.") from error
        if len(manifest.files) > MOST_FILES:
            raise BundleTooLarge(f"A bundle holds at most {MOST_FILES:,} files; upload several.")
        return manifest

    def _content(self, name: str, limit: int) -> bytes:
        info = self._infos.get(name)
        if info is None:
            raise BadBundle(f"The bundle's file {name[:200]} is missing; upload it again.")
        try:
            with self._zip.open(info) as file:
                content = file.read(limit + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise BadBundle(f"The bundle's file {name[:200]} is damaged: {error}.") from error
        except zlib.error as error:
            raise BadBundle(f"The bundle's file {name[:200]} is damaged.") from error
        if len(content) > limit:
            raise BundleTooLarge(f"{name[:200]} is larger than {limit:,} bytes.")
        return content


def _check_sizes(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MOST_FILES + 1:
        raise BundleTooLarge(f"A bundle holds at most {MOST_FILES:,} files; upload several.")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise BundleTooLarge(f"A bundle holds at most {MOST_BYTES:,} bytes; upload several.")


def files_of(
    *, kind: str, url: str, content: bytes, headers: Mapping[str, str]
) -> Iterator[ArtifactFile]:
    """One uploaded file, and behind a script the map that is written into it, if one is."""
    lower = {name.lower(): value for name, value in headers.items()}
    if kind == "source" and _is_map(url, content):
        kind = SOURCE_MAP
    debug_id = debug_id_of(lower.get("debug-id"))
    if not debug_id:
        debug_id = _map_debug_id(content) if kind == SOURCE_MAP else _script_debug_id(content)
    ref, inline = "", None
    if kind != SOURCE_MAP:
        ref = lower.get("sourcemap") or lower.get("x-sourcemap") or ""
        told, inline = _map_line(content)
        ref = ref if ref and not ref.startswith("data:") else told
    yield ArtifactFile(
        kind=kind,
        url=url[:_URL],
        debug_id=debug_id,
        map_ref=ref[:_URL],
        content=content,
        headers={name[:100]: value[:_URL] for name, value in list(headers.items())[:20]},
    )
    if inline is not None:
        yield ArtifactFile(
            kind=SOURCE_MAP,
            url=f"{url[: _URL - 4]}.map",
            debug_id=debug_id or _map_debug_id(inline),
            map_ref="",
            content=inline,
        )


def _is_map(url: str, content: bytes) -> bool:
    return url.endswith(".map") and b'"mappings"' in content


def _map_line(content: bytes) -> tuple[str, bytes | None]:
    """What the script's last `sourceMappingURL` names, and the map if it stands right there."""
    start = content.rfind(b"sourceMappingURL=", -_TAIL)
    if start < 0:
        return "", None
    found = _MAP_LINE.search(content, max(0, content.rfind(b"\n", 0, start)))
    if found is None:
        return "", None
    inline = _INLINE.match(found[1])
    if inline is None:
        return found[1][:_URL].decode("utf-8", "replace"), None
    try:
        return "", base64.b64decode(inline[1], validate=True)
    except binascii.Error:
        return "", None


def _script_debug_id(content: bytes) -> str:
    found = _ID_LINE.search(content[-4_096:])
    return debug_id_of(found[1].decode()) if found else ""


class _MapIds(msgspec.Struct):
    debug_id: str | None = None
    debugId: str | None = None


def _map_debug_id(content: bytes) -> str:
    try:
        ids = msgspec.json.decode(content, type=_MapIds)
    except (msgspec.MsgspecError, RecursionError):
        return ""
    return debug_id_of(ids.debugId) or debug_id_of(ids.debug_id)
