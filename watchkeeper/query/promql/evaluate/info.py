"""info(): series enriched by the labels of info metrics (`target_info`) of the same target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from watchkeeper.model import METRIC_NAME, Labels, labels_of
from watchkeeper.query.promql.ast import (
    At,
    Call,
    Matcher,
    MatchOp,
    Node,
    Selector,
    Subquery,
    unwrap,
)
from watchkeeper.query.promql.errors import ExecutionError
from watchkeeper.query.promql.evaluate.selectors import newest
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.naming import unite
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.source import satisfies
from watchkeeper.query.promql.typecheck import accepts_empty
from watchkeeper.query.promql.types import I64, Bools, Grid, value_of

IDENTIFYING = ("instance", "job")
_DEFAULT_NAME = Matcher(METRIC_NAME, MatchOp.EQUAL, "target_info")
_ANY_INFO = Matcher(METRIC_NAME, MatchOp.REGEX, ".+_info")
_LONGEST_PATTERN = 32 * 1024


@dataclass(frozen=True, slots=True)
class _Infos:
    """Info series that stand at some step: their labels, sample times and presence by step."""

    labels: Sequence[Labels]
    ts: I64
    present: Bools


def info(frame: Frame, node: Call, base: Grid) -> Grid:
    """The base series with labels of the info series that have their instance and job.

    Raises ExecutionError where two info series say different things.
    """
    matchers = _label_matchers(node)
    names = _name_matchers([m for m in matchers if m.name == METRIC_NAME])
    wanted = [m for m in matchers if m.name != METRIC_NAME]
    ignored = [all(_accepts(m, labels) for m in names) for labels in base.labels]
    enriched = [labels for labels, skip in zip(base.labels, ignored, strict=True) if not skip]
    infos = _select(frame, node, enriched, [*wanted, *names])
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, labels in enumerate(infos.labels):
        groups[_signature(value_of(labels, METRIC_NAME), labels)].append(row)
    chosen = {signature: _freshest(infos, rows) for signature, rows in groups.items()}
    return _enriched(base, ignored, infos, chosen, wanted)


def _label_matchers(node: Call) -> tuple[Matcher, ...]:
    if len(node.args) < 2:
        return (_DEFAULT_NAME,)
    selector = node.args[1]
    return selector.matchers if isinstance(selector, Selector) else ()


def _name_matchers(given: list[Matcher]) -> list[Matcher]:
    """Which metrics are info metrics; refusals alone leave all that are named so."""
    if any(m.op in (MatchOp.EQUAL, MatchOp.REGEX) for m in given):
        return given
    return [_ANY_INFO, *given] if given else [_DEFAULT_NAME]


def _accepts(matcher: Matcher, labels: Labels) -> bool:
    return satisfies(labels, matcher)


def _signature(name: str, labels: Labels) -> tuple[str, ...]:
    return (name, *(value_of(labels, label) for label in IDENTIFYING))


def _select(frame: Frame, node: Call, enriched: list[Labels], matchers: list[Matcher]) -> _Infos:
    """The info series of the targets that the base series have."""
    targets = {
        label: {value_of(labels, label) for labels in enriched} - {""} for label in IDENTIFYING
    }
    if not any(targets.values()):
        empty = np.zeros((0, frame.steps), np.int64)
        return _Infos([], empty, empty.astype(np.bool_))
    at, offset_ms = _reference(node.args[0])
    for label, values in targets.items():
        pattern = "|".join(_escaped(value) for value in sorted(values))
        if values and len(pattern) <= _LONGEST_PATTERN:
            matchers = [*matchers, Matcher(label, MatchOp.REGEX, pattern)]
    selector = Selector(
        start=node.start, end=node.end, name="", matchers=tuple(matchers), at=at,
        offset_ms=offset_ms,
    )  # fmt: skip
    block, index, present = newest(frame, selector)
    rows = [
        row
        for row, labels in enumerate(block.labels)
        if all(not values or value_of(labels, k) in values for k, values in targets.items())
    ]
    if block.histograms is not None:
        cells = block.histograms[index[rows]][present[rows]]
        if any(cell is not None for cell in cells):
            raise ExecutionError("info sample should be float")
    ts = block.ts[index] if block.samples else np.zeros(present.shape, np.int64)
    return _Infos([block.labels[row] for row in rows], ts[rows], present[rows])


def _escaped(value: str) -> str:
    return "".join(f"\\{c}" if c in "\\.+*?()|[]{}^$" else c for c in value)


def _reference(expr: Node) -> tuple[At | None, int]:
    """The `@` and offset of the first selector, those of subqueries around it included."""
    path: list[Node] = [unwrap(expr)]
    while not isinstance(path[-1], Selector):
        inside = [child for child in path[-1].children() if _holds_selector(child)]
        if not inside:
            return None, 0
        path.append(unwrap(inside[0]))
    at, offset_ms = None, 0
    for node in reversed(path):
        if at is None and isinstance(node, Selector | Subquery):
            at, offset_ms = node.at, offset_ms + node.offset_ms
    return at, offset_ms


def _holds_selector(node: Node) -> bool:
    stack = [node]
    while stack:
        inner = stack.pop()
        if isinstance(inner, Selector):
            return True
        stack.extend(inner.children())
    return False


def _freshest(infos: _Infos, rows: list[int]) -> np.ndarray:
    """Of the info series of one target: which stands at each step, -1 for none."""
    ts = np.where(infos.present[rows], infos.ts[rows], np.iinfo(np.int64).min)
    newest_ms = ts.max(axis=0)
    there = infos.present[rows].any(axis=0)
    twice = there & ((ts == newest_ms).sum(axis=0) > 1)
    if twice.any():
        step = int(np.argmax(twice))
        first, second = [rows[i] for i in np.flatnonzero(ts[:, step] == newest_ms[step])][:2]
        when = int(newest_ms[step])
        raise ExecutionError(
            f"found duplicate series for info metric: existing {_shown(infos.labels[first])} "
            f"@ {when}, new {_shown(infos.labels[second])} @ {when}"
        )
    return np.where(there, np.asarray(rows)[ts.argmax(axis=0)], -1)


def _shown(labels: Labels) -> str:
    """A series as Prometheus prints it."""
    name = value_of(labels, METRIC_NAME)
    pairs = [f"{key}={quote(value)}" for key, value in labels if key != METRIC_NAME]
    return f"{name}{{{', '.join(pairs)}}}"


def _enriched(
    base: Grid,
    ignored: list[bool],
    infos: _Infos,
    chosen: dict[tuple[str, ...], np.ndarray],
    wanted: list[Matcher],
) -> Grid:
    """A row for each base series and each set of info series that it meets at some step."""
    names = sorted({signature[0] for signature in chosen})
    must_meet = not all(accepts_empty(matcher) for matcher in wanted)
    rows: list[int] = []
    labels: list[Labels] = []
    present: list[Bools] = []
    nobody = np.full(base.steps, -1)
    for row, own in enumerate(base.labels):
        met = [] if ignored[row] else [chosen.get(_signature(n, own), nobody) for n in names]
        for mates, steps in _stretches(met, base.present[row]):
            if not mates and must_meet and not ignored[row]:
                continue
            rows.append(row)
            labels.append(_with_info(own, [infos.labels[mate] for mate in mates], wanted))
            present.append(steps)
    grid = base.rows(rows)
    shown = np.array(present, np.bool_).reshape(len(rows), base.steps)
    return unite(replace(grid, labels=labels, present=shown)).without_absent()


def _stretches(met: list[np.ndarray], present: Bools) -> list[tuple[tuple[int, ...], Bools]]:
    """The sets of info series that one base series meets, each with the steps where it does."""
    if not met:
        return [((), present)]
    columns, places = np.unique(np.stack(met), axis=1, return_inverse=True)
    places = places.reshape(-1)
    found = [
        (tuple(int(mate) for mate in column if mate >= 0), present & (places == index))
        for index, column in enumerate(columns.T)
    ]
    return [(mates, steps) for mates, steps in found if steps.any()]


def _with_info(own: Labels, infos: list[Labels], wanted: list[Matcher]) -> Labels:
    """The labels with those of the info series; what is there already stays."""
    only = {matcher.name for matcher in wanted}
    there = {name for name, _ in own}
    added: dict[str, str] = {}
    for labels in infos:
        for name, value in labels:
            if name == METRIC_NAME or (only and name not in only):
                continue
            if added.get(name, value) != value:
                raise ExecutionError(f"conflicting label: {name}")
            if name not in there:
                added[name] = value
    return labels_of([*own, *added.items()])
