"""Columns as one Native block: what a reader copies instead of parsing."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from watchkeeper.lib.varint import varint
from watchkeeper.store.columns.table import Table
from watchkeeper.store.columns.tables import SAMPLES

Content = Sequence[bytes | memoryview]
"""Pieces of bytes, one behind the other."""

_KEYS_VERSION = struct.pack("<Q", 1)
_ADDITIONAL_KEYS = 1 << 9
_WIDTHS = ((0, 1 << 8, "<u1"), (1, 1 << 16, "<u2"), (2, 1 << 32, "<u4"))
"""Of numbers of texts: the format's code, how many there may be, their type."""


def native_block(table: Table, rows: int, columns: Mapping[str, Content]) -> bytes:
    """Rows of some of a table's columns. The content of each: by one of the functions below."""
    types = {column.name: column.type for column in table.columns}
    parts: list[bytes | memoryview] = [varint(len(columns)), varint(rows)]
    for name, content in columns.items():
        parts += [_text(name), _text(types[name]), *content]
    return b"".join(parts)


def fixed(numbers: NDArray[np.generic], dtype: str) -> Content:
    """A column of fixed width. dtype: as numpy names it, little-endian."""
    return [np.ascontiguousarray(numbers, dtype).view(np.uint8).data]


def low_cardinality(numbers: NDArray[np.integer], texts: Sequence[bytes]) -> Content:
    """A column LowCardinality(String). texts: each with its length before it. numbers: of each row
    the place of its text.
    """
    return [_KEYS_VERSION, *_numbered(numbers, texts)]


def string_map(
    ends: NDArray[np.integer],
    key_numbers: NDArray[np.integer],
    keys: Sequence[bytes],
    values: bytes,
) -> Content:
    """A column Map(LowCardinality(String), String). ends: how many pairs there are up to each row.

    key_numbers: of each pair the place of its key. keys, values: with their lengths before them.
    """
    offsets = np.ascontiguousarray(ends, "<u8").view(np.uint8).data
    return [_KEYS_VERSION, offsets, *_numbered(key_numbers, keys), values]


def _numbered(numbers: NDArray[np.integer], texts: Sequence[bytes]) -> Content:
    if not len(numbers):
        return []
    code, _limit, dtype = next(width for width in _WIDTHS if len(texts) <= width[1])
    return [
        struct.pack("<QQ", _ADDITIONAL_KEYS | code, len(texts)),
        *texts,
        struct.pack("<Q", len(numbers)),
        np.ascontiguousarray(numbers, dtype).view(np.uint8).data,
    ]


def samples_native(
    project_ids: NDArray[np.uint32],
    series_ids: NDArray[np.uint64],
    ts_ms: NDArray[np.int64],
    values: NDArray[np.float64],
) -> bytes:
    """Rows of `samples` (project_id, series_id, ts, value) as Native; arrays of one length."""
    columns = {
        "project_id": fixed(project_ids, "<u4"),
        "series_id": fixed(series_ids, "<u8"),
        "ts": fixed(ts_ms, "<i8"),
        "value": fixed(values, "<f8"),
    }
    return native_block(SAMPLES, len(ts_ms), columns)


def _text(text: str) -> bytes:
    raw = text.encode()
    return varint(len(raw)) + raw
