"""Summaries and histograms: exact where values are few, close where they are many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.ingest.protocols.statsd.mapping import HistogramOptions, SummaryOptions
from watchkeeper.ingest.protocols.statsd.observers import (
    MOST_PAIRS,
    NativeHistogram,
    Summary,
    native_schema,
)


def summary(**options: float) -> Summary:
    return Summary("t", {}, SummaryOptions(quantiles=(0.0, 0.5, 0.99, 1.0), **options), 0)  # type: ignore[arg-type]


@given(st.lists(st.integers(-500, 500).map(float), min_size=1, max_size=MOST_PAIRS))
def test_quantiles_of_few_values_are_those_values(values: list[float]) -> None:
    observed = summary()

    for value in values:
        observed.observe(np.array([value]), np.ones(1), 0, MOST_PAIRS)

    ranked = sorted(values)
    middle = ranked[-(-len(ranked) // 2) - 1]
    assert observed.rows(0)[:2].tolist() == [ranked[0], middle]
    assert observed.rows(0)[3] == ranked[-1]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_quantiles_of_many_values_are_close(scale: float) -> None:
    values = np.random.default_rng(7).lognormal(size=100_000) * scale
    observed = summary()

    for part in np.array_split(values, 50):
        observed.observe(part, np.ones(len(part)), 0, MOST_PAIRS)

    rows = observed.rows(0)
    assert rows[1] == pytest.approx(np.quantile(values, 0.5), rel=0.01)
    assert rows[2] == pytest.approx(np.quantile(values, 0.99), rel=0.01)
    assert (rows[-2], rows[-1]) == (pytest.approx(values.sum()), 100_000.0)


def test_values_of_every_size_fit_into_the_bound() -> None:
    observed = summary()
    values = np.concatenate([np.geomspace(1e-300, 1e300, 5_000), -np.geomspace(1e-9, 1e9, 5_000)])

    observed.observe(values, np.ones(len(values)), 0, 64)

    assert np.isfinite(observed.rows(0)[:4]).all()


def test_a_summary_forgets_what_is_older_than_its_window() -> None:
    observed = summary(max_age_ms=1_000, age_buckets=5)
    observed.observe(np.array([1.0]), np.ones(1), 0, 9)
    observed.observe(np.array([9.0]), np.ones(1), 800, 9)

    assert observed.rows(999)[0] == 1.0
    assert observed.rows(1_000)[0] == 9.0
    assert np.isnan(observed.rows(60_000)[:4]).all()
    assert observed.rows(60_000)[4:].tolist() == [10.0, 2.0]


@pytest.mark.parametrize(
    ("factor", "schema"), [(1.1, 3), (1.0027, 8), (2.0, 0), (4.0, -1), (1e9, -4), (1.0000001, 8)]
)
def test_a_schema_grows_by_no_more_than_was_asked(factor: float, schema: int) -> None:
    assert native_schema(factor) == schema


def test_a_native_histogram_s_bucket_takes_its_upper_bound_in() -> None:
    observed = NativeHistogram("h", {}, HistogramOptions(factor=2.0))

    observed.observe(np.array([1.0, 1.5, 2.0, 2.1]), np.array([1.0, 2.0, 1.0, 1.0]), 0, 9)

    found = observed.histogram()
    assert (found.positive.indexes, found.positive.counts) == ((0, 1, 2), (1.0, 3.0, 1.0))
    assert (found.count, found.sum) == (5.0, 8.1)
