"""Runs the commands of one file on the engine and says which cases hold."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tests.promqltest.classify import Class, classify
from tests.promqltest.pinning import pinned_variants
from tests.promqltest.reader import Clear, Command, Eval, Expectation, Load
from tests.promqltest.series import HISTOGRAM, Item
from watchkeeper.model import Labels, Role, Scope
from watchkeeper.query.budget import QueryLimits
from watchkeeper.query.promql import (
    Engine,
    EngineOptions,
    Matrix,
    MemorySource,
    PromQLError,
    Result,
    Scalar,
    String,
    Vector,
)

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
MINUTE_MS = 60_000
_SMALLEST_NORMAL = 2.0**-1022
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """One eval: problem is "" if it holds. variants: how many further runs it stood for."""

    line: int
    text: str
    kind: Class
    problem: str
    variants: int = 0


class Mismatch(AssertionError):
    """The answer is not what the case demands."""


class Storage:
    """What the loads of a file have written, and which series hold native histograms."""

    def __init__(self, source: MemorySource) -> None:
        self.source = source
        self.native: set[Labels] = set()
        self._newest_ms: dict[Labels, int] = {}

    def load(self, command: Load) -> None:
        for labels, items in {d.labels: d.items for d in command.series}.items():
            after_ms = self._newest_ms.get(labels, -1)
            samples = [
                (index * command.step_ms, item)
                for index, item in enumerate(items)
                if isinstance(item, float) and index * command.step_ms > after_ms
            ]
            self.source.append(labels, samples)
            if samples:
                self._newest_ms[labels] = samples[-1][0]
            if any(item is HISTOGRAM for item in items) or command.with_nhcb:
                self.native.add(labels)


def judge(
    commands: list[Command], new_source: Callable[[], MemorySource] = MemorySource
) -> Iterator[Verdict]:
    """The verdict of each eval of a file, in order."""
    storage = Storage(new_source())
    for command in commands:
        if isinstance(command, Clear):
            storage = Storage(new_source())
        elif isinstance(command, Load):
            storage.load(command)
        else:
            yield _verdict(storage, command)


def _verdict(storage: Storage, case: Eval) -> Verdict:
    engine = Engine(
        storage.source,
        EngineOptions(delayed_name_removal=True),
        limits=QueryLimits(max_samples=10_000),
    )
    kind = classify(case, storage.native)
    variants = 0
    try:
        _hold(engine, case)
        for variant in [case, *pinned_variants(case)] if not case.is_range else []:
            if variant is not case:
                _hold(engine, variant)
                variants += 1
            variants += _hold_as_range(engine, variant)
    except Mismatch as problem:
        return Verdict(case.line, case.text, kind, str(problem), variants)
    except Exception as crash:
        return Verdict(case.line, case.text, kind, f"{type(crash).__name__}: {crash}", variants)
    return Verdict(case.line, case.text, kind, "", variants)


def _hold(engine: Engine, case: Eval) -> None:
    """Raises Mismatch unless the engine's answer is the demanded one."""
    expected = case.expected
    try:
        result = _run(engine, case)
    except PromQLError as error:
        if expected.fail is None:
            raise Mismatch(f"failed: {error}") from None
        if not expected.fail.accepts(str(error)):
            raise Mismatch(f"failed with {error!s}, expected {expected.fail}") from None
        return
    if expected.fail is not None:
        raise Mismatch(f"did not fail; answered {result.value}")
    _check_notes(result, expected)
    _check_value(result, case)


def _run(engine: Engine, case: Eval) -> Result:
    if case.is_range:
        return engine.range(SCOPE, case.text, case.start_ms, case.end_ms, case.step_ms)
    return engine.instant(SCOPE, case.text, case.start_ms)


def _check_notes(result: Result, expected: Expectation) -> None:
    for what, notes, wanted, none in (
        ("warning", result.warnings, expected.warns, expected.no_warn),
        ("info", result.infos, expected.infos, expected.no_info),
    ):
        if none and notes:
            raise Mismatch(f"unexpected {what}: {notes}")
        if wanted and not all(any(text.accepts(n) for n in notes) for text in wanted):
            raise Mismatch(f"missing {what} {wanted}, got {notes}")
        if wanted and not all(any(text.accepts(n) for text in wanted) for n in notes):
            raise Mismatch(f"unexpected {what}: {notes}, expected {wanted}")


