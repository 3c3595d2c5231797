"""Logs as streams: the live tail, and lines as a file."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.logs.answers import line_answer
from watchkeeper.api.wk.logs.shapes import LogFilter, LogLine, LogTailBatch
from watchkeeper.api.wk.shapes import ERRORS
from watchkeeper.lib.clock import HOUR_MS, Clock
from watchkeeper.lib.live import LiveHub, messages_of
from watchkeeper.logs import ASKED, Line, LogSearch, LogSearches, Node, Tail, parse_search
from watchkeeper.model import LiveTopic

PING_S = 15.0
LONGEST_MS = HOUR_MS
MOST_LINES = 1_000_000
_COLUMNS = (
    "time", "severity", "service", "environment", "release", "host", "source", "body", "trace_id",
    "span_id", "request_id", "user_key", "session_id",
)  # fmt: skip

router = LateRouter(tags=["logs"], responses=ERRORS)


class TailQuery(LogFilter):
    """Lines that match q and arrive from now on; from and to do not count."""


class ExportQuery(LogFilter):
    """limit: lines at most."""

    format: Literal["ndjson", "csv"] = "ndjson"
    order: Literal["newest", "oldest"] = "newest"
    limit: int = Field(default=100_000, ge=1, le=MOST_LINES)


@router.get(
    "/projects/{project_id}/logs/tail",
    response_class=StreamingResponse,
    responses={
        200: {
            "model": LogTailBatch,
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def tail_logs(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[TailQuery, Query()]
) -> StreamingResponse:
    """Server-sent events `lines`, each a LogTailBatch, within a second of the lines' arrival."""
    node = parse_search(query.q)
    searches = LogSearches(rooms.columns, scope, rooms.clock)
    stream = tail_text(rooms.live, scope.project_id, searches, node, rooms.clock)
    head = await anext(stream)  # subscribes before the answer begins, so that a refusal is a 503
    return StreamingResponse(
        _with_head(head, stream),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def tail_text(
    hub: LiveHub,
    project_id: int,
    searches: LogSearches,
    node: Node,
    clock: Clock,
    *,
    ping_s: float = PING_S,
) -> AsyncIterator[str]:
    """The text of one tail; ends after LONGEST_MS. Raises TooManyStreams."""
    ends_ms = clock() + LONGEST_MS
    tail = Tail(clock())
    with hub.subscribe([project_id]) as subscription:
        yield "retry: 2000\n: connected\n\n"
        async for message in messages_of(subscription, ping_s=ping_s):
            if message is None:
                yield ": ping\n\n"
            elif message.topic == LiveTopic.LOGS:
                now_ms = clock()
                since_ms, until_ms = tail.window(now_ms)
                found = await asyncio.to_thread(
                    searches.arrived, node, since_ms=since_ms, until_ms=until_ms, limit=ASKED
                )
                batch = tail.take(found, now_ms)
                if batch.lines:
                    yield _event(batch.lines, batch.skipped, batch.rate)
            if clock() >= ends_ms:
                return


@router.get(
    "/projects/{project_id}/logs/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            }
        }
    },
)
def export_logs(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[ExportQuery, Query()]
) -> StreamingResponse:
    """Lines as a file: a JSON object a line, or CSV with attributes as JSON in the last column."""
    search = LogSearch(
        range=query.within(rooms.clock(), default_ms=HOUR_MS),
        node=parse_search(query.q),
        is_newest_first=query.order == "newest",
    )
    steps = LogSearches(rooms.columns, scope, rooms.clock).every(search, most=query.limit)
    is_csv = query.format == "csv"
    return StreamingResponse(
        _csv_text(steps) if is_csv else _ndjson_text(steps),
        media_type="text/csv; charset=utf-8" if is_csv else "application/x-ndjson",
        headers={
            "Content-Disposition": f'attachment; filename="logs.{query.format}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _event(lines: Sequence[Line], skipped: int, rate: float) -> str:
    batch = LogTailBatch(lines=[line_answer(each) for each in lines], skipped=skipped, rate=rate)
    return f"event: lines\ndata: {batch.model_dump_json()}\n\n"


def _ndjson_text(steps: Iterator[Sequence[Line]]) -> Iterator[str]:
    for lines in steps:
        yield "".join(f"{line_answer(each).model_dump_json()}\n" for each in lines)


def _csv_text(steps: Iterator[Sequence[Line]]) -> Iterator[str]:
    yield ",".join((*_COLUMNS, "attributes")) + "\r\n"
    for lines in steps:
        text = io.StringIO()
        csv.writer(text).writerows(_csv_row(line_answer(each)) for each in lines)
        yield text.getvalue()


def _csv_row(line: LogLine) -> list[str]:
    facts = {**line.model_dump(), "time": f"{line.ts_ms / 1000:.3f}"}
    attributes = line.model_dump_json(include={"attributes"})
    return [
        *(_harmless(str(facts[name])) for name in _COLUMNS),
        attributes.removeprefix('{"attributes":').removesuffix("}"),
    ]


def _harmless(text: str) -> str:
    """A spreadsheet takes text that begins like this for a formula, which a sender could abuse."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


async def _with_head(head: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield head
    async for text in rest:
        yield text
