"""Bytes under everything else: packed bodies, the spool's frames, a remote read."""

from __future__ import annotations

import gzip
import zlib
from random import Random

import cramjam

from tests.fuzz import wire
from tests.fuzz.target import Run, Target
from watchkeeper.api.compat.remote_read.request import MalformedRead, parse_request
from watchkeeper.ingest import BodyLimits, Refusal, unpack
from watchkeeper.model import Kind, Record
from watchkeeper.store.spool.frame import encode, frames

_ENCODINGS = ("gzip", "deflate", "br", "zstd", "gzip, br", "identity", "")
_LIMITS = BodyLimits(max_bytes=2**16, max_unpacked_bytes=2**18)


def _unpacker() -> Run:
    def run(data: bytes) -> str:
        if not data:
            return "empty"
        unpacked = unpack(data[1:], _ENCODINGS[data[0] % len(_ENCODINGS)], _LIMITS)
        assert len(unpacked) <= _LIMITS.max_unpacked_bytes, "more than may be unpacked"
        return f"unpacked {data[0] % len(_ENCODINGS)}"

    return run


def _a_body(rng: Random) -> bytes:
    plain = rng.randbytes(4) * int(rng.random() ** 8 * 200_000)
    kind = int(rng.random() * 4)
    packers = (
        lambda: gzip.compress(plain, 1),
        lambda: zlib.compress(plain),
        lambda: bytes(cramjam.brotli.compress(plain, level=1)),
        lambda: bytes(cramjam.zstd.compress(plain)),
    )
    return bytes((kind,)) + packers[kind]()


def _reader() -> Run:
    def run(data: bytes) -> str:
        found = list(frames(data, segment=7, offset=0))
        end = 0
        for frame in found:
            assert end <= frame.start < frame.end <= len(data), "frames overlap or go past the end"
            end = frame.end
            again = encode(frame.record, segment=7, offset=frame.start)
            assert again == data[frame.start : frame.end], "a frame is not what it was read from"
        torn = data + b"\xff" * 64  # a frame cut short must not be made whole by what follows
        behind = encode(Record(Kind.LOGS, 1, 2, b"kept"), segment=7, offset=len(torn))
        last = list(frames(torn + behind, segment=7, offset=0))[-1]
        assert last.record.payload == b"kept", "a good frame behind damage is lost"
        return str(min(len(found), 3))

    return run


def _segment(rng: Random) -> bytes:
    out = b""
    for _ in range(int(rng.random() * 4)):
        record = Record(
            rng.choice(list(Kind)),
            int(rng.random() * 9),
            1_795_224_000_000,
            rng.randbytes(int(rng.random() * 40)),
        )
        out += encode(record, segment=7, offset=len(out))
    return out


def _read_request() -> Run:
    def run(data: bytes) -> str:
        request = parse_request(bytes(cramjam.snappy.compress_raw(data)))
        for query in request.queries:
            for matcher in query.matchers:
                f"{matcher.name}{matcher.value}".encode()
        return f"{min(len(request.queries), 2)} {request.streamed}"

    return run


_MATCHER: wire.Shape = {1: "uint", 2: "text", 3: "text"}
_REQUEST: wire.Shape = {1: {1: "ms", 2: "ms", 3: _MATCHER}, 2: "uint"}
_WORDS = (b"__name__", b"up", b"a|b", b"(", b"\xff", b"", b".*")


TARGETS = (
    Target(
        name="packed-body",
        make=_unpacker,
        refusals=(Refusal,),
        generate=_a_body,
        tokens=(b"\x1f\x8b", b"\x78\x9c", b"\x28\xb5\x2f\xfd", b"\xff\xff\xff\xff"),
        share=40,
    ),
    Target(
        name="spool-frames",
        make=_reader,
        refusals=(),
        generate=_segment,
        tokens=(b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x01", b"\x02"),
        share=150,
    ),
    Target(
        name="remote-read",
        make=_read_request,
        refusals=(MalformedRead,),
        generate=lambda rng: wire.generated(rng, _REQUEST, _WORDS),
        tokens=_WORDS,
        is_wire=True,
        share=300,
    ),
)
