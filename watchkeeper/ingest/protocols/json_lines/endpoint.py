"""`POST /v1/logs/json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from watchkeeper.ingest.body import unpack
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import (
    JSON_TYPE,
    Refusal,
    Reply,
    Request,
    refusal_body,
    refused_reply,
)
from watchkeeper.ingest.pipeline import SentLog
from watchkeeper.ingest.protocols.json_lines.parse import MOST_LINES, TooManyLines, read_lines
from watchkeeper.ingest.push import LogPush, too_many_lines

_SOURCES = frozenset({"json", "file", "journald"})
_DEFAULTS = ("service", "host", "environment", "release")


class JsonLinesEndpoint(LogPush):
    """Answers log lines over HTTP with 200 and how many they were."""

    name = "json_lines"
    paths = frozenset({"/v1/logs/json", "/v1/logs/json/"})

    def read(self, packed: bytes, request: Request) -> list[SentLog]:
        body = unpack(packed, request.header(b"content-encoding"), self._body_limits)
        source = request.parameter("source") or "json"
        if source not in _SOURCES:
            known = ", ".join(sorted(_SOURCES))
            raise Refusal(400, Drop.MALFORMED, f"source must be one of {known}.")
        told = {name: value for name in _DEFAULTS if (value := request.parameter(name))}
        try:
            return [_with(line, told) for line in read_lines(body, source=source)]
        except TooManyLines as error:
            raise too_many_lines(MOST_LINES) from error

    def kept(self, lines: int, project_id: int) -> Reply:
        told = msgspec.json.encode({"accepted": lines})
        return Reply(200, told, (JSON_TYPE,), project_id=project_id)

    def refused(self, refusal: Refusal, project_id: int) -> Reply:
        body = refusal_body(refusal)
        return refused_reply(refusal, project_id, body, (JSON_TYPE,), scheme=b"Bearer")


def _with(line: SentLog, told: Mapping[str, str]) -> SentLog:
    """The line with what the address tells of all lines."""
    return replace(line, **told) if told else line  # type: ignore[arg-type]  # names of texts
