"""Rows to RowBinary, a column at a time, and fixed-width RowBinary to numpy."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from watchkeeper.lib.varint import varint
from watchkeeper.store.columns.errors import BatchRefused
from watchkeeper.store.columns.port import Columns, Params, Settings
from watchkeeper.store.columns.table import Table

PARTITIONS_PER_INSERT = 50
"""Days in one insert: the engine refuses more than 100, at every retry; half leaves room."""

SAMPLE_DTYPE = np.dtype(
    [("project_id", "<u4"), ("series_id", "<u8"), ("ts", "<i8"), ("value", "<f8")]
)
"""One sample as RowBinary has it: packed, 28 bytes."""

_FIXED: Mapping[str, str] = {
    "UInt8": "B",
    "UInt16": "H",
    "UInt32": "I",
    "UInt64": "Q",
    "Int8": "b",
    "Int16": "h",
    "Int32": "i",
    "Int64": "q",
    "Float32": "f",
    "Float64": "d",
    "Bool": "?",
    "Date": "H",
    "DateTime": "I",
    "DateTime64": "q",
}
_WRAPPER = re.compile(r"(?:LowCardinality\(|SimpleAggregateFunction\(\w+, )(.+)\)\Z")
_FIXED_STRING = re.compile(r"FixedString\((\d+)\)\Z")
_STRING_MAP = re.compile(r"Map\((?:LowCardinality\(String\)|String), String\)\Z")
_SHORT = tuple(bytes((length,)) for length in range(128))

Encode = Callable[..., Iterable[bytes]]
"""Takes as many columns of values as its span is wide; gives the bytes of each row."""


def encode_rows(table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Rows of `columns` as RowBinary, in order.

    Values: str (or UTF-8 bytes) for strings, a dict for a Map, int for UInt*, DateTime64(3) in ms,
    DateTime in s, Date in days since 1970. Raises BatchRefused for a value that does not fit, and
    ValueError for a column that the table lacks or that takes no rows.
    """
    plan = _plan(table, tuple(columns))
    values = _by_column(table, columns, rows)
    if not values:
        return b""
    parts = [_encoded(table, columns[span], encode, values[span]) for span, encode in plan]
    return b"".join(chain.from_iterable(zip(*parts, strict=True)))


def samples_block(
    project_ids: ArrayLike, series_ids: ArrayLike, ts_ms: ArrayLike, values: ArrayLike
) -> bytes:
    """Rows of `samples` (project_id, series_id, ts, value) as RowBinary; arrays of one length."""
    ts = np.asarray(ts_ms, dtype="<i8")
    block = np.empty(ts.shape[0], dtype=SAMPLE_DTYPE)
    block["project_id"] = project_ids
    block["series_id"] = series_ids
    block["ts"] = ts
    block["value"] = values
    return block.tobytes()


def fetch_arrays(
    columns: Columns,
    sql: str,
    params: Params | None,
    dtype: DTypeLike,
    *,
    settings: Settings | None = None,
) -> NDArray[np.void]:
    """The answer of a query of fixed-width columns as a structured array (read-only).

    dtype: packed fields in the order and width of the selected columns; DateTime64(3) is `<i8` ms.
    Raises ValueError when the answer is no whole number of such rows.
    """
    answer = columns.fetch(sql, params, fmt="RowBinary", settings=settings)
    return np.frombuffer(answer, dtype=dtype)


def split_by_day(*days: ArrayLike, limit: int = PARTITIONS_PER_INSERT) -> list[NDArray[np.intp]]:
    """Row numbers, in order, in groups that touch at most `limit` days in each of `days`.

    days: for each partitioned time of a row (its own and those its views derive) an array of
    whole days. A batch within the limit comes back as one group; an empty one as none.
    """
    rows = np.arange(np.asarray(days[0]).shape[0])
    groups = [rows] if rows.size else []
    for column in days:
        day = np.asarray(column)
        groups = [part for group in groups for part in _split(group, day[group], limit)]
    return groups


