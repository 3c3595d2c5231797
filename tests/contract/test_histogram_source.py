"""Native histograms are read alike from memory and from the column store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import (
    Buckets,
    Histogram,
    Labels,
    Role,
    Scope,
    encode_histogram,
    labels_of,
    series_id,
)
from watchkeeper.query.promql import (
    STALE_NAN,
    ColumnsSource,
    Engine,
    Matcher,
    MatchOp,
    Matrix,
    MemorySource,
    TooManySamples,
)
from watchkeeper.store.columns import (
    HISTOGRAMS,
    SERIES,
    Columns,
    EmbeddedOptions,
    encode_rows,
    samples_block,
)
from watchkeeper.store.columns.embedded import open_embedded

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
T0 = 1_795_224_000_000 // DAY_MS * DAY_MS
MINUTE = 60_000


def grown(step: int, width: int) -> Histogram:
    counts = tuple(float(step * (place + 1)) for place in range(width))
    return Histogram(
        schema=3, count=sum(counts), sum=2.5 * step, positive=Buckets(tuple(range(width)), counts)
    )


def written() -> dict[Labels, list[tuple[int, float | Histogram]]]:
    """Histograms, floats, and a series that becomes a histogram half way."""
    native = labels_of({"__name__": "latency", "kind": "native"})
    ended = labels_of({"__name__": "latency", "kind": "ended"})
    turned = labels_of({"__name__": "latency", "kind": "turned"})
    floats = labels_of({"__name__": "requests_total"})
    return {
        native: [(T0 + i * 15_000, grown(i % 50, 5)) for i in range(100)],
        ended: [
            *((T0 + i * 15_000, grown(i, 9)) for i in range(40)),
            (T0 + 40 * 15_000, Histogram(schema=0, count=0.0, sum=STALE_NAN)),
        ],
        turned: [(T0 + i * 15_000, float(i) if i < 50 else grown(i, 3)) for i in range(100)],
        floats: [(T0 + i * 15_000, float(i)) for i in range(100)],
    }


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    directory: Path = tmp_path_factory.mktemp("columns")
    store = open_embedded(directory / "store", options=EmbeddedOptions())
    store.migrate()
    yield store
    store.close()


def write(store: Columns) -> None:
    names = ["project_id", "day", "metric", "series_id", "labels"]
    for labels, samples in written().items():
        series = series_id(1, labels)
        row = (1, T0 // DAY_MS, dict(labels)["__name__"], series, dict(labels))
        store.insert("series", names, encode_rows(SERIES, names, [row]), token=None)
        floats = [(ts_ms, s) for ts_ms, s in samples if not isinstance(s, Histogram)]
        if floats:
            ts, values = zip(*floats, strict=True)
            block = samples_block([1] * len(ts), [series] * len(ts), ts, values)
            store.insert("samples", ["project_id", "series_id", "ts", "value"], block, token=None)
        own = ["project_id", "series_id", "ts", "histogram"]
        rows = [
            (1, series, ts_ms, encode_histogram(s))
            for ts_ms, s in samples
            if isinstance(s, Histogram)
        ]
        for part in (rows, rows[:7]):
            if part:
                store.insert("histograms", own, encode_rows(HISTOGRAMS, own, part), token=None)


def test_histograms_of_the_store_answer_as_those_in_memory(columns: Columns) -> None:
    engine = Engine(ColumnsSource(columns))
    before = engine.instant(SCOPE, "count(latency)", T0 + 10 * MINUTE)
    write(columns)
    memory = MemorySource()
    for labels, samples in written().items():
        memory.append(labels, samples)
    engine = Engine(ColumnsSource(columns))
    for query in (
        "latency",
        "rate(latency[5m])",
        "increase(requests_total[5m])",
        "sum by (kind) (increase(latency[2m]))",
        "histogram_quantile(0.9, latency)",
        "resets(latency[10m])",
        "sum_over_time(latency[1m])",
        "count_over_time({__name__!=''}[1m])",
    ):
        span = (T0, T0 + 25 * MINUTE, MINUTE)
        got = engine.range(SCOPE, query, *span)
        want = Engine(memory).range(SCOPE, query, *span)
        assert isinstance(got.value, Matrix)
        assert isinstance(want.value, Matrix)
        assert got.value.labels == want.value.labels, query
        assert got.value.ts.tolist() == want.value.ts.tolist(), query
        assert got.value.values.tolist() == pytest.approx(want.value.values.tolist(), nan_ok=True)
        assert histograms(got.value) == histograms(want.value), query
        assert sorted(got.warnings) == sorted(want.warnings), query
    assert before.warnings == ()


def histograms(matrix: Matrix) -> list[Histogram | None]:
    return [] if matrix.histograms is None else list(matrix.histograms)


def test_only_a_metric_with_histograms_has_some(columns: Columns) -> None:
    source = ColumnsSource(columns)
    span = {"start_ms": T0, "end_ms": T0 + DAY_MS}

    def has(name: str) -> bool:
        return source.has_histograms(SCOPE, [Matcher("__name__", MatchOp.EQUAL, name)], **span)

    assert has("latency")
    assert not has("requests_total")


def test_a_selector_reads_no_more_histograms_than_it_may(columns: Columns) -> None:
    source = ColumnsSource(columns, max_samples=1_000)

    everything = [Matcher("__name__", MatchOp.EQUAL, "latency")]
    with pytest.raises(TooManySamples):
        source.select(SCOPE, everything, start_ms=T0, end_ms=T0 + DAY_MS)
