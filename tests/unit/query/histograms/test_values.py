"""Laws that native histograms keep, whatever is in them."""

from __future__ import annotations

import math
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.promqltest.series import parse_histogram
from watchkeeper.model import CUSTOM_BUCKETS, Buckets, Histogram, ResetHint
from watchkeeper.query.promql.histograms import (
    MixedSchemas,
    added,
    all_buckets,
    at_schema,
    compact,
    describe_histogram,
    detect_reset,
    fraction,
    quantile,
    same_histogram,
    subtracted,
    trimmed,
)

counts = st.integers(0, 1000).map(float)
_THRESHOLDS = [0.0, 2.0**-128, 0.001, 1.0]
_BOUNDS = [-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 5.0, 10.0]


@st.composite
def buckets(draw: st.DrawFn, schema: int, threshold: float) -> Buckets:
    """Buckets beyond the zero bucket."""
    indexes = [
        index
        for index in sorted(draw(st.sets(st.integers(-30, 60), max_size=8)))
        if lower_bound(index, schema) >= threshold
    ]
    return Buckets(tuple(indexes), tuple(draw(counts) for _ in indexes))


def lower_bound(index: int, schema: int) -> float:
    alone = Histogram(schema=schema, count=1.0, sum=0.0, positive=Buckets((index,), (1.0,)))
    return all_buckets(alone)[0].lower


@st.composite
def exponential(draw: st.DrawFn) -> Histogram:
    schema, threshold = draw(st.integers(-4, 8)), draw(st.sampled_from(_THRESHOLDS))
    positive, negative = (draw(buckets(schema, threshold)) for _ in range(2))
    zero = draw(counts)
    return Histogram(
        schema=schema,
        count=sum(positive.counts) + sum(negative.counts) + zero,
        sum=draw(st.floats(-1e6, 1e6)),
        zero_count=zero,
        zero_threshold=threshold,
        positive=positive,
        negative=negative,
    )


@st.composite
def custom(draw: st.DrawFn) -> Histogram:
    bounds = sorted(draw(st.sets(st.sampled_from(_BOUNDS), min_size=1)))
    inside = tuple(draw(counts) for _ in range(len(bounds) + 1))
    return Histogram(
        schema=CUSTOM_BUCKETS,
        count=sum(inside),
        sum=draw(st.floats(-1e6, 1e6)),
        positive=Buckets(tuple(range(len(inside))), inside),
        custom_bounds=tuple(bounds),
    )


anything = st.one_of(exponential(), custom())


def of(text: str) -> Histogram:
    return parse_histogram("{{" + text + "}}")


def observed(histogram: Histogram) -> float:
    return math.fsum((histogram.zero_count, *histogram.positive.counts, *histogram.negative.counts))


@given(first=exponential(), second=exponential())
def test_a_sum_has_every_observation_once_whichever_comes_first(
    first: Histogram, second: Histogram
) -> None:
    one, other = added(first, second).total(), added(second, first).total()

    assert observed(one) == pytest.approx(observed(first) + observed(second))
    assert compact(one) == compact(other)
    assert one.schema == min(first.schema, second.schema)
    assert one.zero_threshold >= max(first.zero_threshold, second.zero_threshold)


@given(first=custom(), second=custom())
def test_custom_bounds_of_a_sum_are_those_that_both_have(
    first: Histogram, second: Histogram
) -> None:
    total = added(first, second)

    assert set(total.total().custom_bounds) == set(first.custom_bounds) & set(second.custom_bounds)
    assert total.reconciled is (first.custom_bounds != second.custom_bounds)
    assert observed(total.total()) == pytest.approx(observed(first) + observed(second))


@given(first=exponential(), second=exponential())
def test_what_was_added_can_be_taken_away(first: Histogram, second: Histogram) -> None:
    total = added(first, second).total()
    rest = compact(subtracted(total, second).total())

    assert rest.count == pytest.approx(first.count)
    assert observed(rest) == pytest.approx(observed(first))


@given(first=exponential(), second=custom())
def test_two_kinds_of_buckets_do_not_add_up(first: Histogram, second: Histogram) -> None:
    with pytest.raises(MixedSchemas):
        added(first, second)
    with pytest.raises(MixedSchemas):
        added(second, first)


@given(histogram=exponential(), more=exponential())
def test_a_counter_that_grows_in_its_layout_is_not_reset(
    histogram: Histogram, more: Histogram
) -> None:
    more = replace(more, schema=histogram.schema, zero_threshold=histogram.zero_threshold)
    grown = added(histogram, more).total()
    lesser = replace(grown, count=histogram.count - 1)

    assert not detect_reset(grown, histogram)
    assert detect_reset(lesser, histogram)
    assert detect_reset(replace(grown, reset_hint=ResetHint.RESET), histogram)


@given(histogram=exponential(), coarser=st.integers(0, 4))
def test_wider_buckets_hold_the_same_observations(histogram: Histogram, coarser: int) -> None:
    schema = max(histogram.schema - coarser, -4)
    merged = at_schema(histogram, schema)

    assert observed(merged) == pytest.approx(observed(histogram))
    for sign in ("positive", "negative"):
        indexes = getattr(merged, sign).indexes
        assert list(indexes) == sorted(set(indexes))


