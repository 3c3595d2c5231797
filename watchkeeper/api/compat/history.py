"""`POST /api/v1/write/history`: samples of the past. For its users: docs/use/move-in.md."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from watchkeeper.access import KeyRing
from watchkeeper.ingest import Refusal, Writers
from watchkeeper.ingest import Request as IngestRequest
from watchkeeper.ingest.history import History, HistoryAnswer
from watchkeeper.lib.errors import Overloaded, WatchkeeperError


def history_routes(history: History, keys: KeyRing, writers: Writers) -> list[BaseRoute]:
    """Takes server keys and API tokens; also below /p/<project>."""
    desk = _Desk(history, keys, writers)
    return [
        Route(f"{prefix}/api/v1/write/history", desk.answer, methods=["POST"])
        for prefix in ("", "/p/{project_id:int}")
    ]


def history_answer(take: Callable[[], HistoryAnswer]) -> Response:
    """What `take` kept, as JSON; its refusal as text. Blocks."""
    try:
        answer = take()
    except WatchkeeperError as error:
        headers = {}
        if isinstance(error, Overloaded):
            headers["retry-after"] = str(error.retry_after_s)
        return PlainTextResponse(f"{error}\n", error.http_status, headers)
    told = {
        "kept": answer.kept,
        "repeated": answer.repeated,
        "refused": {reason.value: count for reason, count in answer.refused.items() if count},
    }
    return Response(msgspec.json.encode(told), media_type="application/json")


@dataclass(slots=True)
class _Desk:
    history: History
    keys: KeyRing
    writers: Writers

    async def answer(self, request: Request) -> Response:
        wanted = request.path_params.get("project_id")
        asked = IngestRequest.of(request.scope, request.receive, request.url.path, wanted)
        await asyncio.to_thread(self.keys.refresh_if_changed)
        try:
            project_id = await self.writers.project(asked, needs_server=True)
        except Refusal as refusal:
            headers = {"www-authenticate": 'Bearer realm="watchkeeper"'}
            told = headers if refusal.status == 401 else {}
            text = f"{refusal.drop.value}: {refusal.reason}\n"
            return PlainTextResponse(text, refusal.status, headers=told)
        body = await request.body()
        return await asyncio.to_thread(
            history_answer,
            lambda: self.history.take(project_id, body, may_write_reserved=False),
        )
