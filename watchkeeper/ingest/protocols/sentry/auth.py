"""Where a key may stand: a header, the query, basic auth, or the DSN in an envelope. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from watchkeeper.ingest.http import Request
from watchkeeper.ingest.writers import basic_parts

_AUTH_PAIR = re.compile(r"sentry_(\w+)\s*=\s*\"?([^\s,\"]+)")


def sent_key(request: Request) -> str:
    """The key of a header or of the query; empty if it can only be in the envelope."""
    for name in (b"x-sentry-auth", b"authorization"):
        if key := key_of_auth(request.header(name)):
            return key
    if key := request.parameter("sentry_key"):
        return key
    return _basic_key(request.header(b"authorization"))


def _basic_key(header: str) -> str:
    """What `http://KEY@host/…` becomes on the way."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    found = basic_parts(encoded.strip())
    return next((part for part in reversed(found) if part), "")


def key_of_auth(header: str) -> str:
    """`sentry_key` of an X-Sentry-Auth (or Authorization) header, or empty."""
    for name, value in _AUTH_PAIR.findall(header):
        if name == "key":
            return str(value)
    return ""


def key_of_dsn(dsn: object) -> tuple[str, int | None]:
    """(key, project id) of a DSN `https://key@host/1`; empty and None where it has none."""
    try:
        parts = urlsplit(dsn if isinstance(dsn, str) else "")
        project = parts.path.rstrip("/").rpartition("/")[2]
        is_number = project.isascii() and project.isdigit() and len(project) < 10
        return parts.username or "", int(project) if is_number else None
    except ValueError:
        return "", None
