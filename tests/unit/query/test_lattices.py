"""Lattices compute what the general evaluator computes, whatever the samples are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.query.lattices import LatticeMemory
from watchkeeper.model import Labels, Role, Scope, labels_of
from watchkeeper.query.hot.changes import Changes
from watchkeeper.query.promql import STALE_NAN, Engine, EngineOptions, Matrix, MemorySource
from watchkeeper.query.promql.lattice import FUSED, KERNELS, LabelTable

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
STEP = 15_000
SPAN = 80 * STEP
History = dict[Labels, list[tuple[int, float]]]


def counter(rng: np.random.Generator, ticks: int) -> np.ndarray:
    values = np.cumsum(rng.poisson(3, ticks)).astype(float)
    for place in rng.integers(1, ticks, 2):
        values[place:] -= values[place]
    return values


def gauge(rng: np.random.Generator, ticks: int) -> np.ndarray:
    """Signs mix, so that sums nearly cancel."""
    return rng.normal(0, 1, ticks) * 10.0 ** rng.integers(-3, 12, ticks)


def odd(rng: np.random.Generator, ticks: int) -> np.ndarray:
    values = rng.normal(5, 2, ticks)
    values[rng.integers(0, ticks, 6)] = [np.nan, np.inf, -np.inf, 1.7e308, 1.7e308, 0.0]
    return values


KINDS = {"counter": counter, "gauge": gauge, "odd": odd}


def history(kind: str, seed: int) -> History:
    """Two targets with times of their own; series that miss samples, begin late, end stale."""
    rng = np.random.default_rng(seed)
    found: History = {}
    for number in range(14):
        target = number % 2
        values = KINDS[kind](rng, 80)
        samples = [(i * STEP + target * 4_000, float(v)) for i, v in enumerate(values)]
        if number == 3:
            samples = [one for one in samples if rng.random() > 0.2]
        if number == 5:
            samples = samples[30:]
        if number == 7:
            samples = [*samples[:50], (samples[50][0], STALE_NAN)]
        if target and number != 7:  # the whole target was away once
            samples[40] = (samples[40][0], STALE_NAN)
        name = labels_of({"__name__": "m_total", "job": f"j{number % 3}", "n": str(number)})
        found[name] = samples
    return found


def engines(kind: str, seed: int) -> tuple[Engine, Engine]:
    plain, lattices = MemorySource(), LatticeMemory()
    for labels, samples in history(kind, seed).items():
        plain.append(labels, samples)
        lattices.append(labels, samples)
    return Engine(plain), Engine(lattices)


def hold(kind: str, seed: int, query: str, *, start: int, end: int, step: int) -> None:
    plain, lattices = engines(kind, seed)
    used = LatticeMemory.used
    expected = plain.range(SCOPE, query, start, end, step).value
    found = lattices.range(SCOPE, query, start, end, step).value
    assert LatticeMemory.used > used
    assert isinstance(expected, Matrix)
    assert isinstance(found, Matrix)
    assert found.labels == expected.labels
    assert found.offsets.tolist() == expected.offsets.tolist()
    assert found.ts.tolist() == expected.ts.tolist()
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", sorted(KERNELS))
@pytest.mark.parametrize(("window", "step"), [("2m", 60_000), ("100s", 15_000), ("45s", 7_000)])
def test_range_functions(kind: str, function: str, window: str, step: int) -> None:
    for seed in range(2):
        query = f"{function}(m_total[{window}])"
        hold(kind, seed, query, start=-60_000, end=SPAN + 200_000, step=step)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("op", sorted(FUSED))
@pytest.mark.parametrize("grouping", ["", "by (job)", "without (n)", "by (__name__, n)"])
def test_aggregations(kind: str, op: str, grouping: str) -> None:
    param = "3, " if op in ("topk", "bottomk") else ""
    for inner in ("m_total", "rate(m_total[2m])", 'avg_over_time(m_total{job!="j1"}[90s])'):
        query = f"{op} {grouping} ({param}{inner})"
        hold(kind, 5, query, start=0, end=SPAN + 400_000, step=20_000)


@pytest.mark.parametrize(
    "query",
    [
        "m_total",
        'm_total{job=~"j[01]", n!="4"}',
        "m_total offset 3m",
        "m_total @ 600",
        "sum(rate(m_total[2m])) / count(m_total)",
        "max_over_time(sum by (job) (rate(m_total[2m]))[5m:30s])",
        "rate(m_total[2m]) > 0.1",
        "sum by (job) (increase(m_total[1m] offset -1m))",
        "topk(scalar(count(m_total)) - 9, m_total)",
        "nothing_total",
    ],
)
def test_expressions_over_lattices(query: str) -> None:
    hold("counter", 9, query, start=0, end=SPAN, step=30_000)


def test_names_may_stay_until_the_end() -> None:
    plain, lattices = MemorySource(), LatticeMemory()
    for labels, samples in history("counter", 2).items():
        plain.append(labels, samples)
        lattices.append(labels, samples)
    late = EngineOptions(delayed_name_removal=True)
    for query in ("rate(m_total[2m])", "sum by (__name__) (rate(m_total[2m]))"):
        one, two = (
            Engine(source, late).range(SCOPE, query, 0, SPAN, 30_000).value
            for source in (plain, lattices)
        )
        assert isinstance(one, Matrix)
        assert isinstance(two, Matrix)
        assert one.labels == two.labels
        np.testing.assert_allclose(one.values, two.values, rtol=1e-9)


def test_groups_come_in_the_order_of_their_first_series() -> None:
    table = LabelTable(
        [
            labels_of({"__name__": "m", "job": "b", "n": "1"}),
            labels_of({"__name__": "m", "n": "2"}),
            labels_of({"__name__": "m", "job": "a", "n": "3"}),
            labels_of({"__name__": "m", "job": "b", "n": "4"}),
        ]
    )

    grouping = table.grouping(("job",), without=False)

    assert grouping.labels == [(("job", "b"),), (), (("job", "a"),)]
    assert grouping.ids.tolist() == [0, 1, 2, 0]


def test_changes_know_the_earliest_time_since_each_version() -> None:
    rng = np.random.default_rng(3)
    changes, told = Changes(), []
    for _ in range(300):
        told.append(int(rng.integers(0, 1000)))
        changes.note(told[-1])

    for version in range(300):
        assert changes.since(version) == min(told[version:])
    assert changes.since(300) == 1 << 62


def test_changes_of_long_ago_are_forgotten_not_made_up() -> None:
    changes = Changes()
    for moment in range(10_000):
        changes.note(moment)

    assert changes.since(0) is None
    assert changes.since(9_999) == 9_999
