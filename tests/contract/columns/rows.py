"""Rows that the contract tests write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from watchkeeper.store.columns import ERRORS, Columns, encode_rows, samples_block

START_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z
SAMPLE_COLUMNS = ("project_id", "series_id", "ts", "value")
ERROR_COLUMNS = tuple(column.name for column in ERRORS.columns if not column.default)


def insert_samples(
    columns: Columns,
    project: int,
    points: Sequence[tuple[int, int, float]],
    *,
    token: str | None = None,
) -> None:
    """points: (series, ms after START_MS, value)."""
    series, after_ms, values = zip(*points, strict=True)
    block = samples_block(
        np.full(len(points), project),
        np.array(series, dtype="u8"),
        np.array(after_ms) + START_MS,
        values,
    )
    columns.insert("samples", SAMPLE_COLUMNS, block, token=token)


def error_row(project: int, number: int, *, ts_ms: int = START_MS) -> tuple[object, ...]:
    """One row of `errors`, in the order of ERROR_COLUMNS."""
    texts = ("error", "ValueError", "bad\tvalue", "app.views in get", "/a", "python", "prod", "1.0")
    return (
        project,
        2**64 - 1,
        ts_ms,
        ts_ms + 5,
        f"{number:032x}",
        *texts,
        "web-1",
        f"user-{number % 3}",
        "",
        "",
        0,
        {"browser": "Firefox", "é": "ü" * 200},
        '{"k":1}',
        *("/cart/7", "get", "\nget\n", "", "ada", "", "high"),
    )


def insert_errors(
    columns: Columns, rows: Sequence[Sequence[object]], *, token: str | None = None
) -> None:
    columns.insert("errors", ERROR_COLUMNS, encode_rows(ERRORS, ERROR_COLUMNS, rows), token=token)
