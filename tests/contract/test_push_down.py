"""What the store computes itself equals what the evaluator computes from raw samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from watchkeeper.model import Role, Scope, labels_of, series_id
from watchkeeper.query.promql import STALE_NAN, ColumnsSource, Engine, Matrix, MemorySource, Result
from watchkeeper.query.promql.planner import PUSHED_DOWN
from watchkeeper.store.columns import (
    SERIES,
    Columns,
    EmbeddedOptions,
    encode_rows,
    samples_block,
)
from watchkeeper.store.columns.embedded import open_embedded

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
T0 = 1_795_224_000_000
MEMORY = MemorySource()
ONLY_FINITE = {"increase": 'm_total{odd=""}', "rate": 'm_total{odd=""}'}


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    store = open_embedded(tmp_path_factory.mktemp("columns") / "store", options=EmbeddedOptions())
    store.migrate()
    rng = np.random.default_rng(11)
    for number in range(40):
        write(store, number, *series(rng, number))
    yield store
    store.close()


def series(rng: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Counters with resets and gaps, gauges of both signs, NaN, infinities, staleness."""
    ts = T0 + np.cumsum(rng.integers(1000, 40_000, 300))
    values = np.cumsum(rng.poisson(4, 300)).astype(float)
    for reset in rng.integers(0, 300, number % 4):
        values[reset:] -= values[reset]
    if number % 5 == 0:
        values = rng.normal(size=300) * 100
    kept = rng.random(300) > 0.1
    if number % 3 == 0:
        kept[100:180] = False
    odd = {7: np.nan, 8: np.inf, 9: STALE_NAN, 10: -np.inf, 11: np.nan}.get(number % 12)
    if odd is not None:
        values[rng.integers(0, 300, 9)] = odd
    return ts[kept], values[kept]


def write(store: Columns, number: int, ts: np.ndarray, values: np.ndarray) -> None:
    stale = values.view(np.uint64) == np.float64(STALE_NAN).view(np.uint64)
    odd = "" if (np.isfinite(values) | stale).all() else "yes"
    labels = labels_of({"__name__": "m_total", "n": str(number), "odd": odd})
    MEMORY.append(labels, list(zip(ts.tolist(), values.tolist(), strict=True)))
    identity = series_id(1, labels)
    names = ["project_id", "day", "metric", "series_id", "labels"]
    row = (1, T0 // 86_400_000, "m_total", identity, dict(labels))
    store.insert("series", names, encode_rows(SERIES, names, [row]), token=None)
    block = samples_block([1] * len(ts), [identity] * len(ts), ts, values)
    store.insert("samples", ["project_id", "series_id", "ts", "value"], block, token=None)


@pytest.mark.parametrize("function", sorted(PUSHED_DOWN))
@pytest.mark.parametrize(
    ("window", "step_s", "offset"),
    [("5m", 60, ""), ("1m", 60, " offset 3m"), ("47s", 13, ""), ("30m", 300, " offset -2m")],
)
def test_both_answer_alike(
    columns: Columns, function: str, window: str, step_s: int, offset: str
) -> None:
    query = f"{function}({ONLY_FINITE.get(function, 'm_total')}[{window}]{offset})"
    span = (T0 + 600_123, T0 + 600_123 + 150 * step_s * 1000, step_s * 1000)

    pushed = Engine(ColumnsSource(columns)).range(SCOPE, query, *span)
    plain = Engine(MEMORY).range(SCOPE, query, *span)

    assert pushed.stats.pushed_down
    assert not plain.stats.pushed_down
    same(pushed, plain)


def same(one: Result, other: Result) -> None:
    assert isinstance(one.value, Matrix)
    assert isinstance(other.value, Matrix)
    assert one.value.labels == other.value.labels
    assert one.value.offsets.tolist() == other.value.offsets.tolist()
    assert one.value.ts.tolist() == other.value.ts.tolist()
    np.testing.assert_allclose(one.value.values, other.value.values, rtol=1e-9, atol=1e-12)
    assert one.infos == other.infos


@pytest.mark.parametrize(
    "query",
    [
        "rate(m_total[1500ms])",
        "rate(m_total[5m] @ 1795224600)",
        "rate(m_total[5m:1m])",
        "quantile_over_time(0.5, m_total[5m])",
        "rate(m_total[5m])",
    ],
)
def test_what_the_store_may_not_compute_is_evaluated(columns: Columns, query: str) -> None:
    span = (T0 + 600_000, T0 + 1_200_000, 60_000)

    answer = Engine(ColumnsSource(columns)).range(SCOPE, query, *span)

    assert not answer.stats.pushed_down
    same(answer, Engine(MEMORY).range(SCOPE, query, *span))


def test_a_pushed_down_rate_is_summed_like_any_other(columns: Columns) -> None:
    query = 'sum by (n) (rate(m_total{odd=""}[5m])) + on(n) topk(3, delta(m_total{odd=""}[5m]))'
    span = (T0 + 600_000, T0 + 3_000_000, 60_000)

    pushed = Engine(ColumnsSource(columns)).range(SCOPE, query, *span)

    assert pushed.stats.pushed_down
    same(pushed, Engine(MEMORY).range(SCOPE, query, *span))
