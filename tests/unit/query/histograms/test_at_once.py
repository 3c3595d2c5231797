"""Histograms of one layout are computed as a matrix: the same answers as one by one."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.model import Buckets, Histogram, ResetHint, Role, Scope, labels_of
from watchkeeper.query.budget import QueryLimits
from watchkeeper.query.promql import Engine, Matrix, MemorySource, TooManySamples
from watchkeeper.query.promql.histograms import added, compact, divided

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
MINUTE = 60_000

grown = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=12
)
"""What each sample of a counter adds to three buckets."""


def counter(steps: list[tuple[int, int, int]]) -> list[Histogram]:
    """Cumulative histograms; a bucket is listed from its first observation on."""
    totals, samples = [0.0, 0.0, 0.0], []
    for step in steps:
        totals = [total + more for total, more in zip(totals, step, strict=True)]
        indexes = tuple(index for index, total in enumerate(totals) if total)
        counts = tuple(total for total in totals if total)
        samples.append(
            Histogram(
                schema=2, count=sum(totals), sum=2 * sum(totals), positive=Buckets(indexes, counts)
            )
        )
    return samples


def engine(*series: list[Histogram]) -> Engine:
    source = MemorySource()
    for number, samples in enumerate(series):
        labels = labels_of({"__name__": "h_total", "n": str(number)})
        source.append(labels, [(place * MINUTE, sample) for place, sample in enumerate(samples)])
    return Engine(source)


def answers(asked: Engine, query: str, last: int) -> list[Histogram]:
    matrix = asked.range(SCOPE, query, 0, last * MINUTE, MINUTE).value
    assert isinstance(matrix, Matrix)
    return [] if matrix.histograms is None else [compact(h) for h in matrix.histograms]


def numbers(histogram: Histogram) -> list[float]:
    placed = dict(zip(histogram.positive.indexes, histogram.positive.counts, strict=True))
    return [histogram.count, histogram.sum, *(placed.get(index, 0.0) for index in range(3))]


@settings(max_examples=40, deadline=None)
@given(steps=grown)
def test_sums_and_means_over_time(steps: list[tuple[int, int, int]]) -> None:
    samples = counter(steps)
    last = len(samples) - 1
    asked = engine(samples)
    sums = answers(asked, "sum_over_time(h_total[3m])", last)
    means = answers(asked, "avg_over_time(h_total[3m])", last)
    for step in range(last + 1):
        window = samples[max(step - 2, 0) : step + 1]
        wanted = reduce(lambda total, more: added(total, more).total(), window)
        assert numbers(sums[step]) == pytest.approx(numbers(wanted))
        assert numbers(means[step]) == pytest.approx(numbers(divided(wanted, len(window))))


@settings(max_examples=40, deadline=None)
@given(steps=grown, again=grown)
def test_increase_counts_what_came_whatever_was_reset(
    steps: list[tuple[int, int, int]], again: list[tuple[int, int, int]]
) -> None:
    samples = [*counter(steps), *counter(again)]
    last = len(samples) - 1
    found = answers(engine(samples), f"increase(h_total[{last + 1}m])", last)[-1]
    lost = [before for before, now in pairwise(samples) if is_reset(now, before)]
    total = [
        end - begin + sum(column)
        for begin, end, *column in zip(
            numbers(samples[0]), numbers(samples[-1]), *map(numbers, lost), strict=True
        )
    ]
    factor = found.count / total[0] if total[0] else 1.0
    assert numbers(found) == pytest.approx([value * factor for value in total])


def is_reset(now: Histogram, before: Histogram) -> bool:
    return any(new < old for new, old in zip(numbers(now), numbers(before), strict=True))


@settings(max_examples=40, deadline=None)
@given(series=st.lists(grown, min_size=2, max_size=5))
def test_sums_across_series(series: list[list[tuple[int, int, int]]]) -> None:
    length = min(map(len, series))
    counters = [counter(steps)[:length] for steps in series]
    asked = engine(*counters)
    sums, means = (answers(asked, f"{op}(h_total)", length - 1) for op in ("sum", "avg"))
    for step in range(length):
        column = [samples[step] for samples in counters]
        wanted = reduce(lambda total, more: added(total, more).total(), column)
        assert numbers(sums[step]) == pytest.approx(numbers(wanted))
        assert numbers(means[step]) == pytest.approx(numbers(divided(wanted, len(column))))


def test_what_is_known_of_resets_is_known_of_sums() -> None:
    samples = counter([(1, 1, 1)] * 4)
    asked = engine(samples)
    first, *others = answers(asked, "sum_over_time(h_total[1m])", 3)

    assert first.reset_hint is ResetHint.UNKNOWN
    assert {other.reset_hint for other in others} == {ResetHint.NOT_RESET}
    assert answers(asked, "sum_over_time(h_total[4m])", 3)[3].reset_hint is ResetHint.UNKNOWN


def test_histograms_count_against_the_memory_of_a_query() -> None:
    source = MemorySource()
    samples = [(place * MINUTE, sample) for place, sample in enumerate(counter([(1, 1, 1)] * 100))]
    source.append(labels_of({"__name__": "h_total"}), samples)
    bounded = Engine(source, limits=QueryLimits(max_samples=1_000))

    for query in ("rate(h_total[5m])", "-h_total", "h_total + h_total", "sum(h_total)"):
        with pytest.raises(TooManySamples):
            bounded.range(SCOPE, query, 0, 100 * MINUTE, MINUTE)
