"""`POST /v1/logs/json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.body import BodyLimits, read_body, unpack
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import (
    JSON_TYPE,
    Header,
    InFlight,
    Refusal,
    Reply,
    Request,
    refusal_body,
)
from watchkeeper.ingest.pipeline import LogLimits, SentLog, finish_log
from watchkeeper.ingest.protocols.json_lines.parse import MOST_LINES, TooManyLines, read_lines
from watchkeeper.ingest.writers import Writers
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.privacy import Scrubber

_PATHS = frozenset({"/v1/logs/json", "/v1/logs/json/"})
_SOURCES = frozenset({"json", "file", "journald"})
_DEFAULTS = ("service", "host", "environment", "release")


class JsonLinesEndpoint:
    """Answers log lines over HTTP. 200 means that every line is on disk."""

    name = "json_lines"

    def __init__(
        self,
        *,
        acceptor: Acceptor,
        writers: Writers,
        scrubber: Scrubber,
        clock: Clock,
        in_flight: InFlight,
        body_limits: BodyLimits | None = None,
        limits: LogLimits | None = None,
    ) -> None:
        self._acceptor, self._writers, self._scrubber = acceptor, writers, scrubber
        self._clock, self._in_flight = clock, in_flight
        self._body_limits, self._limits = body_limits or BodyLimits(), limits or LogLimits()

    def owns(self, path: str) -> bool:
        """True if this endpoint answers the path."""
        return path in _PATHS

    async def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        project_id = request.project_id or 0
        try:
            if request.method != "POST":
                raise Refusal(405, Drop.MALFORMED, "Send this by POST.")
            project_id = await self._writers.project(request, needs_server=True)
            async with read_body(request, self._body_limits, self._in_flight) as packed:
                body = unpack(packed, request.header(b"content-encoding"), self._body_limits)
                lines = _read(body, request)
            now_ms, scrubber = self._clock(), self._scrubber.of(project_id)
            rows = [
                finish_log(line, received_ms=now_ms, scrubber=scrubber, limits=self._limits)
                for line in lines
            ]
            await self._acceptor.accept_logs(project_id, rows)
            told = msgspec.json.encode({"accepted": len(rows)})
            return Reply(200, told, (JSON_TYPE,), project_id=project_id)
        except Refusal as refusal:
            self._acceptor.metrics.drop(refusal.drop)
            return _reply(refusal, project_id)
        except Overloaded as error:
            overload = Refusal(503, Drop.SPOOL_FULL, str(error), retry_after_s=error.retry_after_s)
            return _reply(overload, project_id)


def _read(body: bytes, request: Request) -> list[SentLog]:
    source = request.parameter("source") or "json"
    if source not in _SOURCES:
        raise Refusal(400, Drop.MALFORMED, f"source must be one of {', '.join(sorted(_SOURCES))}.")
    told = {name: value for name in _DEFAULTS if (value := request.parameter(name))}
    try:
        return [_with(line, told) for line in read_lines(body, source=source)]
    except TooManyLines as error:
        raise Refusal(
            413, Drop.TOO_LARGE, f"A request has at most {MOST_LINES:,} lines; send several."
        ) from error


def _with(line: SentLog, told: Mapping[str, str]) -> SentLog:
    """The line with what the address tells of all lines."""
    return replace(line, **told) if told else line  # type: ignore[arg-type]  # names of texts


def _reply(refusal: Refusal, project_id: int) -> Reply:
    headers: list[Header] = [JSON_TYPE]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="watchkeeper"'))
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", str(refusal.retry_after_s).encode()))
    known = refusal.project_id or (0 if refusal.drop is Drop.UNKNOWN_KEY else project_id)
    return Reply(refusal.status, refusal_body(refusal), tuple(headers), refusal.drop, known)
