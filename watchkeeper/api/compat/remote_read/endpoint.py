"""POST /api/v1/read: authenticate, read, answer in the form that the reader asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from watchkeeper.api.compat.remote_read.answer import frames, samples_message
from watchkeeper.api.compat.remote_read.request import ReadRequest, parse_request
from watchkeeper.lib.errors import Overloaded, WatchkeeperError
from watchkeeper.model import Scope
from watchkeeper.query.promql import SeriesBlock, SeriesSource

_STREAMED = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
_AT_ONCE = 2
"""Reads that hold samples in memory at the same time; others wait."""


def remote_read_routes(
    source: SeriesSource, authenticate: Callable[[Request], Scope]
) -> list[BaseRoute]:
    """/api/v1/read, also under /p/<project_id>. authenticate: blocking; raises WatchkeeperError."""
    reads = _Reads(source, authenticate)
    return [
        Route(f"{prefix}/api/v1/read", reads.answer, methods=["POST"])
        for prefix in ("", "/p/{project_id:int}")
    ]


class _Reads:
    """Works in threads of its own: a long read never keeps a query waiting."""

    def __init__(self, source: SeriesSource, authenticate: Callable[[Request], Scope]) -> None:
        self._source, self._authenticate = source, authenticate
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="remote-read")

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._work, request, body)

    def _work(self, request: Request, body: bytes) -> Response:
        """Blocking. Refusals are text: that is what a reading Prometheus logs."""
        try:
            scope = self._authenticate(request)
            asked = parse_request(body)
            return self._read(scope, asked)
        except WatchkeeperError as problem:
            headers = {}
            if isinstance(problem, Overloaded):
                headers["retry-after"] = str(problem.retry_after_s)
            return PlainTextResponse(f"{problem}\n", problem.http_status, headers)

    def _read(self, scope: Scope, asked: ReadRequest) -> Response:
        blocks = self._blocks(scope, asked)
        if asked.streamed:
            first = next(blocks, None)
            if not (asked.takes_samples and first is not None and first.histograms is not None):
                return StreamingResponse(_all_frames(first, blocks), media_type=_STREAMED)
            blocks = chain([first], blocks)
        body = samples_message(list(blocks))
        return Response(
            body, media_type="application/x-protobuf", headers={"content-encoding": "snappy"}
        )

    def _blocks(self, scope: Scope, asked: ReadRequest) -> Iterator[SeriesBlock]:
        for query in asked.queries:
            yield self._source.select(
                scope, query.matchers, start_ms=query.start_ms, end_ms=query.end_ms
            )


def _all_frames(first: SeriesBlock | None, later: Iterator[SeriesBlock]) -> Iterator[bytes]:
    """Frames of every query. The first was read before the answer began, so that it can fail."""
    if first is None:
        return
    yield from frames(first, 0)
    for index, block in enumerate(later, start=1):
        yield from frames(block, index)
