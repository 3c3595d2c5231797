"""A native histogram: one sample whose value is a whole distribution."""

from __future__ import annotations

from enum import IntEnum

import msgspec

CUSTOM_BUCKETS = -53
"""The schema whose bounds are listed in `custom_bounds`; -4…8 are exponential."""


class ResetHint(IntEnum):
    """What the sender knows of a counter reset before this sample. Numbers are the wire's."""

    UNKNOWN = 0
    RESET = 1
    NOT_RESET = 2
    GAUGE = 3


class Buckets(msgspec.Struct, frozen=True, array_like=True):
    """Populated buckets of one sign: ascending indexes, and the count in each (not cumulative)."""

    indexes: tuple[int, ...] = ()
    counts: tuple[float, ...] = ()


class Histogram(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Bucket i of schema s spans (2^(2^-s·(i-1)), 2^(2^-s·i)]; bucket i of CUSTOM_BUCKETS spans
    (custom_bounds[i-1], custom_bounds[i]], the last one reaching +Inf, and has no negative side.

    count, sum: of all observations. A sum that is the staleness NaN says "the series ends here".
    """

    schema: int
    count: float
    sum: float
    zero_threshold: float = 0.0
    zero_count: float = 0.0
    positive: Buckets = Buckets()
    negative: Buckets = Buckets()
    custom_bounds: tuple[float, ...] = ()
    reset_hint: ResetHint = ResetHint.UNKNOWN


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Histogram).decode


def encode_histogram(histogram: Histogram) -> bytes:
    """As it is stored: msgpack of the fields in order."""
    return _encode(histogram)


def decode_histogram(stored: bytes) -> Histogram:
    """Raises msgspec.DecodeError."""
    return _decode(stored)
