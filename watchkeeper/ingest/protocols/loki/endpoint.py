"""`POST /loki/api/v1/push`."""

from __future__ import annotations

from watchkeeper.ingest.body import unpack
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import TEXT_TYPE, Refusal, Reply, Request, refused_reply, refused_text
from watchkeeper.ingest.pipeline import SentLog
from watchkeeper.ingest.protocols.loki.parse import (
    MOST_LINES,
    MalformedPush,
    TooManyLines,
    read_json,
    read_protobuf,
)
from watchkeeper.ingest.push import LogPush, too_many_lines
from watchkeeper.lib import snappy

_JSON = "application/json"
_PROTOBUF = "application/x-protobuf"


class LokiEndpoint(LogPush):
    """Answers Loki's push API with 204."""

    name = "loki"
    paths = frozenset({"/loki/api/v1/push", "/api/prom/push"})

    def read(self, packed: bytes, request: Request) -> list[SentLog]:
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
            raise too_many_lines(MOST_LINES) from error
        raise Refusal(
            415, Drop.UNSUPPORTED_ENCODING, f"Content-Type must be {_PROTOBUF} or {_JSON}."
        )

    def kept(self, lines: int, project_id: int) -> Reply:
        return Reply(204, project_id=project_id)

    def refused(self, refusal: Refusal, project_id: int) -> Reply:
        body = refused_text(refusal)
        return refused_reply(refusal, project_id, body, (TEXT_TYPE,), scheme=b"Basic")

    def _unpacked(self, packed: bytes) -> bytes:
        limit = self._body_limits.max_unpacked_bytes
        try:
            return snappy.unpack_block(packed, limit_bytes=limit)
        except snappy.TooLong as error:
            reason = f"Unpacked it is larger than {limit:,} bytes."
            raise Refusal(413, Drop.TOO_LARGE, reason) from error
        except snappy.NotSnappy as error:
            raise MalformedPush("The body is not a snappy block.") from error
