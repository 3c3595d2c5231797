"""What every body of /api/wk has in common."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonValue

from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Role, TimeRange


class Body(BaseModel):
    """A request body. A field that is not declared is refused, so that a typo is not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """A response body. Every declared field is always present, null where nothing is known.

    Its validator is built when it is first used: there are many, and a page needs few.
    """

    model_config = ConfigDict(
        frozen=True, defer_build=True, json_schema_serialization_defaults_required=True
    )


class RoleName(StrEnum):
    """Rank of a member, as people say it."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"

    @classmethod
    def of(cls, role: Role) -> RoleName:
        return cls[role.name]

    def rank(self) -> Role:
        return Role[self.name]


class ErrorFacts(BaseModel):
    """code: stable word to match on; message: a sentence for people; field, line: where.

    position: of the first wrong character of a field, from 0.
    """

    code: str
    message: str
    field: str | None = None
    line: int | None = None
    position: int | None = None


class ErrorAnswer(BaseModel):
    """The body of every 4xx and 5xx. `X-Request-Id` names the request in the server's log."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"error": {"code": "not_found", "message": "There is no such project."}}]
        }
    )
    error: ErrorFacts


class Done(Answer):
    """The change was made and there is nothing to tell about it."""

    ok: bool = True


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "The request was refused."},
    "5XX": {"model": ErrorAnswer, "description": "The server could not answer; see X-Request-Id."},
}


class RangeQuery(BaseModel):
    """A stretch of time in the address; the route says what is meant when a bound is absent."""

    from_: int | None = Field(default=None, alias="from", ge=0, description="Unix ms")
    to: int | None = Field(default=None, ge=0, description="Unix ms")

    def within(self, now_ms: int, *, default_ms: int) -> TimeRange:
        """The range: it ends now and is `default_ms` long where nothing is said.

        Raises Invalid when it ends before it starts.
        """
        end_ms = now_ms if self.to is None else self.to
        start_ms = end_ms - default_ms if self.from_ is None else self.from_
        if end_ms <= start_ms:
            raise Invalid(f"`from` ({start_ms}) must lie before `to` ({end_ms}).")
        return TimeRange(start_ms, end_ms)


def example(**fields: JsonValue) -> ConfigDict:
    """Model config that carries one example in the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [fields]})
