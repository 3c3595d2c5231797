"""Reads ClickHouse's Native format of fixed-width columns: whole columns, no rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def native_columns(answer: bytes, dtypes: Sequence[npt.DTypeLike]) -> list[npt.NDArray[np.generic]]:
    """The columns of an answer, each put together from all blocks.

    dtypes: one for each column, little-endian and as wide as the column's type.
    Raises ValueError for an answer that holds other columns or ends too soon.
    """
    kinds = [np.dtype(dtype) for dtype in dtypes]
    pieces: list[list[npt.NDArray[np.generic]]] = [[np.zeros(0, kind)] for kind in kinds]
    position = 0
    while position < len(answer):
        columns, position = _length(answer, position)
        rows, position = _length(answer, position)
        if columns != len(kinds):
            raise ValueError(f"expected {len(kinds)} columns, got {columns}")
        for kind, column in zip(kinds, pieces, strict=True):
            position = _skip_text(answer, _skip_text(answer, position))
            column.append(np.frombuffer(answer, kind, rows, position))
            position += rows * kind.itemsize
    return [np.concatenate(column) for column in pieces]


def _length(answer: bytes, position: int) -> tuple[int, int]:
    """A variable-length integer, and where it ends."""
    value = shift = 0
    while True:
        if position >= len(answer):
            raise ValueError("the answer ends too soon")
        byte = answer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _skip_text(answer: bytes, position: int) -> int:
    length, position = _length(answer, position)
    return position + length
