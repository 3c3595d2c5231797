"""The root of every deliberate error."""

from __future__ import annotations

from typing import ClassVar


class WatchkeeperError(Exception):
    """Base of every deliberate error.

    code: stable snake_case word that clients, logs and dashboards match on.
    retryable: True if the same call, unchanged, may succeed later.
    http_status: what the HTTP edge answers.
    str(error): one sentence that is safe to show to the user and says what to do next.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    http_status: ClassVar[int] = 500


class NotFound(WatchkeeperError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"
    http_status = 404


class Forbidden(WatchkeeperError):
    """The caller is known and may not do this."""

    code = "forbidden"
    http_status = 403


class Unauthorized(WatchkeeperError):
    """No valid credential was sent."""

    code = "unauthorized"
    http_status = 401


class Invalid(WatchkeeperError):
    """The request is malformed; the sentence names the field and what is allowed."""

    code = "invalid"
    http_status = 400


class Conflict(WatchkeeperError):
    """The thing exists already or was changed meanwhile."""

    code = "conflict"
    http_status = 409


class Overloaded(WatchkeeperError):
    """A bound was reached (spool, store, queue); send again after `retry_after_s`."""

    code = "overloaded"
    retryable = True
    http_status = 503

    def __init__(self, message: str, *, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(WatchkeeperError):
    """Too many calls; send again after `retry_after_s`."""

    code = "rate_limited"
    retryable = True
    http_status = 429

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
