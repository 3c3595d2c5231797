"""Exemplars in the column store: found by series, never across projects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Labels, Role, Scope, labels_of, series_id
from watchkeeper.query.exemplars import ColumnsExemplars
from watchkeeper.query.promql import Matcher, MatchOp, TooManySamples
from watchkeeper.store.columns import EXEMPLARS, SERIES, Columns, EmbeddedOptions, encode_rows
from watchkeeper.store.columns.embedded import open_embedded

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
OTHERS = Scope(org_id=2, project_ids=(2,), role=Role.VIEWER)
T0 = 1_795_224_000_000 // DAY_MS * DAY_MS
LATENCY = [(Matcher("__name__", MatchOp.EQUAL, "latency_bucket"),)]


def bucket(le: str) -> Labels:
    return labels_of({"__name__": "latency_bucket", "le": le})


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    directory: Path = tmp_path_factory.mktemp("columns")
    store = open_embedded(directory / "store", options=EmbeddedOptions())
    store.migrate()
    for project in (1, 2):
        for le in ("0.1", "1"):
            _write(store, project, bucket(le))
    yield store
    store.close()


def _write(store: Columns, project: int, labels: Labels) -> None:
    series = series_id(project, labels)
    names = ["project_id", "day", "metric", "series_id", "labels"]
    row = (project, T0 // DAY_MS, "latency_bucket", series, dict(labels))
    store.insert("series", names, encode_rows(SERIES, names, [row]), token=None)
    names = ["project_id", "series_id", "ts", "value", "labels"]
    rows = [
        (project, series, T0 + at * 1000, at / 10, {"trace_id": f"{project}-{at}"})
        for at in (3, 1, 2)
    ]
    for _ in range(2):  # what was sent twice is there once
        store.insert("exemplars", names, encode_rows(EXEMPLARS, names, rows), token=None)


def test_each_once_in_order_within_both_ends(columns: Columns) -> None:
    found = ColumnsExemplars(columns).exemplars(
        SCOPE, LATENCY, start_ms=T0 + 1000, end_ms=T0 + 2000
    )
    assert [each.series for each in found] == [bucket("0.1"), bucket("1")]
    assert [(e.ts_ms - T0, e.value, dict(e.labels)) for e in found[0].exemplars] == [
        (1000, 0.1, {"trace_id": "1-1"}),
        (2000, 0.2, {"trace_id": "1-2"}),
    ]


def test_only_of_the_scope(columns: Columns) -> None:
    found = ColumnsExemplars(columns).exemplars(OTHERS, LATENCY, start_ms=T0, end_ms=T0 + DAY_MS)
    traces = {e.labels["trace_id"] for each in found for e in each.exemplars}
    assert traces == {"2-1", "2-2", "2-3"}


def test_the_far_future_and_no_selector_are_answered(columns: Columns) -> None:
    source = ColumnsExemplars(columns)
    assert source.exemplars(SCOPE, LATENCY, start_ms=10**15, end_ms=10**15 + 1) == []
    assert source.exemplars(SCOPE, [], start_ms=T0, end_ms=T0 + DAY_MS) == []


def test_the_bound_holds(columns: Columns) -> None:
    with pytest.raises(TooManySamples):
        ColumnsExemplars(columns, max_exemplars=5).exemplars(
            SCOPE, LATENCY, start_ms=T0, end_ms=T0 + DAY_MS
        )