def _split(rows: NDArray[np.intp], day: NDArray[np.int64], limit: int) -> list[NDArray[np.intp]]:
    distinct, rank = np.unique(day, return_inverse=True)
    if distinct.size <= limit:
        return [rows]
    return [rows[rank // limit == chunk] for chunk in range(-(-distinct.size // limit))]


def _by_column(
    table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> list[tuple[object, ...]]:
    try:
        values = list(zip(*rows, strict=True))
    except ValueError as error:
        raise BatchRefused(f"Rows for {table.name} differ in length.") from error
    if values and len(values) != len(columns):
        raise BatchRefused(f"Rows for {table.name} need {len(columns)} values each.")
    return values


def _encoded(
    table: Table, names: Sequence[str], encode: Encode, values: Sequence[tuple[object, ...]]
) -> list[bytes]:
    try:
        return list(encode(*values))
    except (struct.error, TypeError, AttributeError, ValueError) as error:
        raise BatchRefused(
            f"A value does not fit {table.name}.{'/'.join(names)}: {error}"
        ) from error


@lru_cache(maxsize=64)
def _plan(table: Table, columns: tuple[str, ...]) -> list[tuple[slice, Encode]]:
    """An encoder for each span of columns: neighbours of fixed width are packed in one step."""
    types = {column.name: _unwrapped(column.type) for column in table.columns}
    missing = [name for name in columns if name not in types]
    if missing:
        raise ValueError(f"{table.name} has no column {missing[0]!r}")
    wanted = [types[name] for name in columns]
    return [
        (span, _encoder([wanted[i] for i in range(*span.indices(len(wanted)))]))
        for span in _spans(wanted)
    ]


def _spans(types: Sequence[str]) -> list[slice]:
    """Neighbours of fixed width together, every other column alone."""
    spans: list[slice] = []
    for at, kind in enumerate(types):
        joins = at > 0 and kind in _FIXED and types[at - 1] in _FIXED
        start = spans.pop().start if joins else at
        spans.append(slice(start, at + 1))
    return spans


def _unwrapped(kind: str) -> str:
    """The type that decides the bytes: without its wrapper, time zone and precision."""
    inner = _WRAPPER.match(kind)
    if inner:
        return _unwrapped(inner[1])
    return kind.partition("(")[0] if kind.startswith("DateTime") else kind


def _encoder(types: Sequence[str]) -> Encode:
    kind = types[0]
    if kind in _FIXED:
        return partial(map, struct.Struct("<" + "".join(_FIXED[each] for each in types)).pack)
    if kind == "String":
        return _strings
    if fixed := _FIXED_STRING.match(kind):
        return partial(_fixed_strings, int(fixed[1]))
    if _STRING_MAP.match(kind):
        return _maps
    raise ValueError(f"no rows are written to a column of type {kind}")


def _strings(values: Iterable[object]) -> list[bytes]:
    return [
        _SHORT[len(raw)] + raw if len(raw) < 128 else varint(len(raw)) + raw
        for raw in map(_utf8, values)
    ]


def _fixed_strings(length: int, values: Iterable[object]) -> list[bytes]:
    encoded = [_utf8(value) for value in values]
    if wrong := [raw for raw in encoded if len(raw) != length]:
        raise ValueError(f"{len(wrong[0])} bytes where {length} are needed")
    return encoded


def _maps(values: Iterable[Mapping[object, object]]) -> list[bytes]:
    return [
        varint(len(pairs)) + b"".join(_strings(chain.from_iterable(pairs.items())))
        for pairs in values
    ]


def _utf8(value: object) -> bytes:
    """Text as UTF-8; half of a surrogate pair, which JSON may hold, becomes a question mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, bytes):
        return value
    raise TypeError(f"text is needed, not {type(value).__name__}")