def _check_value(result: Result, case: Eval) -> None:
    value, expected = result.value, case.expected
    if isinstance(value, String):
        if value.value != expected.string:
            raise Mismatch(f"answered {value.value!r}, expected {expected.string!r}")
    elif isinstance(value, Scalar):
        wanted = expected.scalar
        if wanted is None or not almost_equal(value.value, wanted):
            raise Mismatch(f"answered {value.value}, expected {wanted}")
    elif expected.scalar is not None or expected.string is not None:
        raise Mismatch(f"answered {value}, expected a scalar or string")
    elif isinstance(value, Vector):
        _check_vector(value, expected)
    else:
        _check_matrix(value, case)


def _check_vector(vector: Vector, expected: Expectation) -> None:
    got = dict(zip(vector.labels, vector.values.tolist(), strict=True))
    if len(got) != len(vector.labels):
        raise Mismatch("two samples with the same labels")
    wanted: dict[Labels, Item] = {d.labels: d.items[0] for d in expected.series}
    if expected.ordered and list(got) != list(wanted):
        raise Mismatch(f"order {list(got)}, expected {list(wanted)}")
    if got.keys() != wanted.keys():
        raise Mismatch(f"series {sorted(got)}, expected {sorted(wanted)}")
    for labels, item in wanted.items():
        if not isinstance(item, float) or not almost_equal(got[labels], item):
            raise Mismatch(f"{labels}: {got[labels]}, expected {item}")


def _check_matrix(matrix: Matrix, case: Eval) -> None:
    start_ms, _, step_ms = case.expected.columns or (case.start_ms, case.end_ms, case.step_ms)
    wanted = {
        d.labels: [
            (start_ms + index * step_ms, item)
            for index, item in enumerate(d.items)
            if item is not None
        ]
        for d in case.expected.series
    }
    wanted = {labels: points for labels, points in wanted.items() if points}
    if matrix.labels != sorted(matrix.labels):
        raise Mismatch("the matrix is not sorted by labels")
    got = {labels: points for labels, points in points_of(matrix)}
    if got.keys() != wanted.keys() or len(got) != len(matrix.labels):
        raise Mismatch(f"series {sorted(got)}, expected {sorted(wanted)}")
    for labels, points in wanted.items():
        same_times = [ts for ts, _ in got[labels]] == [ts for ts, _ in points]
        if not same_times or not all(
            isinstance(want, float) and almost_equal(value, want)
            for (_, value), (_, want) in zip(got[labels], points, strict=True)
        ):
            raise Mismatch(f"{labels}: {got[labels]}, expected {points}")


def points_of(matrix: Matrix) -> Iterator[tuple[Labels, list[tuple[int, float]]]]:
    """Each series with its (ts_ms, value) points."""
    for index, labels in enumerate(matrix.labels):
        inside = slice(int(matrix.offsets[index]), int(matrix.offsets[index + 1]))
        yield (
            labels,
            list(zip(matrix.ts[inside].tolist(), matrix.values[inside].tolist(), strict=True)),
        )


def _hold_as_range(engine: Engine, case: Eval) -> int:
    """The instant answer must stand in the middle of a range query. Returns 1 if it was tried."""
    expected = case.expected
    skips = ("start()", "end()", "range()", "step()")
    if expected.ordered or expected.string is not None or expected.columns is not None:
        return 0
    if expected.fail is not None or any(word in case.text for word in skips):
        return 0
    around = (case.start_ms - MINUTE_MS, case.start_ms + MINUTE_MS, MINUTE_MS)
    result = engine.range(SCOPE, case.text, *around)
    if not isinstance(result.value, Matrix):
        raise Mismatch("as a range: no matrix")
    middle = {
        labels: value
        for labels, points in points_of(result.value)
        for ts_ms, value in points
        if ts_ms == case.start_ms
    }
    vector = Vector(list(middle), np.array(list(middle.values())), case.start_ms)
    demanded = expected
    if expected.scalar is not None:
        if len(middle) != 1 or not almost_equal(middle[()], expected.scalar):
            raise Mismatch(f"as a range: {middle}, expected {expected.scalar}")
        return 1
    try:
        _check_vector(vector, replace(demanded, ordered=False))
    except Mismatch as problem:
        raise Mismatch(f"as a range: {problem}") from None
    return 1


def almost_equal(a: float, b: float) -> bool:
    """Equal, both the same kind of NaN, or within 1e-6 of their size."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b) and _is_stale(a) == _is_stale(b)
    if a == b:
        return True
    size, apart = abs(a) + abs(b), abs(a - b)
    if a == 0 or b == 0 or size < _SMALLEST_NORMAL:
        return apart < _EPSILON * _SMALLEST_NORMAL
    return apart / min(size, 1.7976931348623157e308) < _EPSILON


def _is_stale(value: float) -> bool:
    return bool(struct.unpack("<Q", struct.pack("<d", value))[0] == 0x7FF0000000000002)
