"""Limits, result shapes and the two ways of dropping names."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from watchkeeper.model import Role, Scope, labels_of
from watchkeeper.query import Cancellation, QueryLimits
from watchkeeper.query.promql import (
    BadQuery,
    Engine,
    EngineOptions,
    ExecutionError,
    Matcher,
    Matrix,
    MemorySource,
    ParseError,
    QueryCancelled,
    QueryTimeout,
    Scalar,
    SeriesBlock,
    String,
    TooManyQueries,
    TooManySamples,
    Vector,
)

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)


def source(series: int = 3) -> MemorySource:
    memory = MemorySource()
    for number in range(series):
        labels = labels_of({"__name__": "m_total", "n": str(number)})
        memory.append(labels, [(t * 1000, float(t * number)) for t in range(0, 600, 10)])
    return memory


def test_each_kind_of_value_has_its_shape() -> None:
    engine = Engine(source())

    assert engine.instant(SCOPE, "2 ^ 3 ^ 2", 5).value == Scalar(512.0, 5)
    assert engine.instant(SCOPE, '"text"', 5).value == String("text", 5)
    vector = engine.instant(SCOPE, "m_total", 60_000).value
    assert isinstance(vector, Vector)
    assert vector.values.tolist() == [0.0, 60.0, 120.0]
    window = engine.instant(SCOPE, 'm_total{n="1"}[20s]', 60_000).value
    assert isinstance(window, Matrix)
    assert window.ts.tolist() == [50_000, 60_000]
    scalars = engine.range(SCOPE, "time()", 0, 2000, 1000).value
    assert isinstance(scalars, Matrix)
    assert scalars.values.tolist() == [0.0, 1.0, 2.0]


def test_an_answer_says_what_it_cost() -> None:
    stats = Engine(source()).instant(SCOPE, "rate(m_total[1m]) + rate(m_total[1m])", 60_000).stats

    assert (stats.series, stats.samples) == (3, 18)
    assert stats.seconds > 0


@pytest.mark.parametrize(
    ("span", "error"),
    [
        ((0, 12_000_000, 1000), "exceeded maximum resolution of 11,000 points"),
        ((10, 0, 1), "end timestamp must not be before start time"),
        ((0, 10, 0), "zero or negative query resolution"),
    ],
)
def test_a_range_is_bounded(span: tuple[int, int, int], error: str) -> None:
    with pytest.raises(BadQuery, match=error):
        Engine(source()).range(SCOPE, "m_total", *span)


def test_samples_are_bounded() -> None:
    engine = Engine(source(20), limits=QueryLimits(max_samples=100))

    engine.instant(SCOPE, "m_total", 60_000)
    with pytest.raises(TooManySamples):
        engine.range(SCOPE, "m_total", 0, 60_000, 1000)
    with pytest.raises(TooManySamples):
        engine.instant(SCOPE, "max_over_time(m_total[1m:100ms])", 60_000)


def test_time_is_bounded() -> None:
    ticks = iter(range(0, 1000, 10))
    engine = Engine(
        source(), limits=QueryLimits(timeout_s=25), monotonic=lambda: float(next(ticks))
    )

    with pytest.raises(QueryTimeout, match="query timed out in expression evaluation"):
        engine.instant(SCOPE, "m_total + m_total + m_total", 60_000)


class Waiting(MemorySource):
    """Answers only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def select(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> SeriesBlock:
        self.asked.set()
        self.go.wait(10)
        return super().select(scope, matchers, start_ms=start_ms, end_ms=end_ms)


def test_a_cancelled_query_stops_and_one_too_many_is_refused() -> None:
    waiting = Waiting()
    limits = QueryLimits(max_concurrent=1, max_queued=1, queue_timeout_s=0)
    engine, cancellation = Engine(waiting, limits=limits), Cancellation()
    failures: list[Exception] = []

    def ask() -> None:
        try:
            engine.instant(SCOPE, "m_total", 0, cancellation=cancellation)
        except QueryCancelled as failure:
            failures.append(failure)

    thread = threading.Thread(target=ask)
    thread.start()
    assert waiting.asked.wait(10)
    with pytest.raises(TooManyQueries):
        engine.instant(SCOPE, "m_total", 0)
    cancellation.cancel()
    waiting.go.set()
    thread.join(10)

    assert [type(failure) for failure in failures] == [QueryCancelled]
    assert engine.instant(SCOPE, "1", 0).value == Scalar(1.0, 0)


def test_names_go_at_each_operation_or_at_the_end() -> None:
    memory = MemorySource()
    for name in ("a_total", "b_total"):
        memory.append(labels_of({"__name__": name}), [(0, 1.0), (10_000, 2.0)])
    query = 'sum by (__name__) (rate({__name__=~".+"}[1m]))'
    renamed = 'label_replace(rate(a_total[1m]), "was", "$1", "__name__", "(.*)")'
    at_once = Engine(memory)
    delayed = Engine(memory, EngineOptions(delayed_name_removal=True))

    with pytest.raises(ExecutionError, match="same labelset"):
        at_once.instant(SCOPE, query, 10_000)
    plain, late = (engine.instant(SCOPE, renamed, 10_000).value for engine in (at_once, delayed))
    assert isinstance(plain, Vector)
    assert isinstance(late, Vector)
    assert plain.labels == [()]
    assert late.labels == [(("was", "a_total"),)]


def test_experimental_functions_can_be_switched_off() -> None:
    engine = Engine(source(), EngineOptions(experimental_functions=False))

    for text in ("limitk(1, m_total)", "mad_over_time(m_total[1m])"):
        with pytest.raises(ParseError, match=r"not enabled|must be enabled"):
            engine.instant(SCOPE, text, 0)


def test_rates_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    ts = np.cumsum(rng.integers(1, 40_000, 300))
    values = np.cumsum(rng.poisson(4, 300)).astype(float)
    values[100:] -= values[100]
    values[220:] -= values[220]
    memory = MemorySource()
    memory.append(
        labels_of({"__name__": "m_total"}), list(zip(ts.tolist(), values.tolist(), strict=True))
    )

    answer = Engine(memory).range(SCOPE, "increase(m_total[3m])", 0, int(ts[-1]), 7_000).value

    assert isinstance(answer, Matrix)
    wanted = {
        end: increase
        for end in range(0, int(ts[-1]) + 1, 7_000)
        if (increase := plain_increase(ts, values, end, 180_000)) is not None
    }
    assert answer.ts.tolist() == list(wanted)
    np.testing.assert_allclose(answer.values, list(wanted.values()), rtol=1e-12)


def plain_increase(ts: np.ndarray, values: np.ndarray, end: int, window: int) -> float | None:
    inside = [i for i in range(len(ts)) if end - window < ts[i] <= end]
    if len(inside) < 2:
        return None
    change = values[inside[-1]] - values[inside[0]]
    change += sum(values[i] for i in inside[:-1] if values[i + 1] < values[i])
    first, last = ts[inside[0]], ts[inside[-1]]
    sampled, gap = last - first, (last - first) / (len(inside) - 1)
    to_start, to_end = first - (end - window), end - last
    to_start = gap / 2 if to_start >= gap * 1.1 else to_start
    if change > 0 and values[inside[0]] >= 0:
        to_start = min(to_start, sampled * values[inside[0]] / change)
    to_end = gap / 2 if to_end >= gap * 1.1 else to_end
    return float(change * (sampled + to_start + to_end) / sampled)
