"""What a reader asks for: the request's bytes to queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.api.compat.remote_read.messages import message
from watchkeeper.lib import snappy
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.query.promql import Matcher, MatchOp

MAX_BYTES = 1024 * 1024
_OPERATORS = (MatchOp.EQUAL, MatchOp.NOT_EQUAL, MatchOp.REGEX, MatchOp.NOT_REGEX)
_SAMPLES, _STREAMED = 0, 1


class MalformedRead(WatchkeeperError):
    """The body of a remote read is no ReadRequest."""

    code = "malformed_read"
    http_status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Series that satisfy every matcher, within [start_ms, end_ms]."""

    matchers: Sequence[Matcher]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """streamed: the reader likes chunks in frames best; else samples in one message.

    takes_samples: it takes samples in one message, too.
    """

    queries: Sequence[Query]
    streamed: bool
    takes_samples: bool = True


def parse_request(packed: bytes) -> ReadRequest:
    """A snappy block that holds a ReadRequest. Raises MalformedRead."""
    found = message("ReadRequest")()
    try:
        found.ParseFromString(snappy.unpack_block(packed, limit_bytes=MAX_BYTES))
    except snappy.TooLong as error:
        raise MalformedRead(f"A read request may have {MAX_BYTES:,} bytes unpacked.") from error
    except snappy.NotSnappy as error:
        raise MalformedRead(f"The body is not a snappy block: {error}.") from error
    except Exception as error:  # protobuf's DecodeError, which is only there once it is loaded
        raise MalformedRead(f"The body is not a ReadRequest: {error}.") from error
    accepted = next((kind for kind in found.accepted if kind in (_SAMPLES, _STREAMED)), _SAMPLES)
    queries = [
        Query(
            matchers=tuple(_matcher(each.type, each.name, each.value) for each in query.matchers),
            start_ms=query.start_ms,
            end_ms=query.end_ms,
        )
        for query in found.queries
    ]
    return ReadRequest(
        queries=queries,
        streamed=accepted == _STREAMED,
        takes_samples=accepted == _SAMPLES or _SAMPLES in found.accepted,
    )


def _matcher(kind: int, name: str, value: str) -> Matcher:
    if not 0 <= kind < len(_OPERATORS):
        raise MalformedRead(f"Matcher type {kind} of label {name!r} is unknown.")
    return Matcher(name, _OPERATORS[kind], value)
