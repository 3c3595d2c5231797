"""Operators between two values, and the pairing of series of two vectors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from watchkeeper.model import METRIC_NAME, Labels, labels_of
from watchkeeper.query.promql.ast import COMPARISONS, Binary, Card, Matching
from watchkeeper.query.promql.errors import ExecutionError
from watchkeeper.query.promql.fill import with_stand_ins
from watchkeeper.query.promql.invocation import Value
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.mixed import TRIMS, Outcome, Side, pairs_with_histograms, stacked
from watchkeeper.query.promql.naming import drop_names, unite
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import F64, Bools, Grid, Scalars, without_name

_OPERATORS: dict[str, Callable[[F64, F64], np.ndarray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "</": np.subtract,
    ">/": np.subtract,
}
"""What operators do with floats; trimming is for histograms, its floats are not looked at."""


def combine(frame: Frame, node: Binary, left: Value, right: Value) -> Value:
    """The value of `left op right`. Raises ExecutionError where series do not pair up."""
    if isinstance(left, Scalars) and isinstance(right, Scalars):
        if node.op in TRIMS:
            raise ExecutionError(f"operator {quote(node.op)} not allowed for Scalar operations")
        return Scalars(_OPERATORS[node.op](left.values, right.values).astype(np.float64))
    if isinstance(left, Grid) and isinstance(right, Scalars):
        return _with_scalar(frame, node, left, right.values, flipped=False)
    if isinstance(left, Scalars) and isinstance(right, Grid):
        return _with_scalar(frame, node, right, left.values, flipped=True)
    if isinstance(left, Grid) and isinstance(right, Grid):
        if node.op in _SETS:
            return unite(_SETS[node.op](left, right, node.matching or Matching()))
        return _matched(frame, node, left, right)
    raise TypeError(f"no {node.op} between {type(left).__name__} and {type(right).__name__}")


def _with_scalar(frame: Frame, node: Binary, grid: Grid, scalars: F64, *, flipped: bool) -> Grid:
    number, vector = Side(scalars, None), Side(grid.values, grid.histograms)
    outcome = _paired(
        frame, node, *((number, vector) if flipped else (vector, number)), grid.present
    )
    filters = node.op in COMPARISONS and not node.bool_modifier
    values = grid.values if filters else outcome.values
    result = Grid(grid.labels, values, outcome.present, grid.drop_name, outcome.histograms)
    if filters or (node.op in TRIMS and not node.bool_modifier):
        return result.without_absent()
    return drop_names(frame.run, result.without_absent())


def _paired(frame: Frame, node: Binary, left: Side, right: Side, both: Bools) -> Outcome:
    """The operator on pairs of samples: floats all at once, then those with histograms."""
    outcome = _OPERATORS[node.op](left.values, right.values)
    filters = node.op in COMPARISONS and not node.bool_modifier
    present = both & outcome if filters else both
    values = left.values if filters else outcome.astype(np.float64)
    floats = Outcome(np.broadcast_to(values, both.shape), present, None)
    if left.histograms is None and right.histograms is None and node.op not in TRIMS:
        return floats
    return pairs_with_histograms(frame, node, left, right, floats, both)


def _signature(labels: Labels, matching: Matching) -> Labels:
    """The labels that must be equal for two series to meet."""
    wanted = frozenset(matching.labels)
    if matching.on:
        return tuple(pair for pair in labels if pair[0] in wanted)
    return tuple(pair for pair in labels if pair[0] not in wanted and pair[0] != METRIC_NAME)


def _by_signature(grid: Grid, matching: Matching) -> dict[Labels, list[int]]:
    rows: dict[Labels, list[int]] = defaultdict(list)
    for index, labels in enumerate(grid.labels):
        rows[_signature(labels, matching)].append(index)
    return rows


def _cover(grid: Grid, other: Grid, matching: Matching) -> Bools:
    """For each series of grid, where any of `other` with the same signature is present."""
    there = _by_signature(other, matching)
    covered = np.zeros(grid.present.shape, np.bool_)
    for index, labels in enumerate(grid.labels):
        rows = there.get(_signature(labels, matching))
        if rows:
            covered[index] = other.present[rows].any(axis=0)
    return covered


def _and(left: Grid, right: Grid, matching: Matching) -> Grid:
    present = left.present & _cover(left, right, matching)
    return replace(left, present=present).without_absent()


def _unless(left: Grid, right: Grid, matching: Matching) -> Grid:
    present = left.present & ~_cover(left, right, matching)
    return replace(left, present=present).without_absent()


def _or(left: Grid, right: Grid, matching: Matching) -> Grid:
    present = right.present & ~_cover(right, left, matching)
    added = replace(right, present=present).without_absent()
    if not added.labels:
        return left
    return stacked(left, added)


_SETS = {"and": _and, "unless": _unless, "or": _or}


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Rows of the "many" and the "one" side that meet, and the signature of each pair."""

    many: np.ndarray
    one: np.ndarray
    signature: list[Labels]


def _filled(many: Grid, one: Grid, matching: Matching) -> tuple[Grid, Grid]:
    """Both sides with what stands for missing partners, behind their own series.

    `fill_left` is for the "many" side and `fill_right` for the "one", with `group_right` too,
    where they stand on the other side: so it is in Prometheus.
    """
    if not matching.fills:
        return many, one

    def signature(labels: Labels) -> Labels:
        return _signature(labels, matching)

    return (
        with_stand_ins(many, one, matching.fill_left, signature),
        with_stand_ins(one, many, matching.fill_right, signature),
    )


