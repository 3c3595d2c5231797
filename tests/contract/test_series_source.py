"""A series source answers the same, in memory and on either form of the column store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Labels, Role, Scope, labels_of, series_id
from watchkeeper.query.promql import (
    STALE_NAN,
    ColumnsSource,
    Engine,
    Matcher,
    MatchOp,
    Matrix,
    MemorySource,
    SeriesSource,
    TooManySamples,
    Vector,
)
from watchkeeper.store.columns import (
    METADATA,
    SERIES,
    Columns,
    EmbeddedOptions,
    encode_rows,
    samples_block,
)
from watchkeeper.store.columns.embedded import open_embedded

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
OTHERS = Scope(org_id=2, project_ids=(2,), role=Role.VIEWER)
T0 = 1_795_224_000_000 // DAY_MS * DAY_MS
MINUTE = 60_000


def written() -> dict[Labels, list[tuple[int, float]]]:
    rng = np.random.default_rng(7)
    found: dict[Labels, list[tuple[int, float]]] = {}
    for number in range(12):
        labels = labels_of(
            {
                "__name__": "requests_total" if number % 2 else "temperature",
                "job": f"j{number % 3}",
                "host": f"h{number}.example",
                "odd": 'quote" \\ slash' if number == 5 else "",
            }
        )
        values = np.cumsum(rng.poisson(3, 200)).astype(float)
        samples = [(T0 + number * 700 + i * 15_000, float(v)) for i, v in enumerate(values)]
        samples[150] = (samples[150][0], STALE_NAN)
        found[labels] = samples
    return found


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    directory: Path = tmp_path_factory.mktemp("columns")
    store = open_embedded(directory / "store", options=EmbeddedOptions())
    store.migrate()
    write(store)
    yield store
    store.close()


def write(store: Columns) -> None:
    names = ["project_id", "day", "metric", "series_id", "labels"]
    for labels, samples in written().items():
        series = series_id(1, labels)
        row = (1, T0 // DAY_MS, dict(labels)["__name__"], series, dict(labels))
        store.insert("series", names, encode_rows(SERIES, names, [row]), token=None)
        ts, values = zip(*samples, strict=True)
        block = samples_block([1] * len(ts), [series] * len(ts), ts, values)
        columns = ["project_id", "series_id", "ts", "value"]
        store.insert("samples", columns, block, token=None)
        store.insert("samples", columns, block[: 28 * 10], token=None)
    known = ["project_id", "metric", "type", "help", "unit", "seen"]
    about = (1, "requests_total", "counter", "Requests.", "", T0)
    store.insert("metric_metadata", known, encode_rows(METADATA, known, [about]), token=None)


@pytest.fixture(params=["columns", "memory"])
def source(request: pytest.FixtureRequest) -> SeriesSource:
    if request.param == "columns":
        return ColumnsSource(request.getfixturevalue("columns"))
    memory = MemorySource()
    for labels, samples in written().items():
        memory.append(labels, samples)
    return memory


def match(name: str, op: str, value: str) -> Matcher:
    return Matcher(name, MatchOp(op), value)


@pytest.mark.parametrize(
    ("matchers", "hosts"),
    [
        ([match("__name__", "=", "temperature")], [0, 2, 4, 6, 8, 10]),
        ([match("job", "=~", "j1|j2"), match("host", "!~", r"h\d\.example")], [10, 11]),
        ([match("job", "=~", "j")], []),
        ([match("odd", "=", 'quote" \\ slash')], [5]),
        ([match("odd", "!=", ""), match("job", "!=", "j1")], [5]),
        ([match("odd", "=~", ".*slash")], [5]),
        ([match("host", "=~", "(?i)H3.*")], [3]),
        ([match("nothing", "=~", "x?"), match("host", "=", "h1.example")], [1]),
        ([match("__name__", "!~", "req.*"), match("job", "=", "j0")], [0, 6]),
    ],
)
def test_matchers_choose_the_same_series(
    source: SeriesSource, matchers: list[Matcher], hosts: list[int]
) -> None:
    block = source.select(SCOPE, matchers, start_ms=T0, end_ms=T0 + DAY_MS)

    found = sorted(dict(labels)["host"] for labels in block.labels)
    assert found == sorted(f"h{number}.example" for number in hosts)


def test_samples_lie_between_both_ends_once_and_in_order(source: SeriesSource) -> None:
    start, end = T0 + 15_000, T0 + 30_000
    block = source.select(SCOPE, [match("host", "=", "h0.example")], start_ms=start, end_ms=end)

    assert block.ts.tolist() == [start, end]
    assert block.offsets.tolist() == [0, 2]


def test_queries_answer_alike(source: SeriesSource, columns: Columns) -> None:
    memory = MemorySource()
    for labels, samples in written().items():
        memory.append(labels, samples)
    for query in (
        "sum by (job) (rate(requests_total[5m]))",
        "temperature",
        "topk(2, requests_total) + on(host) group_left() requests_total",
        "max_over_time(temperature[10m]) - min_over_time(temperature[10m])",
    ):
        span = (T0, T0 + 50 * MINUTE, MINUTE)
        got = Engine(source).range(SCOPE, query, *span).value
        want = Engine(memory).range(SCOPE, query, *span).value
        assert isinstance(got, Matrix)
        assert isinstance(want, Matrix)
        assert got.labels == want.labels
        assert got.ts.tolist() == want.ts.tolist()
        np.testing.assert_allclose(got.values, want.values, rtol=1e-12)


def test_names_values_and_series_are_listed(source: SeriesSource) -> None:
    span = {"start_ms": T0, "end_ms": T0 + DAY_MS}
    odd = [[match("odd", "!=", "")], [match("host", "=", "h1.example")]]

    assert source.label_names(SCOPE, [], **span) == ["__name__", "host", "job", "odd"]
    assert source.label_values(SCOPE, "job", [], **span) == ["j0", "j1", "j2"]
    assert source.label_values(SCOPE, "__name__", odd, **span) == ["requests_total"]
    assert [dict(row)["host"] for row in source.series(SCOPE, odd, **span)] == [
        "h1.example",
        "h5.example",
    ]
    counts = source.cardinality(SCOPE, **span, top=2)
    assert (counts.series, counts.label_pairs) == (12, 18)
    assert counts.by_metric == [("requests_total", 6), ("temperature", 6)]
    assert counts.values_by_label == [("host", 12), ("job", 3)]
    assert counts.by_pair[0] == ("__name__=requests_total", 6)


def test_another_tenant_sees_nothing(columns: Columns) -> None:
    source = ColumnsSource(columns)
    everything = [match("__name__", "!=", "")]
    span = {"start_ms": 0, "end_ms": T0 + DAY_MS}

    assert source.select(OTHERS, everything, **span).samples == 0
    assert source.series(OTHERS, [], **span) == []
    assert source.label_names(OTHERS, [], **span) == []
    assert source.label_values(OTHERS, "job", [], **span) == []
    assert source.metadata(OTHERS, None) == {}
    assert source.cardinality(OTHERS, **span, top=5).series == 0


def test_metadata_is_read(columns: Columns) -> None:
    known = ColumnsSource(columns).metadata(SCOPE, "requests_total")

    assert [m.type for m in known["requests_total"]] == ["counter"]


def test_a_selector_reads_no_more_than_it_may(columns: Columns) -> None:
    source = ColumnsSource(columns, max_samples=100)

    with pytest.raises(TooManySamples):
        source.select(SCOPE, [match("job", "=", "j0")], start_ms=T0, end_ms=T0 + DAY_MS)


def test_times_beyond_the_calendar_answer_nothing(columns: Columns) -> None:
    engine = Engine(ColumnsSource(columns))

    for moment in (-(2**50), 2**50):
        answer = engine.instant(SCOPE, "temperature", moment).value
        assert isinstance(answer, Vector)
        assert answer.labels == []
