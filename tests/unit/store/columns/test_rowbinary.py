from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.store.columns import (
    ERRORS,
    ERRORS_1H,
    LOGS,
    SAMPLES,
    SERIES,
    BatchRefused,
    encode_rows,
    samples_block,
    split_by_day,
)
from watchkeeper.store.columns.table import Column, Table

SAMPLE = ("project_id", "series_id", "ts", "value")


def test_fixed_columns_are_little_endian_and_packed() -> None:
    got = encode_rows(SAMPLES, SAMPLE, [(1, 2**64 - 1, -5, 0.5), (2, 0, 5, 1)])
    assert got == struct.pack("<IQqdIQqd", 1, 2**64 - 1, -5, 0.5, 2, 0, 5, 1.0)


def test_the_columns_come_in_the_order_asked_for() -> None:
    assert encode_rows(SAMPLES, ("value", "project_id"), [(0.5, 1)]) == struct.pack("<dI", 0.5, 1)


def test_text_maps_and_dates_between_fixed_columns() -> None:
    names = ("project_id", "day", "metric", "series_id", "labels")
    got = encode_rows(SERIES, names, [(1, 20_778, "up", 9, {"job": "é", "a": ""})])
    assert got == (
        struct.pack("<IH", 1, 20_778)
        + b"\x02up"
        + struct.pack("<Q", 9)
        + b"\x02\x03job\x02\xc3\xa9\x01a\x00"
    )


@pytest.mark.parametrize(
    ("length", "prefix"),
    [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (16_384, b"\x80\x80\x01")],
)
def test_lengths_are_leb128(length: int, prefix: bytes) -> None:
    assert encode_rows(LOGS, ("body",), [("x" * length,)]) == prefix + b"x" * length


def test_bytes_are_taken_as_they_are_and_half_surrogates_are_replaced() -> None:
    assert encode_rows(LOGS, ("body",), [(b"\xc3\xa9",), ("a\ud800",)]) == b"\x02\xc3\xa9\x02a?"


def test_no_rows_are_no_bytes() -> None:
    assert encode_rows(SAMPLES, SAMPLE, []) == b""


@pytest.mark.parametrize(
    ("columns", "row", "word"),
    [
        (("project_id",), (-1,), "project_id"),
        (("project_id",), (2**32,), "project_id"),
        (("project_id",), ("1",), "project_id"),
        (("value",), (None,), "value"),
        (("event_id",), ("short",), "event_id"),
        (("level",), (None,), "level"),
        (("level",), (3,), "level"),
        (("tags",), ("no map",), "tags"),
        (("tags",), ({"a": 1},), "tags"),
        (("level", "value"), ("error",), "2 values"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(
    columns: tuple[str, ...], row: tuple[object, ...], word: str
) -> None:
    table = SAMPLES if columns in {("project_id",), ("value",)} else ERRORS
    with pytest.raises(BatchRefused, match=word):
        encode_rows(table, columns, [row])


def test_rows_of_different_length_are_refused() -> None:
    with pytest.raises(BatchRefused, match="differ in length"):
        encode_rows(SAMPLES, ("project_id", "value"), [(1, 1.0), (1,)])


def test_columns_that_take_no_rows_are_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no column 'nope'"):
        encode_rows(SAMPLES, ("nope",), [(1,)])
    with pytest.raises(ValueError, match="AggregateFunction"):
        encode_rows(ERRORS_1H, ("users",), [(b"",)])


def test_every_table_that_is_written_to_has_an_encoder_for_each_column() -> None:
    defaults: dict[str, object] = {"Map": {}, "String": "", "LowCardinality": ""}
    for table in (SAMPLES, SERIES, ERRORS, LOGS):
        written = [column for column in table.columns if not column.default]
        row = [
            "0" * 32 if "FixedString" in each.type else defaults.get(each.type.split("(")[0], 0)
            for each in written
        ]
        names = [column.name for column in written]
        assert len(encode_rows(table, names, [row])) >= len(names)


_TYPES = {
    "UInt8": ("B", st.integers(0, 255)),
    "UInt32": ("I", st.integers(0, 2**32 - 1)),
    "DateTime64(3, 'UTC')": ("q", st.integers(-(2**40), 2**40)),
    "Float64": ("d", st.floats(allow_nan=False)),
    "LowCardinality(String)": ("s", st.text("a\0é\U0001f600", max_size=150)),
}


def read_back(data: bytes, types: list[str]) -> list[tuple[object, ...]]:
    """A plain reader of RowBinary, value by value."""
    rows: list[tuple[object, ...]] = []
    at = 0
    while at < len(data):
        row: list[object] = []
        for kind in types:
            code = _TYPES[kind][0]
            if code == "s":
                length = shift = 0
                while True:
                    byte = data[at]
                    at += 1
                    length |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
                row.append(data[at : at + length].decode())
                at += length
            else:
                (value,) = struct.unpack_from(f"<{code}", data, at)
                row.append(value)
                at += struct.calcsize(f"<{code}")
        rows.append(tuple(row))
    return rows


@given(st.data(), st.lists(st.sampled_from(list(_TYPES)), min_size=1, max_size=6))
def test_any_rows_of_any_columns_can_be_read_back(data: st.DataObject, types: list[str]) -> None:
    names = [f"c{at}" for at in range(len(types))]
    table = Table(
        name="any",
        columns=tuple(Column(name=n, type=t) for n, t in zip(names, types, strict=True)),
        partition_by="tuple()",
        order_by=("c0",),
    )
    rows = data.draw(st.lists(st.tuples(*(_TYPES[kind][1] for kind in types)), max_size=5))
    assert read_back(encode_rows(table, names, rows), types) == rows


def test_a_block_of_samples_is_what_its_rows_are() -> None:
    rows = [(1, 2**64 - 1, 1_795_219_200_000, 0.1), (2, 3, 4, -1.0)]
    projects, series, ts, values = zip(*rows, strict=True)
    block = samples_block(projects, np.array(series, dtype="u8"), ts, values)
    assert block == encode_rows(SAMPLES, SAMPLE, rows)


def test_a_batch_within_the_limit_is_one_group() -> None:
    (rows,) = split_by_day(np.arange(50))
    assert rows.tolist() == list(range(50))
    assert split_by_day(np.array([], dtype="i8")) == []


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=400), st.integers(1, 60)
)
def test_groups_keep_every_row_once_and_every_limit(
    days: list[tuple[int, int]], limit: int
) -> None:
    received = np.array([each[0] for each in days], dtype="i8")
    seen = np.array([each[1] for each in days], dtype="i8")
    groups = split_by_day(received, seen, limit=limit)
    assert sorted(row for group in groups for row in group.tolist()) == list(range(len(days)))
    for group in groups:
        assert group.tolist() == sorted(group.tolist())
        assert np.unique(received[group]).size <= limit
        assert np.unique(seen[group]).size <= limit


def test_days_are_counted_from_ms_by_the_caller() -> None:
    ts = np.arange(120) * DAY_MS
    assert [group.size for group in split_by_day(ts // DAY_MS)] == [50, 50, 20]