def _pairs(
    many: Grid, one: Grid, matching: Matching, one_is_left: bool, own: tuple[int, int]
) -> _Pairs:
    """All pairs of equal signature. Raises ExecutionError if the "one" side is not unique.

    own: how many series of each side are not stand-ins; two of these never meet.
    """
    ones = _by_signature(one, matching)
    for signature, rows in ones.items():
        if len(rows) > 1:
            _require_unique(one, rows, signature, one_is_left=one_is_left)
    many_rows: list[int] = []
    one_rows: list[int] = []
    signatures: list[Labels] = []
    for index, labels in enumerate(many.labels):
        signature = _signature(labels, matching)
        for row in ones.get(signature, ()):
            if index >= own[0] and row >= own[1]:
                continue
            many_rows.append(index)
            one_rows.append(row)
            signatures.append(signature)
    return _Pairs(np.array(many_rows, np.intp), np.array(one_rows, np.intp), signatures)


def _require_unique(one: Grid, rows: list[int], signature: Labels, *, one_is_left: bool) -> None:
    clash = one.present[rows].sum(axis=0) > 1
    if not clash.any():
        return
    step = int(np.argmax(clash))
    twice = [one.labels[row] for row in rows if one.present[row, step]][:2]
    first, second = sorted(_shown(labels) for labels in twice)
    side = "left" if one_is_left else "right"
    raise ExecutionError(
        f"found duplicate series for the match group {_shown(signature)} on the {side} hand-side "
        f"of the operation: [{first}, {second}];"
        "many-to-many matching not allowed: matching labels must be unique on one side"
    )


def _shown(labels: Labels) -> str:
    return "{" + ", ".join(f"{name}={quote(value)}" for name, value in labels) + "}"


def _matched(frame: Frame, node: Binary, left: Grid, right: Grid) -> Grid:
    matching = node.matching or Matching()
    swapped = matching.card is Card.ONE_TO_MANY
    many, one = (right, left) if swapped else (left, right)
    own = (len(many.labels), len(one.labels))
    many, one = _filled(many, one, matching)
    pairs = _pairs(many, one, matching, swapped, own)
    frame.run.budget.hold(len(pairs.many) * frame.steps)
    sides = (_side(many, pairs.many), _side(one, pairs.one))
    both = many.present[pairs.many] & one.present[pairs.one]
    outcome = _paired(frame, node, *(sides[::-1] if swapped else sides), both)
    frame.run.budget.release(len(pairs.many) * frame.steps)
    labels = _result_labels(node, matching, many, one, pairs)
    if matching.card is Card.ONE_TO_ONE:
        _require_one_to_one(pairs, both)
    else:
        _require_unique_results(pairs, labels, both)
    drop = many.drop_name[pairs.many]
    grid = Grid(labels, outcome.values, outcome.present, drop, outcome.histograms).without_absent()
    grid = unite(grid)
    return drop_names(frame.run, grid) if node.bool_modifier else grid


def _side(grid: Grid, rows: np.ndarray) -> Side:
    histograms = None if grid.histograms is None else grid.histograms[rows]
    return Side(grid.values[rows], histograms)


_NOT_UNIQUE = "multiple matches for labels: grouping labels must ensure unique matches"


def _require_one_to_one(pairs: _Pairs, present: Bools) -> None:
    """No signature may have two results at one step."""
    if len(set(pairs.signature)) == len(pairs.signature):
        return
    rows: dict[Labels, list[int]] = defaultdict(list)
    for index, signature in enumerate(pairs.signature):
        rows[signature].append(index)
    for members in rows.values():
        if len(members) > 1 and (present[members].sum(axis=0) > 1).any():
            raise ExecutionError(
                "multiple matches for labels: many-to-one matching must be explicit "
                "(group_left/group_right)"
            )


def _require_unique_results(pairs: _Pairs, labels: list[Labels], both: Bools) -> None:
    """No two results of one signature may have the same labels at one step."""
    rows: dict[tuple[Labels, Labels], list[int]] = defaultdict(list)
    for index, key in enumerate(zip(pairs.signature, labels, strict=True)):
        rows[key].append(index)
    for members in rows.values():
        if len(members) > 1 and (both[members].sum(axis=0) > 1).any():
            raise ExecutionError(_NOT_UNIQUE)


def _result_labels(
    node: Binary, matching: Matching, many: Grid, one: Grid, pairs: _Pairs
) -> list[Labels]:
    """The "many" side's labels, less those that one-to-one matching leaves undecided."""
    arithmetic = node.op not in COMPARISONS | TRIMS
    wanted = frozenset(matching.labels)
    answer: list[Labels] = []
    for many_row, one_row in zip(pairs.many, pairs.one, strict=True):
        labels = many.labels[many_row]
        if arithmetic:
            labels = without_name(labels)
        if matching.card is Card.ONE_TO_ONE:
            labels = tuple(pair for pair in labels if (pair[0] in wanted) is matching.on)
        elif matching.include:
            labels = _included(labels, one.labels[one_row], matching.include)
        answer.append(labels)
    return answer


def _included(labels: Labels, one: Labels, include: tuple[str, ...]) -> Labels:
    """The labels with those of `group_x(…)` taken from the "one" side."""
    copied = [pair for pair in one if pair[0] in include]
    return labels_of([*(pair for pair in labels if pair[0] not in include), *copied])
