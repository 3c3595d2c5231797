"""Columns of fixed width as one Native block: what a reader copies instead of parsing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchkeeper.lib.varint import varint
from watchkeeper.store.columns.tables import SAMPLES

_TYPES = {column.name: column.type for column in SAMPLES.columns}


def samples_native(
    project_ids: NDArray[np.uint32],
    series_ids: NDArray[np.uint64],
    ts_ms: NDArray[np.int64],
    values: NDArray[np.float64],
) -> bytes:
    """Rows of `samples` (project_id, series_id, ts, value) as Native; arrays of one length."""
    columns = (
        ("project_id", np.ascontiguousarray(project_ids, "<u4")),
        ("series_id", np.ascontiguousarray(series_ids, "<u8")),
        ("ts", np.ascontiguousarray(ts_ms, "<i8")),
        ("value", np.ascontiguousarray(values, "<f8")),
    )
    parts: list[bytes | memoryview] = [varint(len(columns)), varint(len(ts_ms))]
    for name, content in columns:
        parts += [_text(name), _text(_TYPES[name]), content.view(np.uint8).data]
    return b"".join(parts)


def _text(text: str) -> bytes:
    raw = text.encode()
    return varint(len(raw)) + raw
