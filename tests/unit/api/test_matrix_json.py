"""Matrices are written as Prometheus writes them, in pieces or whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from watchkeeper.api.compat.matrix_json import matrix_pieces
from watchkeeper.model import Labels, labels_of
from watchkeeper.query.promql import Matrix, format_sample

ODD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-7, 1e21, 1e20, 5e-324, 1.5, 2, -3, 0.1, 1e15, 1e16]
T0 = 1_700_000_000_000


def metric(labels: Labels) -> str:
    return json.dumps(dict(labels), separators=(",", ":"), ensure_ascii=False)


def seconds(ts_ms: int) -> str:
    sign, ts_ms = ("-" if ts_ms < 0 else ""), abs(ts_ms)
    fraction = f".{ts_ms % 1000:03d}" if ts_ms % 1000 else ""
    return f"{sign}{ts_ms // 1000}{fraction}"


def plainly(matrix: Matrix, limit: int) -> str:
    """The same, a point at a time."""
    rows = []
    for index, labels in enumerate(matrix.labels[:limit]):
        span = range(int(matrix.offsets[index]), int(matrix.offsets[index + 1]))
        points = [
            f'[{seconds(int(matrix.ts[i]))},"{format_sample(float(matrix.values[i]))}"]'
            for i in span
        ]
        rows.append(f'{{"metric":{metric(labels)},"values":[{",".join(points)}]}}')
    return f"[{','.join(rows)}]"


def matrix(series: int, counts: list[int], ts: np.ndarray, values: np.ndarray) -> Matrix:
    labels = [labels_of({"__name__": "m", "n": f'é"{n}'}) for n in range(series)]
    return Matrix(labels, np.cumsum([0, *counts]).astype(np.int64), ts, values)


def regular(series: int, steps: int, values: np.ndarray, step: int = 60_000) -> Matrix:
    ts = np.tile(T0 + step * np.arange(steps), series)
    return matrix(series, [steps] * series, ts, values)


RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    "given",
    [
        regular(4, 30, RNG.choice(ODD, 120)),
        regular(4, 30, np.floor(RNG.random(120) * 1e7)),
        regular(4, 30, np.floor(RNG.random(120) * 1e7), step=500),
        regular(4, 30, RNG.normal(0, 1e4, 120)),
        regular(3, 1, np.array([1.0, -0.0, 2.0])),
        regular(3, 1, np.array([2.0**53, -(2.0**53) - 2, 1e300])),
        regular(2, 3, np.full(6, -5.0)),
        matrix(3, [1, 5, 2], np.sort(RNG.integers(-4000, 4_000_000, 8)), RNG.random(8)),
    ],
    ids=["odd", "whole", "fractions", "floats", "single", "limits", "negative", "uneven"],
)
def test_a_matrix_is_written_to_the_letter(given: Matrix) -> None:
    for limit in (len(given.labels), 1, 0):
        assert b"".join(matrix_pieces(given, limit, metric)).decode() == plainly(given, limit)


def test_a_long_matrix_comes_in_pieces() -> None:
    given = regular(1500, 361, np.round(RNG.random(1500 * 361), 3))

    pieces = list(matrix_pieces(given, 1500, metric))

    assert len(pieces) > 3
    assert max(map(len, pieces)) < 8_000_000
    found = json.loads(b"".join(pieces))
    assert [len(row["values"]) for row in found] == [361] * 1500
    assert float(found[-1]["values"][-1][1]) == given.values[-1]