@given(histogram=anything, low=st.floats(0, 1), high=st.floats(0, 1))
def test_quantiles_rise_and_stay_inside(histogram: Histogram, low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    first, second = quantile(low, histogram).value, quantile(high, histogram).value
    if histogram.count == 0:
        assert math.isnan(first)
        assert math.isnan(second)
        return
    assert first <= second or first == pytest.approx(second)
    populated = [bucket for bucket in all_buckets(histogram) if bucket.count]
    assert second <= populated[-1].upper or second == pytest.approx(populated[-1].upper)


@given(histogram=anything, a=st.floats(-50, 50), b=st.floats(-50, 50))
def test_fractions_of_neighbouring_ranges_add_up(histogram: Histogram, a: float, b: float) -> None:
    a, b = min(a, b), max(a, b)
    whole = fraction(-math.inf, math.inf, histogram).value
    parts = [
        fraction(low, high, histogram).value
        for low, high in ((-math.inf, a), (a, b), (b, math.inf))
    ]
    if histogram.count == 0:
        assert all(math.isnan(part) for part in [whole, *parts])
    else:
        assert whole == pytest.approx(1.0)
        assert sum(parts) == pytest.approx(1.0)
        assert all(-1e-9 <= part <= 1 + 1e-9 for part in parts)


@given(histogram=exponential(), at=st.floats(-50, 50))
def test_what_is_below_and_what_is_above_is_all(histogram: Histogram, at: float) -> None:
    below, above = trimmed(histogram, at, below=True), trimmed(histogram, at, below=False)

    assert observed(below) + observed(above) == pytest.approx(observed(histogram))
    assert below.count + above.count == pytest.approx(histogram.count)


@given(histogram=anything)
def test_a_histogram_is_the_same_as_itself_only(histogram: Histogram) -> None:
    assert same_histogram(histogram, replace(histogram, reset_hint=ResetHint.GAUGE))
    assert not same_histogram(histogram, replace(histogram, sum=histogram.sum + 1e7))


@given(histogram=anything)
def test_buckets_do_not_overlap(histogram: Histogram) -> None:
    found = [bucket for bucket in all_buckets(histogram) if bucket.lower < bucket.upper]
    ends = [
        (before.upper, after.lower)
        for before, after in pairwise(found)
        if after.upper > before.upper
    ]
    assert all(upper <= lower for upper, lower in ends)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("schema:0 buckets:[1 1]", [(0.5, 1.0), (1.0, 2.0)]),
        ("schema:1 offset:1 buckets:[1]", [(1.0, 1.414213562373095)]),
        ("schema:8 offset:256 buckets:[1]", [(1.9945921121709396, 2.0)]),
        ("schema:-2 buckets:[1 1]", [(0.0625, 1.0), (1.0, 16.0)]),
        ("schema:0 offset:1024 buckets:[1 1]", [(2.0**1023, sys.float_info.max)] * 1),
        ("schema:-4 offset:64 buckets:[1]", [(2.0**1008, sys.float_info.max)]),
        ("schema:-53 custom_values:[1 2] buckets:[1 1 1]", [(-math.inf, 1), (1, 2), (2, math.inf)]),
        ("schema:0 n_buckets:[1 1]", [(-2.0, -1.0), (-1.0, -0.5)]),
        ("schema:0 z_bucket:1 z_bucket_w:0.75 buckets:[1]", [(-0.75, 0.75), (0.75, 1.0)]),
    ],
)
def test_bounds(text: str, bounds: list[tuple[float, float]]) -> None:
    found = [(bucket.lower, bucket.upper) for bucket in all_buckets(of(text))]

    assert found[: len(bounds)] == bounds


def test_observations_beyond_the_largest_number_have_a_bucket_of_their_own() -> None:
    last = all_buckets(of("schema:0 offset:1025 buckets:[1]"))[0]

    assert (last.lower, last.upper) == (sys.float_info.max, math.inf)


def test_a_text_names_populated_buckets_in_order() -> None:
    histogram = of("schema:0 count:1000001 sum:-1.5 z_bucket:2 z_bucket_w:0.01 buckets:[0 3] "
                   "n_buckets:[4 5]")  # fmt: skip

    assert describe_histogram(histogram) == (
        "{count:1.000001e+06, sum:-1.5, [-2,-1):5, [-1,-0.5):4, [-0.01,0.01]:2, (1,2]:3}"
    )


def test_sums_do_not_lose_small_observations_beside_large_ones() -> None:
    total = added(of("count:1e16 sum:1e16 buckets:[1e16]"), of("count:1 sum:1 buckets:[1]"))
    total.add(of("count:1e16 sum:1e16 buckets:[1e16]"), -1.0)

    assert total.total().positive.counts == (1.0,)
    assert (total.total().count, total.total().sum) == (1.0, 1.0)
