"""What is kept of pushes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from watchkeeper.model import Histogram, Labels


class PushedFamily(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One metric of a group with its series. pushed_ms: when it came last, Unix ms."""

    name: str
    type: str
    help: str
    unit: str = ""
    pushed_ms: int = 0
    samples: tuple[tuple[Labels, float], ...] = ()
    histograms: tuple[tuple[Labels, Histogram], ...] = ()

    def series(self) -> Iterator[Labels]:
        """Every series of the family."""
        yield from (labels for labels, _ in self.samples)
        yield from (labels for labels, _ in self.histograms)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What was pushed under one grouping key. Times: Unix ms, 0 if it never happened.

    families: by metric name. failed_ms: the newest push that was refused.
    """

    labels: Labels
    families: dict[str, PushedFamily] = {}
    pushed_ms: int = 0
    failed_ms: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[PushedFamily]).decode


def encode_families(families: dict[str, PushedFamily]) -> bytes:
    """As it is stored: msgpack."""
    return _encode(list(families.values()))


def decode_families(stored: bytes) -> dict[str, PushedFamily]:
    """Raises msgspec.DecodeError."""
    return {family.name: family for family in _decode(stored)}
