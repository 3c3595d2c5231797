"""Who asks, for which organisation and projects; answers and refusals in this API's own form."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from watchkeeper.access import Access, Organisation, Principal, Project
from watchkeeper.artifacts import Releases, Uploads
from watchkeeper.issues import Issues
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound, Overloaded, WatchkeeperError
from watchkeeper.lib.rfc3339 import rfc3339
from watchkeeper.model import LiveEvent, Role, Scope
from watchkeeper.monitors import Monitors

log = structlog.get_logger(__name__)

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes work with. caller: blocking; who sent a request. base_url: without slash.

    tell: lets open pages see a change.
    """

    access: Access
    issues: Issues
    monitors: Monitors
    tell: Callable[[LiveEvent], None]
    uploads: Uploads
    releases: Releases
    caller: Callable[[Request], Principal]
    clock: Clock
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request after its caller is known. body: as it came; path: without the query.

    sent: the query's names and values in their order.
    """

    desk: Desk
    path: str
    caller: Principal
    params: Mapping[str, str]
    query: Mapping[str, str]
    queries: Callable[[str], Sequence[str]]
    sent: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def address(self) -> str:
        """The address that was asked, without its query."""
        return f"{self.desk.base_url}{self.path}"

    def orgs(self) -> Sequence[Organisation]:
        """The organisation in the address; all that the caller sees if it names none."""
        if "org" in self.params:
            return [self.org()]
        return self.desk.access.organisations(self.caller)

    def org(self) -> Organisation:
        """The organisation in the address, by slug or id. Raises NotFound."""
        named = self.params["org"]
        for one in self.desk.access.organisations(self.caller):
            if named in {one.slug, str(one.id)}:
                return one
        raise NotFound(f"There is no organisation {named!r}, or this token cannot see it.")

    def scope(self, names: Sequence[object] | None = None, *, writes: bool = False) -> Scope:
        """The scope of projects by slug or id; of all that the caller sees if none are named.

        A project in the address comes before `names`. Raises NotFound, Forbidden, Invalid.
        """
        org = self.org()
        if "project" in self.params:
            projects = [self.named(org, self.params["project"])]
        else:
            projects = [self._listed(org, str(name)) for name in names or ()] or list(org.projects)
        if not projects:
            raise Invalid("The organisation has no project yet; make one first.")
        if writes and org.role < Role.MEMBER:
            raise Forbidden("This token may only read; make one with the role member.")
        ids = tuple(sorted({project.id for project in projects}))
        return Scope(org_id=org.id, project_ids=ids, role=org.role, user_id=self.caller.user_id)

    def _listed(self, org: Organisation, name: str) -> Project:
        """A project that the body names: an unknown one there is a bad request, not a 404.

        Tools take a 404 for an organisation that does not exist.
        """
        try:
            return self.named(org, name)
        except NotFound as error:
            raise Invalid(str(error)) from error

    def named(self, org: Organisation, name: str) -> Project:
        """A project of the organisation. Raises NotFound."""
        for one in org.projects:
            if name in {one.slug, str(one.id)}:
                return one
        raise NotFound(
            f"There is no project {name!r} in {org.slug!r}, or this token cannot see it."
        )

    def json(self) -> Mapping[str, object]:
        """The body as a JSON object. Raises Invalid."""
        try:
            told = msgspec.json.decode(self.body or b"{}")
        except (msgspec.MsgspecError, RecursionError) as error:
            raise Invalid(f"The body is no JSON: {error}.") from error
        if not isinstance(told, dict):
            raise Invalid("The body must be a JSON object.")
        return told


Work = Callable[[Asked], Response]


def answered(desk: Desk, work: Work) -> Answer:
    """A route: read, find out who asks, work in a thread, answer; refusals as `{"detail": …}`."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        return await asyncio.to_thread(_work, desk, work, request, body)

    return answer


def _work(desk: Desk, work: Work, request: Request, body: bytes) -> Response:
    try:
        asked = Asked(
            desk=desk,
            path=request.url.path,
            caller=desk.caller(request),
            params={name: str(value) for name, value in request.path_params.items()},
            query=dict(request.query_params),
            queries=request.query_params.getlist,
            sent=request.query_params.multi_items(),
            headers=dict(request.headers),
            body=body,
        )
        return work(asked)
    except WatchkeeperError as error:
        if error.http_status == 500:
            log.error("deliberate error answered as 500", code=error.code, exc_info=error)
            return json_answer({"detail": "Internal server error"}, 500)
        headers = {"retry-after": str(error.retry_after_s)} if isinstance(error, Overloaded) else {}
        return json_answer({"detail": str(error)}, error.http_status, headers)


def json_answer(
    told: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON body."""
    content = msgspec.json.encode(told)
    return Response(content, status, dict(headers or {}), media_type="application/json")


def iso(at_ms: int | None) -> str | None:
    """An instant as this API writes it, UTC with microseconds."""
    return None if at_ms is None else rfc3339(at_ms, timespec="microseconds")


def instant(told: object, name: str) -> int | None:
    """Unix ms of an ISO 8601 instant or of Unix seconds; None if not said. Raises Invalid."""
    if told is None or told == "":
        return None
    try:
        if isinstance(told, int | float) and not isinstance(told, bool):
            return _in_range(float(told))
        when = datetime.fromisoformat(str(told))
        return _in_range((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise Invalid(
            f"{name} must be an ISO 8601 instant, such as 2026-11-21T13:00:00Z."
        ) from error


def _in_range(at_s: float) -> int:
    if not 0 <= at_s < 253_402_300_800:
        raise ValueError(at_s)
    return round(at_s * SECOND_MS)


def text(told: Mapping[str, object], name: str, limit: int = 1_000) -> str | None:
    """A field's text; None if it is absent. Raises Invalid if it is no text."""
    value = told.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(f"{name} must be text.")
    return value[:limit]


def names(told: Mapping[str, object], name: str) -> list[object]:
    """A field's list of slugs or ids; empty if it is absent. Raises Invalid."""
    value = told.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str | int) for one in value):
        raise Invalid(f"{name} must be a list of slugs.")
    return value
