"""A few series by Prometheus remote write 1.0, encoded by hand."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

import cramjam
import httpx

Sample = tuple[int, float]
"""Unix ms, value."""


def write(
    url: str,
    project_id: int,
    server_key: str,
    series: Iterable[tuple[Mapping[str, str], list[Sample]]],
) -> None:
    """Send series to a project; they are accepted when this returns."""
    body = b"".join(_field(1, _series(labels, samples)) for labels, samples in series)
    answer = httpx.post(
        f"{url}/p/{project_id}/api/v1/write",
        content=bytes(cramjam.snappy.compress_raw(body)),
        headers={
            "Authorization": f"Bearer {server_key}",
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        },
        timeout=30,
    )
    assert answer.status_code < 300, answer.text


def _series(labels: Mapping[str, str], samples: list[Sample]) -> bytes:
    pairs = (
        _field(1, _field(1, name.encode()) + _field(2, value.encode()))
        for name, value in sorted(labels.items())
    )
    points = (
        _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(ts_ms))
        for ts_ms, value in samples
    )
    return b"".join((*pairs, *points))


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
