"""One remote write 1.0 request, written by hand: the format is small, its libraries are not."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from watchkeeper.lib.host import Reading

_DOUBLE = struct.Struct("<d")


class Encoder:
    """Encodes readings of one host; the labels of a series are encoded once."""

    def __init__(self, target_labels: Mapping[str, str]) -> None:
        self._target = dict(target_labels)
        self._series: dict[tuple[str, tuple[tuple[str, str], ...]], bytes] = {}

    def request(self, readings: Iterable[Reading], ts_ms: int) -> bytes:
        """The protobuf `prometheus.WriteRequest`, not compressed yet."""
        instant = b"\x10" + _varint(ts_ms)
        parts = []
        for name, own, value in readings:
            sample = b"\x09" + _DOUBLE.pack(value) + instant
            parts.append(_field(1, self._labels(name, own) + _field(2, sample)))
        return b"".join(parts)

    def _labels(self, name: str, own: tuple[tuple[str, str], ...]) -> bytes:
        found = self._series.get((name, own))
        if found is None:
            labels = {**self._target, **dict(own), "__name__": name}
            found = b"".join(
                _field(1, _field(1, label.encode()) + _field(2, value.encode()))
                for label, value in sorted(labels.items())
                if value
            )
            self._series[name, own] = found
        return found


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
