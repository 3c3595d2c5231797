"""`POST /v1/<signal>` of OTLP over HTTP, for every signal that is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from watchkeeper.ingest.body import BodyLimits, read_body, unpack
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import (
    Header,
    InFlight,
    Refusal,
    Reply,
    Request,
    overload_of,
    refused_reply,
)
from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.protocols.otlp import answers
from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp, TooManyParts
from watchkeeper.ingest.writers import Writers
from watchkeeper.lib.errors import Overloaded

_PREFIXES = ("/v1/", "/api/v1/otlp/v1/", "/otlp/v1/")
"""The standard's, Prometheus's, and that of Loki and Mimir: senders are set to any of them."""
_PROTOBUF_TYPES = frozenset({"application/x-protobuf", "application/protobuf"})
_HEADERS = b"authorization, content-type, content-encoding, x-api-key, api-key, x-watchkeeper-key"
_HEADER_NAMES = re.compile(r"[A-Za-z0-9_, -]{1,1000}")
_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-max-age", b"3600"),
)


class Signal(Protocol):
    """One kind of telemetry. rejected_name: JSON's name for how much of it was refused."""

    name: str
    rejected_name: str
    needs_server: bool

    async def take(self, project_id: int, body: bytes, *, is_json: bool) -> answers.Outcome:
        """Keep an export request. Raises MalformedOtlp, TooManyParts, Refusal, Overloaded."""
        ...


class OtlpEndpoint:
    """Answers OTLP over HTTP, also below Prometheus's own prefix.

    200 means that everything is on disk but what a partial success names. 429 and 503 ask for the
    whole request again; senders give up at 400.
    """

    name = "otlp"

    def __init__(
        self,
        signals: Sequence[Signal],
        *,
        writers: Writers,
        in_flight: InFlight,
        metrics: IngestMetrics,
        limits: BodyLimits,
    ) -> None:
        self._signals = {prefix + each.name: each for each in signals for prefix in _PREFIXES}
        self._writers, self._in_flight = writers, in_flight
        self._metrics, self._limits = metrics, limits

    def owns(self, path: str) -> bool:
        """True if this endpoint answers the path."""
        return path in self._signals or path.removesuffix("/") in self._signals

    async def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        if request.method == "OPTIONS":
            return Reply(204, headers=(*_PREFLIGHT, *_cors(request), _allowed_headers(request)))
        signal = self._signals[request.path.removesuffix("/")]
        project_id = request.project_id or 0
        is_json = _media_type(request) == answers.JSON
        try:
            _check_format(request)
            project_id = await self._writers.project(request, needs_server=signal.needs_server)
            async with read_body(request, self._limits, self._in_flight) as packed:
                body = unpack(packed, request.header(b"content-encoding"), self._limits)
            outcome = await signal.take(project_id, body, is_json=is_json)
            reply = _success(outcome, signal, project_id, is_json=is_json)
        except MalformedOtlp as error:
            reply = self._refused(Refusal(400, Drop.MALFORMED, str(error)), project_id, is_json)
        except TooManyParts as error:
            reply = self._refused(Refusal(413, Drop.TOO_LARGE, str(error)), project_id, is_json)
        except Refusal as refusal:
            reply = self._refused(refusal, project_id, is_json)
        except Overloaded as error:
            reply = _reply(overload_of(error), project_id, is_json)
        return replace(reply, headers=(*reply.headers, *_cors(request)))

    def _refused(self, refusal: Refusal, project_id: int, is_json: bool) -> Reply:
        self._metrics.drop(refusal.drop)
        return _reply(refusal, project_id, is_json)


def _cors(request: Request) -> tuple[Header, ...]:
    """Any page may read the answer; a key's list of origins is looked at elsewhere.

    A beacon, as exporters of pages use it, is sent with credentials, for which `*` is no answer.
    Cookies say nothing here, so that allowing them gives nobody more.
    """
    origin = request.header(b"origin")
    if not origin:
        return ((b"access-control-allow-origin", b"*"),)
    return (
        (b"access-control-allow-origin", origin.encode("latin-1", "replace")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    )


def _allowed_headers(request: Request) -> Header:
    """What the page asks for, as applications add headers of their own."""
    asked = request.header(b"access-control-request-headers")
    names = asked.encode() if _HEADER_NAMES.fullmatch(asked) else _HEADERS
    return (b"access-control-allow-headers", names)


def _media_type(request: Request) -> str:
    return request.header(b"content-type").partition(";")[0].strip().lower()


def _check_format(request: Request) -> None:
    if request.method != "POST":
        raise Refusal(405, Drop.MALFORMED, "Send this by POST.")
    media_type = _media_type(request)
    if media_type != answers.JSON and media_type not in _PROTOBUF_TYPES:
        raise Refusal(
            415,
            Drop.UNSUPPORTED_ENCODING,
            f"Content-Type must be {answers.PROTOBUF} or {answers.JSON}, "
            f"got {media_type[:60] or 'none'!r}.",
        )


def _success(outcome: answers.Outcome, signal: Signal, project_id: int, *, is_json: bool) -> Reply:
    body = answers.success_body(outcome, is_json=is_json, rejected_name=signal.rejected_name)
    headers = (answers.content_type(is_json=is_json),)
    return Reply(200, body, headers, project_id=project_id)


def _reply(refusal: Refusal, project_id: int, is_json: bool) -> Reply:
    headers = [answers.content_type(is_json=is_json)]
    if refusal.status == 405:
        headers.append((b"allow", b"POST, OPTIONS"))
    text = f"{refusal.drop.value}: {refusal.reason}"
    body = answers.status_body(refusal.status, text, is_json=is_json)
    return refused_reply(refusal, project_id, body, headers, scheme=b"Bearer")
