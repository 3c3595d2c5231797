"""Runs the commands of one file on the engine and says which cases hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.promqltest.classify import Class, classify
from tests.promqltest.equality import almost_equal, same_sample
from tests.promqltest.nhcb import custom_histograms
from tests.promqltest.pinning import pinned_variants
from tests.promqltest.reader import Broken, Clear, Command, Eval, Expectation, Load
from tests.promqltest.series import Described
from watchkeeper.model import Histogram, Labels, Role, Scope
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
from watchkeeper.query.promql.histograms import sample_columns

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
MINUTE_MS = 60_000


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
        starts = {d.labels: _starts(d, command.step_ms) for d in command.series}
        for labels, items in {d.labels: d.items for d in command.series}.items():
            after_ms = self._newest_ms.get(labels, -1)
            samples = [
                (index * command.step_ms, item)
                for index, item in enumerate(items)
                if item is not None and index * command.step_ms > after_ms
            ]
            self._append(labels, samples, starts.get(labels))
        if command.with_nhcb:
            for labels, converted in custom_histograms(command).items():
                self._append(labels, converted)

    def _append(
        self,
        labels: Labels,
        samples: list[tuple[int, float | Histogram]],
        starts: dict[int, int] | None = None,
    ) -> None:
        self.source.append(labels, samples, starts)
        if samples:
            self._newest_ms[labels] = samples[-1][0]
        if any(isinstance(item, Histogram) for _, item in samples):
            self.native.add(labels)


def _starts(described: Described, step_ms: int) -> dict[int, int]:
    """Start timestamps by the time of their samples."""
    return {
        index * step_ms: index * step_ms + start
        for index, start in enumerate(described.starts_ms)
        if start is not None
    }


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
        elif isinstance(command, Broken):
            yield Verdict(
                command.line, command.text, Class.CORE, f"cannot be read: {command.problem}"
            )
        else:
            yield _verdict(storage, command)


def _verdict(storage: Storage, case: Eval) -> Verdict:
    engine = Engine(
        storage.source,
        EngineOptions(delayed_name_removal=True, use_start_timestamps=True),
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
    got = dict(zip(vector.labels, samples_of(vector), strict=True))
    if len(got) != len(vector.labels):
        raise Mismatch("two samples with the same labels")
    if expected.ordered and list(got) != [d.labels for d in expected.series]:
        raise Mismatch(f"order {list(got)}, expected {[d.labels for d in expected.series]}")
    if got.keys() != {d.labels for d in expected.series}:
        wanted = sorted(d.labels for d in expected.series)
        raise Mismatch(f"series {sorted(got)}, expected {wanted}")
    for described in expected.series:
        sample, item = got[described.labels], described.items[0]
        if not same_sample(sample, item, hints=described.hints[0]):
            raise Mismatch(f"{described.labels}: {sample}, expected {item}")


def _check_matrix(matrix: Matrix, case: Eval) -> None:
    start_ms, _, step_ms = case.expected.columns or (case.start_ms, case.end_ms, case.step_ms)
    if matrix.labels != sorted(matrix.labels):
        raise Mismatch("the matrix is not sorted by labels")
    got = {labels: points for labels, points in points_of(matrix)}
    wanted = {
        d.labels: d for d in case.expected.series if any(item is not None for item in d.items)
    }
    if got.keys() != wanted.keys() or len(got) != len(matrix.labels):
        raise Mismatch(f"series {sorted(got)}, expected {sorted(wanted)}")
    for labels, described in wanted.items():
        points = [
            (start_ms + index * step_ms, item, described.hints[index])
            for index, item in enumerate(described.items)
            if item is not None
        ]
        same_times = [ts for ts, _ in got[labels]] == [ts for ts, *_ in points]
        if not same_times or not all(
            same_sample(sample, item, hints=hinted)
            for (_, sample), (_, item, hinted) in zip(got[labels], points, strict=True)
        ):
            raise Mismatch(f"{labels}: {got[labels]}, expected {points}")


def points_of(matrix: Matrix) -> Iterator[tuple[Labels, list[tuple[int, float | Histogram]]]]:
    """Each series with its (ts_ms, sample) points."""
    samples = samples_of(matrix)
    for index, labels in enumerate(matrix.labels):
        inside = slice(int(matrix.offsets[index]), int(matrix.offsets[index + 1]))
        yield (labels, list(zip(matrix.ts[inside].tolist(), samples[inside], strict=True)))


def samples_of(answer: Vector | Matrix) -> list[float | Histogram]:
    """The samples of an answer in its order."""
    values: list[float] = answer.values.tolist()
    if answer.histograms is None:
        return list(values)
    return [
        value if histogram is None else histogram
        for value, histogram in zip(values, answer.histograms, strict=True)
    ]


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
        labels: sample
        for labels, points in points_of(result.value)
        for ts_ms, sample in points
        if ts_ms == case.start_ms
    }
    values, histograms = sample_columns(list(middle.values()))
    vector = Vector(list(middle), values, case.start_ms, histograms)
    demanded = expected
    if expected.scalar is not None:
        if len(middle) != 1 or not same_sample(middle[()], expected.scalar, hints=False):
            raise Mismatch(f"as a range: {middle}, expected {expected.scalar}")
        return 1
    try:
        _check_vector(vector, replace(demanded, ordered=False))
    except Mismatch as problem:
        raise Mismatch(f"as a range: {problem}") from None
    return 1
