"""Which request is being answered: kept beside it, so that logs and errors can name it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

import sentry_sdk

REQUEST_ID_HEADER = "X-Request-ID"
_SENT_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One request. user_id may be set later, once the app knows who asks. ip: of the peer."""

    request_id: str
    method: str = ""
    path: str = ""
    ip: str = ""
    user_id: str = ""

    def facts(self) -> dict[str, str]:
        """What is known, by the name it has in log lines and tags."""
        known = {
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
            "ip": self.ip,
            "user_id": self.user_id,
        }
        return {name: value for name, value in known.items() if value}


_current: ContextVar[RequestContext | None] = ContextVar("watchkeeper_request", default=None)


def current_request() -> RequestContext | None:
    """The request being answered by this task or thread."""
    return _current.get()


def new_request(
    *, method: str, path: str, sent_id: str | None, peer: str, forwarded: str = ""
) -> RequestContext:
    """A request as it came in. Its id is the sender's if that is a plain one, else a new one.

    forwarded: X-Forwarded-For if the app stands behind a proxy that it trusts, else empty.
    """
    is_plain = sent_id and _SENT_ID.fullmatch(sent_id)
    return RequestContext(
        request_id=sent_id if sent_id and is_plain else uuid4().hex,
        method=method,
        path=path,
        ip=forwarded.partition(",")[0].strip() or peer,
    )


@contextmanager
def answering(request: RequestContext) -> Iterator[RequestContext]:
    """Within, `current_request()` is this one, and all that is reported carries its id."""
    token = _current.set(request)
    try:
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("request_id", request.request_id)
            yield request
    finally:
        _current.reset(token)
