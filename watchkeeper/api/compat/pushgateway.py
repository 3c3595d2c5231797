"""The Pushgateway's HTTP API. For its users: docs/wire/pushgateway.md."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from watchkeeper.access import KeyRing
from watchkeeper.ingest import BodyLimits, Refusal, Writers, unpack
from watchkeeper.ingest import Request as IngestRequest
from watchkeeper.ingest.pushgateway import PushBody, Pushgateway, grouping_of, shown_groups
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import Overloaded, WatchkeeperError
from watchkeeper.model import Labels, Scope

_TOUCH_MS = 30 * SECOND_MS
_BASES = ("", "/p/{project_id:int}", "/pushgateway", "/p/{project_id:int}/pushgateway")
_BODY = BodyLimits(max_bytes=16 * 2**20, max_unpacked_bytes=16 * 2**20)

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Desk:
    """What the routes work with. scope_of: blocking; who may read, as for the query API."""

    gateway: Pushgateway
    keys: KeyRing
    writers: Writers
    scope_of: Callable[[Request], Scope]
    clock: Clock
    touched_ms: int = 0

    async def writer(self, request: Request) -> int:
        """The project that a request may write to. Raises Refusal."""
        await asyncio.to_thread(self._refresh)
        return await self.writers.project(_as_ingest(request), needs_server=True)

    def _refresh(self) -> None:
        """Learn of changed keys at once, and now and then write which were used."""
        self.keys.refresh_if_changed()
        if self.clock() - self.touched_ms >= _TOUCH_MS:
            self.touched_ms = self.clock()
            self.keys.flush_touched()


def pushgateway_routes(
    gateway: Pushgateway,
    keys: KeyRing,
    writers: Writers,
    scope_of: Callable[[Request], Scope],
    clock: Clock,
) -> list[BaseRoute]:
    """`/metrics/job/…`, also below /p/<project>, and everything below …/pushgateway."""
    desk = Desk(gateway, keys, writers, scope_of, clock)
    routes: list[BaseRoute] = []
    for base in _BASES:
        for job, is_base64 in (("job", False), ("job@base64", True)):
            group = _guarded(_Group(desk, job_is_base64=is_base64))
            for rest in ("", "/{rest:path}"):
                path = f"{base}/metrics/{job}/{{job}}{rest}"
                routes.append(Route(path, group, methods=["PUT", "POST", "DELETE"]))
        if base.endswith("/pushgateway"):
            routes += [
                Route(f"{base}/api/v1/metrics", _guarded(_Listing(desk)), methods=["GET"]),
                Route(f"{base}/api/v1/status", _guarded(_Status(desk)), methods=["GET"]),
                Route(f"{base}/api/v1/admin/wipe", _guarded(_Wipe(desk)), methods=["PUT"]),
            ]
    return routes


class _Group:
    """Changes one group."""

    def __init__(self, desk: Desk, *, job_is_base64: bool) -> None:
        self._desk, self._job_is_base64 = desk, job_is_base64

    async def __call__(self, request: Request) -> Response:
        project_id = await self._desk.writer(request)
        rest = request.path_params.get("rest", "")
        grouping = grouping_of(request.path_params["job"], rest, job_is_base64=self._job_is_base64)
        if request.method == "DELETE":
            await asyncio.to_thread(self._desk.gateway.delete, project_id, grouping)
            return Response(status_code=202)
        content = unpack(await request.body(), request.headers.get("content-encoding", ""), _BODY)
        body = PushBody(content, request.headers.get("content-type", ""))
        await asyncio.to_thread(self._push, project_id, grouping, body, request.method == "PUT")
        return Response(status_code=200)

    def _push(self, project_id: int, grouping: Labels, body: PushBody, replace: bool) -> None:
        self._desk.gateway.push(project_id, grouping, body, replace=replace)


class _Listing:
    """Shows every group to whoever may read the project."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        return _json(await asyncio.to_thread(self._read, request))

    def _read(self, request: Request) -> object:
        scope = self._desk.scope_of(request)
        return [
            group
            for project_id in scope.project_ids
            for group in shown_groups(self._desk.gateway.groups(project_id))
        ]


class _Status:
    """Says what this is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        from watchkeeper import __version__

        await asyncio.to_thread(self._desk.scope_of, request)
        return _json({"build_information": {"version": __version__}, "flags": {}})


class _Wipe:
    """Forgets every group of the project."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        project_id = await self._desk.writer(request)
        await asyncio.to_thread(self._desk.gateway.wipe, project_id)
        return Response(status_code=202)


def _json(told: object) -> Response:
    body = msgspec.json.encode({"status": "success", "data": told})
    return Response(body, media_type="application/json")


def _as_ingest(request: Request) -> IngestRequest:
    project_id = request.path_params.get("project_id")
    return IngestRequest.of(request.scope, request.receive, request.url.path, project_id)


def _guarded(answer: Answer) -> Answer:
    """The same, with refusals as the plain text that Pushgateway clients show."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except Refusal as refusal:
            headers = {"www-authenticate": 'Basic realm="watchkeeper"'}
            told = headers if refusal.status == 401 else {}
            text = f"{refusal.drop.value}: {refusal.reason}\n"
            return PlainTextResponse(text, refusal.status, headers=told)
        except WatchkeeperError as error:
            return _refused(error)

    return guarded


def _refused(error: WatchkeeperError) -> Response:
    headers = {}
    if isinstance(error, Overloaded):
        headers["retry-after"] = str(error.retry_after_s)
    text = str(error)
    if error.code == "bad_push":
        text = f"pushed metrics are invalid or inconsistent with existing metrics: {text}"
    return PlainTextResponse(f"{text}\n", error.http_status, headers=headers)
