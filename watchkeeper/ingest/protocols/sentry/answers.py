"""What Sentry's SDKs are answered: their headers for limits, and CORS. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from watchkeeper.ingest.http import JSON_TYPE, Header, Refusal, Reply, refusal_body
from watchkeeper.ingest.protocols.sentry.kept import RefusedItems

_ORIGIN: Header = (b"access-control-allow-origin", b"*")
_EXPOSE: Header = (
    b"access-control-expose-headers",
    b"x-sentry-error, x-sentry-rate-limits, retry-after",
)
_SCRIPT: Header = (b"content-type", b"application/javascript; charset=utf-8")
_JSON = (JSON_TYPE, _ORIGIN, _EXPOSE)
_PREFLIGHT: tuple[Header, ...] = (
    _ORIGIN,
    _EXPOSE,
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, "
        b"authentication, authorization, content-encoding, transfer-encoding, sentry-trace, "
        b"baggage, traceparent",
    ),
    (b"access-control-max-age", b"3600"),
)


def preflight() -> Reply:
    """Any page may ask; keys say which may send."""
    return Reply(204, b"", _PREFLIGHT)


def script(content: bytes) -> Reply:
    """JavaScript that any page may load, also with `crossorigin`."""
    return Reply(200, content, (_SCRIPT, _ORIGIN, (b"cache-control", b"max-age=3600")))


def taken(event_id: str, refused: Sequence[RefusedItems], project_id: int) -> Reply:
    """200, and what the SDK should send less of."""
    body = msgspec.json.encode({"id": event_id} if event_id else {})
    limits = _limits_header(refused)
    if not limits:
        return Reply(200, body, _JSON)
    return Reply(200, body, (*_JSON, *limits), None, project_id)


def refused(refusal: Refusal, project_id: int, items: Sequence[RefusedItems] = ()) -> Reply:
    """The refusal in the words of our clients and of Sentry's.

    items: what is limited; without any, a time to wait holds for everything.
    """
    headers: tuple[Header, ...] = (
        *_JSON,
        (b"x-sentry-error", refusal.reason.encode("latin-1", "replace").replace(b"\n", b" ")),
    )
    if refusal.retry_after_s is not None:
        seconds = str(refusal.retry_after_s).encode()
        everything = b"%s::project:%s" % (seconds, refusal.drop.value.encode())
        limits = _limits_header(items) or ((b"x-sentry-rate-limits", everything),)
        headers = (*headers, (b"retry-after", seconds), *limits)
    body = refusal_body(refusal)
    return Reply(refusal.status, body, headers, refusal.drop, refusal.project_id or project_id)


def _limits_header(items: Iterable[RefusedItems]) -> tuple[Header, ...]:
    """`60:transaction;span:project:over_quota, …`: categories with the same wait together."""
    waits: dict[tuple[int, str], list[str]] = {}
    for each in items:
        if each.refusal.retry_after_s is not None:
            key = (each.refusal.retry_after_s, each.refusal.drop.value)
            found = waits.setdefault(key, [])
            if each.category.value not in found:
                found.append(each.category.value)
    limits = [
        f"{seconds}:{';'.join(names)}:project:{reason}"
        for (seconds, reason), names in waits.items()
    ]
    return ((b"x-sentry-rate-limits", ", ".join(limits).encode()),) if limits else ()
