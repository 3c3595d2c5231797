"""Reads a request's body within its limits, and unpacks it within its limits."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import InFlight, Refusal, Request

_GZIP_WINDOW, _ZLIB_WINDOW, _RAW_WINDOW = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"
_MOST_MEMBERS = 50
"""Members of one gzip file; to unpack one copies what is behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """Longest body, as sent and unpacked. Sections [ingest.sentry] and [ingest.remote_write]."""

    max_bytes: int = 20 * 2**20
    max_unpacked_bytes: int = 50 * 2**20


def read_body(request: Request, limits: BodyLimits, in_flight: InFlight) -> _Body:
    """`async with` gives the body as sent; its bytes count as held until the block ends.

    Raises Refusal: 413 with the limit, 503 if too much is held, 400 if the sender went away.
    What is then unread is thrown away by the server, so that the sender gets to read the answer.
    """
    return _Body(request, limits, in_flight)


class _Body:
    """Holds one body. Written out, as a generator's context costs more than small bodies do."""

    __slots__ = ("_held", "_in_flight", "_limits", "_request")

    def __init__(self, request: Request, limits: BodyLimits, in_flight: InFlight) -> None:
        self._request, self._limits, self._in_flight = request, limits, in_flight
        self._held = 0

    async def __aenter__(self) -> bytes:
        _check_declared(self._request, self._limits)
        try:
            return await self._whole()
        except BaseException:
            self._in_flight.give(self._held)
            raise

    async def __aexit__(self, *_why: object) -> None:
        self._in_flight.give(self._held)

    async def _whole(self) -> bytes:
        chunks: list[bytes] = []
        more = True
        while more:
            chunk, more = await _next_chunk(self._request)
            self._in_flight.take(len(chunk))
            self._held += len(chunk)
            chunks.append(chunk)
            if self._held > self._limits.max_bytes:
                raise _too_large(self._limits.max_bytes)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def unpack(body: bytes, encoding: str, limits: BodyLimits) -> bytes:
    """The body without its Content-Encoding. Never holds more than the limit.

    Raises Refusal: 413 with the limit, 400 if it is damaged, 415 if the encoding is unknown.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in {"", "identity"}:
            continue
        unpacker = _UNPACKERS.get(name)
        if unpacker is None:
            raise Refusal(
                415,
                Drop.UNSUPPORTED_ENCODING,
                f"Content-Encoding {name[:40]!r} is not known; send gzip, deflate, br or zstd.",
            )
        body = unpacker(body, limits.max_unpacked_bytes)
    if len(body) > limits.max_unpacked_bytes:
        raise _too_large(limits.max_unpacked_bytes)
    return body


async def _next_chunk(request: Request) -> tuple[bytes, bool]:
    """Some of the body, and whether there is more."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise Refusal(400, Drop.CLIENT_GONE, "The sender closed before the body was whole.")
    chunk: bytes = message.get("body", b"")
    return chunk, bool(message.get("more_body", False))


def _check_declared(request: Request, limits: BodyLimits) -> None:
    declared = request.headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limits.max_bytes:
        raise _too_large(limits.max_bytes)


def _too_large(limit: int) -> Refusal:
    return Refusal(
        413, Drop.TOO_LARGE, f"The body is larger than {limit:,} bytes.", limit_bytes=limit
    )


def _damaged(name: str) -> Refusal:
    return Refusal(400, Drop.MALFORMED, f"The body is not valid {name}.", position=0)


def _inflate(body: bytes, limit: int, *, window: int, name: str) -> bytes:
    unpacked, _rest = _inflated(body, limit, window=window, name=name)
    return unpacked


def _inflated(body: bytes, limit: int, *, window: int, name: str) -> tuple[bytes, bytes]:
    """One stream unpacked, and what stands behind it."""
    inflater = zlib.decompressobj(window)
    try:
        unpacked = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise _damaged(name) from error
    if len(unpacked) > limit:
        raise _too_large(limit)
    if not inflater.eof:
        raise _damaged(name)
    return unpacked, inflater.unused_data


def _gunzip(body: bytes, limit: int) -> bytes:
    """All members of a gzip file, as writers make them that flush or join files."""
    unpacked, rest = _inflated(body, limit, window=_GZIP_WINDOW, name="gzip")
    if not rest.startswith(_GZIP_MAGIC):
        return unpacked
    members = [unpacked]
    for _ in range(_MOST_MEMBERS):
        left = limit - sum(map(len, members))
        unpacked, rest = _inflated(rest, left, window=_GZIP_WINDOW, name="gzip")
        members.append(unpacked)
        if not rest.startswith(_GZIP_MAGIC):
            return b"".join(members)
    raise _damaged("gzip")


def _deflated(body: bytes, limit: int) -> bytes:
    """`deflate` is zlib by the standard, and raw deflate from some senders."""
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflate(body, limit, window=_ZLIB_WINDOW if is_zlib else _RAW_WINDOW, name="deflate")


def _into_buffer(codec: str) -> Callable[[bytes, int], bytes]:
    """An unpacker that writes into a buffer of bounded size, which grows as needed."""

    def unpacked(body: bytes, limit: int) -> bytes:
        import cramjam  # heavy-ish and rarely needed: most senders use gzip

        decompress_into = getattr(cramjam, codec).decompress_into
        size = min(limit, max(2**16, 8 * len(body)))
        while True:
            buffer = bytearray(size)
            try:
                return bytes(memoryview(buffer)[: decompress_into(body, buffer)])
            except cramjam.DecompressionError as error:
                if "failed to write whole buffer" not in str(error):
                    raise _damaged(codec) from error
                if size >= limit:
                    raise _too_large(limit) from error
            size = min(limit, 4 * size)

    return unpacked


_UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _deflated,
    "br": _into_buffer("brotli"),
    "zstd": _into_buffer("zstd"),
}
