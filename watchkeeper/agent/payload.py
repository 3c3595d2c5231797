"""One remote write 1.0 request, written by hand: the format is small, its libraries are not."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from watchkeeper.lib.host import Reading
from watchkeeper.lib.protobuf_wire import bytes_field, int64

_DOUBLE = struct.Struct("<d")


class Encoder:
    """Encodes readings of one host; the labels of a series are encoded once."""

    def __init__(self, target_labels: Mapping[str, str]) -> None:
        self._target = dict(target_labels)
        self._series: dict[tuple[str, tuple[tuple[str, str], ...]], bytes] = {}

    def request(self, readings: Iterable[Reading], ts_ms: int) -> bytes:
        """The protobuf `prometheus.WriteRequest`, not compressed yet."""
        instant = b"\x10" + int64(ts_ms)
        parts = []
        for name, own, value in readings:
            sample = b"\x09" + _DOUBLE.pack(value) + instant
            parts.append(bytes_field(1, self._labels(name, own) + bytes_field(2, sample)))
        return b"".join(parts)

    def _labels(self, name: str, own: tuple[tuple[str, str], ...]) -> bytes:
        found = self._series.get((name, own))
        if found is None:
            labels = {**self._target, **dict(own), "__name__": name}
            found = b"".join(
                bytes_field(1, bytes_field(1, label.encode()) + bytes_field(2, value.encode()))
                for label, value in sorted(labels.items())
                if value
            )
            self._series[name, own] = found
        return found
