"""Paths of requests as templates: `/users/4711/orders` is `/users/{id}/orders`. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

_MAX_CHARACTERS = 300
_MAX_SEGMENTS = 20
_MAX_REMEMBERED = 20_000
_REST = "*"
_ID = "{id}"

_IDS = re.compile(
    r"\d+"  # 4711
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"  # UUID
    r"|(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}"  # hashes, ObjectIds
    r"|[0-9A-HJKMNP-TV-Z]{26}"  # ULID
    r"|\d+[-_.:,]\d[\d\-_.:,]*"  # dates, ranges, version-like numbers
    r"|[\w.+%-]+@[\w.-]+"  # e-mail addresses
    r"|(?=\w*\d)[a-z]{2,8}_[0-9A-Za-z]{8,}"  # cus_9s6XKzkNRiz8i3
)
_VERSION = re.compile(r"[vV]\d{1,3}(?:\.\d{1,3}){0,2}")
_TRAILING_NUMBER = re.compile(r"(?P<word>[A-Za-z][A-Za-z_]*[-_])\d{2,}")
_FILE = re.compile(r"(?P<stem>.+)(?P<ending>\.[a-z][a-z0-9]{1,4})")
_MIXED = re.compile(r"[0-9A-Za-z_-]{16,}={0,2}")
_HAS_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


@lru_cache(maxsize=_MAX_REMEMBERED)
def template_of(path: str) -> str:
    """The path without what differs from request to request; query and fragment are left out.

    Numbers, UUIDs, hashes, dates, addresses and other ids become `{id}`; what lies deeper than
    20 segments becomes `*`. A path that is a template already (`/users/:id`) stays as it is.
    """
    path = path.partition("?")[0].partition("#")[0].partition(";")[0]
    segments = path[:_MAX_CHARACTERS].split("/")
    if len(path) > _MAX_CHARACTERS:
        segments[-1] = _REST
    if len(segments) > _MAX_SEGMENTS:
        segments[_MAX_SEGMENTS:] = [_REST]
    return "/".join(map(_segment, segments)) or "/"


def path_of_url(url: str) -> str:
    """The path of an absolute or relative URL, with its query; `/` if it has none."""
    match = _HAS_SCHEME.match(url)
    rest = url[match.end() :] if match else url.removeprefix("//") if url[:2] == "//" else ""
    if not rest:
        return "" if match else url
    at = min((i for i in map(rest.find, "/?#") if i >= 0), default=-1)
    path = rest[at:] if at >= 0 else ""
    return path if path.startswith("/") else f"/{path}"


def _segment(segment: str) -> str:
    plain = unquote(segment) if "%" in segment else segment
    if not plain or _VERSION.fullmatch(plain):
        return segment
    if _is_id(plain):
        return _ID
    if numbered := _TRAILING_NUMBER.fullmatch(plain):
        return numbered["word"] + _ID
    if (file := _FILE.fullmatch(plain)) and _is_id(file["stem"]):
        return _ID + file["ending"]
    return segment


def _is_id(text: str) -> bool:
    return _IDS.fullmatch(text) is not None or _is_random(text)


def _is_random(text: str) -> bool:
    """True for tokens: long, with digits among letters, and not words joined by hyphens."""
    if not _MIXED.fullmatch(text) or not any(map(str.isdigit, text)):
        return False
    parts = [part for part in re.split(r"[-_]", text) if part]
    longest = max(parts, key=len, default="")
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(longest))
    return len(longest) >= 12 and changes >= 2
