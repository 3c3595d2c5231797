"""`POST /loki/api/v1/push`."""

from __future__ import annotations

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.body import BodyLimits, read_body, unpack
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import TEXT_TYPE, Header, InFlight, Refusal, Reply, Request
from watchkeeper.ingest.pipeline import LogLimits, SentLog, finish_log
from watchkeeper.ingest.protocols.loki.parse import (
    MOST_LINES,
    MalformedPush,
    TooManyLines,
    read_json,
    read_protobuf,
)
from watchkeeper.ingest.writers import Writers
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.privacy import Scrubber

_PATHS = frozenset({"/loki/api/v1/push", "/api/prom/push"})
_JSON = "application/json"
_PROTOBUF = "application/x-protobuf"


class LokiEndpoint:
    """Answers Loki's push API. 204 means that every line is on disk."""

    name = "loki"

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
                lines = self._lines(packed, request)
            now_ms, scrubber = self._clock(), self._scrubber.of(project_id)
            rows = [
                finish_log(line, received_ms=now_ms, scrubber=scrubber, limits=self._limits)
                for line in lines
            ]
            await self._acceptor.accept_logs(project_id, rows)
            return Reply(204, project_id=project_id)
        except Refusal as refusal:
            self._acceptor.metrics.drop(refusal.drop)
            return _reply(refusal, project_id)
        except Overloaded as error:
            overload = Refusal(503, Drop.SPOOL_FULL, str(error), retry_after_s=error.retry_after_s)
            return _reply(overload, project_id)

    def _lines(self, packed: bytes, request: Request) -> list[SentLog]:
        kind = request.header(b"content-type").partition(";")[0].strip().lower()
        try:
            if kind == _JSON:
                encoding = request.header(b"content-encoding")
                return read_json(unpack(packed, encoding, self._body_limits))
            if kind in {_PROTOBUF, ""}:
                return read_protobuf(self._unpacked(packed))
        except MalformedPush as error:
            raise Refusal(400, Drop.MALFORMED, str(error)) from error
        except TooManyLines as error:
            raise Refusal(
                413, Drop.TOO_LARGE, f"A request has at most {MOST_LINES:,} lines; send several."
            ) from error
        raise Refusal(
            415, Drop.UNSUPPORTED_ENCODING, f"Content-Type must be {_PROTOBUF} or {_JSON}."
        )

    def _unpacked(self, packed: bytes) -> bytes:
        import cramjam  # at first use: most senders never need it

        limit = self._body_limits.max_unpacked_bytes
        try:
            if cramjam.snappy.decompress_raw_len(packed) > limit:
                raise Refusal(413, Drop.TOO_LARGE, f"Unpacked it is larger than {limit:,} bytes.")
            return bytes(cramjam.snappy.decompress_raw(packed))
        except cramjam.DecompressionError as error:
            raise MalformedPush("The body is not a snappy block.") from error


def _reply(refusal: Refusal, project_id: int) -> Reply:
    headers: list[Header] = [TEXT_TYPE]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="watchkeeper"'))
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", str(refusal.retry_after_s).encode()))
    known = refusal.project_id or (0 if refusal.drop is Drop.UNKNOWN_KEY else project_id)
    body = f"{refusal.drop.value}: {refusal.reason}\n".encode()
    return Reply(refusal.status, body, tuple(headers), refusal.drop, known)
