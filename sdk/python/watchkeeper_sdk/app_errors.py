"""Errors that an app raises on purpose, each with its HTTP status and a code for programs."""

from __future__ import annotations

from collections.abc import Mapping


class AppError(Exception):
    """Something the sender is told about. Subclass it: issues are grouped by class.

    message: for people, shown to the sender. details: JSON-ready facts, such as the wrong fields.
    Statuses from 500 on are the app's own fault: logged as errors, reported, and in production
    answered without message and details.
    """

    status = 500
    code = "internal_error"

    def __init__(
        self,
        message: str = "",
        *,
        details: Mapping[str, object] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message or self.code.replace("_", " ").capitalize())
        self.details = dict(details or {})
        self.retry_after_s = retry_after_s

    @property
    def is_own_fault(self) -> bool:
        """True if the app failed, not its caller."""
        return self.status >= 500


class ValidationError(AppError):
    """What was sent is not right; details say where."""

    status, code = 400, "validation_error"


class AuthenticationError(AppError):
    """Nobody is signed in, or the proof does not hold."""

    status, code = 401, "authentication_error"


class AuthorizationError(AppError):
    """Who is signed in may not do this."""

    status, code = 403, "authorization_error"


class NotFoundError(AppError):
    """What was asked for is not there, or not for this person."""

    status, code = 404, "not_found"


class ConflictError(AppError):
    """It cannot be done in the state that things are in."""

    status, code = 409, "conflict"


class RateLimitError(AppError):
    """Too much at once; give `retry_after_s`."""

    status, code = 429, "rate_limited"


class ExternalServiceError(AppError):
    """A service that this app needs did not answer as it should."""

    status, code = 502, "external_service_error"
