"""Queries in, answers out: limits, clock and result shapes around the evaluator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from operator import le

import numpy as np

from watchkeeper.model import Scope
from watchkeeper.query.budget import Budget, BudgetSpent, Cancellation, QueryGate, QueryLimits
from watchkeeper.query.language import EngineOptions
from watchkeeper.query.promql.answers import Answers, Asked, Kept, joined
from watchkeeper.query.promql.ast import Node, ValueType
from watchkeeper.query.promql.bucketless import bucketless
from watchkeeper.query.promql.durations import resolve_durations
from watchkeeper.query.promql.errors import (
    BadQuery,
    QueryCancelled,
    QueryTimeout,
    TooManyQueries,
    TooManySamples,
)
from watchkeeper.query.promql.evaluate import Value, evaluate
from watchkeeper.query.promql.histograms import only_floats
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.naming import settle_names
from watchkeeper.query.promql.parser import parse
from watchkeeper.query.promql.rollups import RollupSource
from watchkeeper.query.promql.run import Frame, Notes, Run, steps_between
from watchkeeper.query.promql.source import SeriesSource
from watchkeeper.query.promql.types import (
    I64,
    Grid,
    Matrix,
    Result,
    Scalar,
    Scalars,
    Stats,
    String,
    Vector,
    flat_histograms,
    flatten,
)
from watchkeeper.query.promql.windows import Windows

_SPENT: dict[str, Callable[[], Exception]] = {
    "samples": TooManySamples,
    "time": QueryTimeout,
    "cancelled": QueryCancelled,
    "queue": lambda: TooManyQueries("Too many queries are running; send again in a moment."),
}

_NONE = np.zeros(0)
_REMEMBERED_TEXT = 4096
_REMEMBERED_TREES = 256
"""Dashboards and rules ask the same questions again and again; trees never change."""


class Engine:
    """Evaluates PromQL over one source. Thread-safe; bounded by its limits."""

    def __init__(
        self,
        source: SeriesSource,
        options: EngineOptions | None = None,
        *,
        limits: QueryLimits | None = None,
        rollups: RollupSource | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        answers: Answers | None = None,
    ) -> None:
        self.options = options or EngineOptions()
        self.limits = limits or QueryLimits()
        self._source, self._rollups = source, rollups
        self._monotonic = monotonic
        self._gate = QueryGate(self.limits)
        self._answers = answers or Answers(0)
        self._remembered = lru_cache(_REMEMBERED_TREES)(self._parsed)

    def parse(self, text: str) -> Node:
        """The checked tree, within this engine's limits. Raises ParseError."""
        return self._parsed(text) if len(text) > _REMEMBERED_TEXT else self._remembered(text)

    def _parsed(self, text: str) -> Node:
        return parse(
            text,
            max_bytes=self.limits.max_text_bytes,
            max_depth=self.limits.max_depth,
            experimental=self.options.experimental_functions,
        )

    def instant(
        self,
        scope: Scope,
        text: str,
        at_ms: int,
        *,
        timeout_s: float | None = None,
        cancellation: Cancellation | None = None,
        lookback_ms: int | None = None,
    ) -> Result:
        """The value at one moment (Unix ms).

        lookback_ms: how old a sample may be, instead of the engine's own. Raises PromQLError,
        TooManyQueries.
        """
        tree = resolve_durations(self.parse(text), step_ms=0, range_ms=0)
        span = (at_ms, at_ms, 0)
        with self._run(scope, text, span, timeout_s, cancellation, lookback_ms) as run:
            run.bucketless = bucketless(tree)
            frame = Frame(run, np.array([at_ms], dtype=np.int64))
            value = _instant_answer(evaluate(frame, tree), at_ms)
            return self._result(run, value)

    def range(  # noqa: PLR0913 (what the API lets its callers say of one query)
        self,
        scope: Scope,
        text: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        *,
        timeout_s: float | None = None,
        cancellation: Cancellation | None = None,
        fresh: bool = False,
        lookback_ms: int | None = None,
    ) -> Result:
        """The values from start to end, both in, every step (Unix ms), as a Matrix.

        fresh: compute every step, whatever is remembered. lookback_ms: how old a sample may be,
        instead of the engine's own; such an answer is not remembered either. Raises PromQLError,
        TooManyQueries; BadQuery for too many points or a wrong type.
        """
        parsed = self.parse(text)
        self._check_range(parsed, start_ms, end_ms, step_ms)
        tree = resolve_durations(parsed, step_ms=step_ms, range_ms=end_ms - start_ms)
        span = (start_ms, end_ms, step_ms)
        with self._run(scope, text, span, timeout_s, cancellation, lookback_ms) as run:
            run.bucketless = bucketless(tree)
            times = steps_between(start_ms, end_ms, step_ms)
            is_usual = tree is parsed and lookback_ms is None
            may_keep = is_usual and len(times) > 1 and not fresh
            asked = _asked(run, text, tree, times) if may_keep else None
            kept = None if asked is None else self._answers.find(self._source, asked)
            if asked is None or kept is None:
                value = _range_answer(evaluate(Frame(run, times), tree), times)
            else:
                value = self._extended(run, asked, kept, times[times > kept.until_ms])
            return self._result(run, value)

    def _extended(self, run: Run, asked: Asked, kept: Kept, left: I64) -> Matrix:
        """What is kept, and the steps that are left."""
        matrix = kept.matrix or Matrix([], np.zeros(1, np.int64), np.zeros(0, np.int64), _NONE)
        if len(left):
            matrix = joined(matrix, _range_answer(evaluate(Frame(run, left), asked.tree), left))
        run.series = max(run.series, kept.series)
        is_plain = not run.notes.warnings and not run.notes.infos and matrix.histograms is None
        if is_plain:
            self._answers.keep(asked, kept, matrix, run.series)
        return matrix

    def _check_range(self, tree: Node, start_ms: int, end_ms: int, step_ms: int) -> None:
        if step_ms <= 0:
            raise BadQuery(
                "zero or negative query resolution step widths are not accepted. "
                "Try a positive integer",
                parameter="step",
            )
        if end_ms < start_ms:
            raise BadQuery("end timestamp must not be before start time", parameter="end")
        if (end_ms - start_ms) // step_ms > self.limits.max_points:
            raise BadQuery(
                f"exceeded maximum resolution of {self.limits.max_points:,} points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        if tree.type not in (ValueType.SCALAR, ValueType.VECTOR):
            kind = quote(tree.type.value)
            raise BadQuery(
                f"invalid expression type {kind} for range query, must be Scalar or instant Vector",
                parameter="query",
            )

    @contextmanager
    def _run(
        self,
        scope: Scope,
        text: str,
        span: tuple[int, int, int],
        timeout_s: float | None,
        cancellation: Cancellation | None,
        lookback_ms: int | None,
    ) -> Iterator[Run]:
        """A run inside its place at the gate; spent bounds become errors of the language."""
        budget = Budget(
            self.limits,
            cancellation=cancellation,
            timeout_s=timeout_s,
            monotonic=self._monotonic,
        )
        run = Run(
            scope=scope,
            source=self._source,
            rollups=self._rollups,
            options=replace(self.options, lookback_ms=lookback_ms) if lookback_ms else self.options,
            budget=budget,
            notes=Notes(text),
            start_ms=span[0],
            end_ms=span[1],
            step_ms=span[2],
        )
        asked = self._monotonic()
        try:
            with self._gate.place(), np.errstate(all="ignore"):
                run.began = self._monotonic()
                run.queued_s = run.began - asked
                yield run
        except BudgetSpent as spent:
            raise _SPENT[spent.what]() from None
        except MemoryError:
            raise TooManySamples() from None

    def _result(self, run: Run, value: Matrix | Vector | Scalar | String) -> Result:
        stats = Stats(
            series=run.series,
            samples=run.samples,
            peak_samples=run.budget.peak,
            seconds=self._monotonic() - run.began,
            queued_s=run.queued_s,
            pushed_down=run.pushed_down,
            resolution_ms=run.resolution_ms,
        )
        return Result(value=value, warnings=run.notes.warnings, infos=run.notes.infos, stats=stats)


def _asked(run: Run, text: str, tree: Node, times: I64) -> Asked:
    return Asked(
        scope=run.scope,
        text=text,
        tree=tree,
        first_ms=int(times[0]),
        last_ms=int(times[-1]),
        step_ms=run.step_ms,
    )


def _instant_answer(value: Value, at_ms: int) -> Matrix | Vector | Scalar | String:
    if isinstance(value, str):
        return String(value, at_ms)
    if isinstance(value, Scalars):
        return Scalar(float(value.values[0]), at_ms)
    if isinstance(value, Windows):
        return _raw_answer(value)
    grid = settle_names(value).without_absent()
    if grid.histograms is None:
        return Vector(grid.labels, grid.values[:, 0], at_ms)
    histograms = grid.histograms[:, 0]
    return Vector(grid.labels, only_floats(grid.values[:, 0], histograms), at_ms, histograms)


def _range_answer(value: Value, times: I64) -> Matrix:
    if isinstance(value, Scalars):
        offsets = np.array([0, len(times)], dtype=np.int64)
        return Matrix([()], offsets, times, np.array(value.values))
    if not isinstance(value, Grid):
        raise BadQuery("only scalars and instant vectors have a range")
    grid = settle_names(value).without_absent()
    if not all(map(le, grid.labels, islice(grid.labels, 1, None))):
        grid = grid.rows(sorted(range(len(grid.labels)), key=grid.labels.__getitem__))
    offsets, ts, values = flatten(grid, times)
    histograms = flat_histograms(grid)
    if histograms is not None:
        values = only_floats(values, histograms)
    return Matrix(grid.labels, offsets, ts, values, histograms)


def _raw_answer(windows: Windows) -> Matrix:
    """The samples of each series' one window, sorted by labels, empty ones left out."""
    kept = [i for i in range(len(windows.labels)) if windows.hi[i, 0] > windows.lo[i, 0]]
    kept.sort(key=lambda i: windows.labels[i])
    pieces = [slice(int(windows.lo[i, 0]), int(windows.hi[i, 0])) for i in kept]
    counts = [piece.stop - piece.start for piece in pieces]
    histograms = windows.histograms
    if histograms is not None and kept:
        histograms = np.concatenate([histograms[p] for p in pieces])
    return Matrix(
        [windows.labels[i] for i in kept],
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        np.concatenate([windows.ts[p] for p in pieces] or [np.zeros(0, np.int64)]),
        np.concatenate([windows.values[p] for p in pieces] or [np.zeros(0)]),
        histograms,
    )
