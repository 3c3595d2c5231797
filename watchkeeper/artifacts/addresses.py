"""Addresses of scripts, their maps and their sources: how the three find each other. Pure."""

from __future__ import annotations

import re
from posixpath import normpath
from urllib.parse import urljoin, urlsplit

_QUERY = re.compile(r"[?#].*$", re.DOTALL)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BUNDLER = re.compile(
    r"^(?:webpack(?:-internal)?|turbopack|rollup|vite|ng|parcel)://(?:[^/]*/)?(?:\([^)]*\)/)?/?"
    r"(?:\[project\]/)?",
    re.IGNORECASE,
)
_DEBUG_ID = re.compile(r"[0-9a-f]{32}")
_FOREIGN = re.compile(
    r"(?:^|/)node_modules/|(?:^|/)\(?webpack\)?/(?:bootstrap|runtime|universal)|^external |^\0"
    r"|(?:^|/)(?:vite|rolldown)/(?:modulepreload-polyfill|preload-helper|runtime)|(?:^|/)~/"
)


def debug_id_of(sent: object) -> str:
    """A debug id as 32 lower-case hex digits; empty if it is none."""
    if not isinstance(sent, str):
        return ""
    plain = sent.replace("-", "").lower()[:32]
    return plain if _DEBUG_ID.fullmatch(plain) else ""


def script_urls(abs_path: str) -> list[str]:
    """Under which addresses the script of a frame may have been uploaded, the likeliest first."""
    full = _QUERY.sub("", abs_path)
    if not full:
        return []
    if not _SCHEME.match(full):
        return [full, f"~/{full.lstrip('/')}"]
    path = urlsplit(full).path.lstrip("/")
    return [full, f"~/{path}"] if path else [full]


def map_urls(script_url: str, map_ref: str) -> list[str]:
    """Where the map of an uploaded script is: as the script says, else beside it."""
    ref = _QUERY.sub("", map_ref)
    if not ref or ref.startswith("data:"):
        return [f"{script_url}.map"]
    if _SCHEME.match(ref):
        return [ref, *script_urls(ref)[1:]]
    if ref.startswith("~"):
        return [ref]
    return [_joined(script_url, ref)]


def _joined(base: str, ref: str) -> str:
    if _SCHEME.match(base):
        parts = urlsplit(base)
        path = _under(f"{parts.path.rpartition('/')[0]}/{ref}" if ref[0] != "/" else ref)
        return f"{parts.scheme}://{parts.netloc}{path}"
    tilde = "~" if base.startswith("~") else ""
    folder = base.removeprefix("~").rpartition("/")[0]
    return f"{tilde}{_under(f'{folder}/{ref}' if ref[0] != '/' else ref)}"


def _under(path: str) -> str:
    """The path without `.` and `..`; it never leaves its root."""
    return normpath(f"/{path.lstrip('/')}")


def source_file(source: str, script: str) -> tuple[str, str]:
    """A source as people know it: the path they read, and its full address.

    script: the address of the code that ran. The path is the same for every build.
    """
    plain = _QUERY.sub("", source)
    if _BUNDLER.match(plain):
        return normpath(_BUNDLER.sub("", plain).lstrip("/") or plain).removeprefix("../"), source
    if plain.startswith("file://"):
        return urlsplit(plain).path, source
    if _SCHEME.match(plain):
        return urlsplit(plain).path.lstrip("/") or plain, source
    if plain.startswith("/./"):  # webpack's, after an upload tool took the scheme away
        return normpath(plain[1:]).removeprefix("../"), source
    if plain.startswith("/"):
        return plain, source
    path = normpath(plain)
    while path.startswith("../"):
        path = path.removeprefix("../")
    return path, urljoin(_QUERY.sub("", script), plain) if _SCHEME.match(script) else plain


def is_foreign(path: str) -> bool:
    """True for a source that came with a package or with the bundler itself."""
    return bool(_FOREIGN.search(path))
