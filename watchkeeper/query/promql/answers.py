"""Answers of range queries that are asked again: what still holds is kept, the rest computed.

An answer's steps depend on samples up to their own time alone. A source that says since when it
has changed therefore says how many of the steps still hold; the others are evaluated anew, as are
those that lie after the answer's end.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from watchkeeper.model import Labels, Scope
from watchkeeper.query.promql.ast import Call, Matcher, Node, Selector, Subquery, post_order
from watchkeeper.query.promql.types import F64, I64, Matrix

_LARGEST_SHARE = 4
_BYTES_A_SERIES = 200
_LOOKS_BEYOND = frozenset({"end", "info", "range", "start"})
"""Functions that see more than the samples of their selectors up to the step."""


class Mark(Protocol):
    """How far a source has come with some series."""

    def changed_since(self) -> int | None:
        """The earliest time (Unix ms) of a sample that came or went since; None: not known."""
        ...


@runtime_checkable
class MarkingSource(Protocol):
    """A source that notices what changes."""

    def mark(self, scope: Scope, matchers: tuple[Matcher, ...]) -> Mark | None:
        """Of the series that a selector reads; None if they are not watched."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One range query. first_ms, last_ms: its first and last step."""

    scope: Scope
    text: str
    tree: Node
    first_ms: int
    last_ms: int
    step_ms: int

    @property
    def key(self) -> tuple[tuple[int, ...], str, int, int, int]:
        """Equal for questions of one length whose steps fall on the same times."""
        phase, length = self.first_ms % self.step_ms, self.last_ms - self.first_ms
        return self.scope.project_ids, self.text, self.step_ms, phase, length


@dataclass(frozen=True, slots=True)
class _Answer:
    first_ms: int
    last_ms: int
    matrix: Matrix
    marks: Sequence[Mark]
    series: int

    @property
    def nbytes(self) -> int:
        samples = self.matrix.ts.nbytes + self.matrix.values.nbytes
        return samples + _BYTES_A_SERIES * (1 + len(self.matrix.labels))


@dataclass(frozen=True, slots=True)
class Kept:
    """The steps that still hold, up to until_ms, and the marks taken before that was found out.

    matrix: None if no step holds. series: how many were read for it.
    """

    matrix: Matrix | None
    until_ms: int
    marks: Sequence[Mark]
    series: int = 0


class Answers:
    """The last answers, up to `most_bytes`. Thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._known: OrderedDict[object, _Answer] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, source: object, asked: Asked) -> Kept | None:
        """What is known of a question; None if its answer cannot be kept."""
        if not self._most_bytes or not isinstance(source, MarkingSource):
            return None
        marks = _marks(source, asked)
        if marks is None:
            return None
        nothing = Kept(None, asked.first_ms - asked.step_ms, marks)
        with self._lock:
            answer = self._known.get(asked.key)
            if answer is None:
                return nothing
            self._known.move_to_end(asked.key)
        until_ms = _holds_until(answer, asked)
        if until_ms < asked.first_ms:
            return nothing
        matrix = _between(answer.matrix, asked.first_ms, until_ms)
        return Kept(matrix, until_ms, marks, answer.series)

    def keep(self, asked: Asked, kept: Kept, matrix: Matrix, series: int) -> None:
        """Remember an answer, found with the marks of `kept`. series: how many were read."""
        answer = _Answer(asked.first_ms, asked.last_ms, matrix, kept.marks, series)
        if answer.nbytes * _LARGEST_SHARE > self._most_bytes:
            return
        with self._lock:
            before = self._known.pop(asked.key, None)
            self._bytes += answer.nbytes - (0 if before is None else before.nbytes)
            self._known[asked.key] = answer
            while self._bytes > self._most_bytes:
                _, oldest = self._known.popitem(last=False)
                self._bytes -= oldest.nbytes


def _holds_until(answer: _Answer, asked: Asked) -> int:
    """The last step of the question that the answer still has."""
    if asked.first_ms < answer.first_ms:
        return asked.first_ms - asked.step_ms
    changed = [mark.changed_since() for mark in answer.marks]
    if any(since is None for since in changed):
        return asked.first_ms - asked.step_ms
    before_ms = min((since for since in changed if since is not None), default=1 << 62)
    until_ms = min(answer.last_ms, asked.last_ms, before_ms - 1)
    return until_ms - (until_ms - asked.first_ms) % asked.step_ms


def _marks(source: MarkingSource, asked: Asked) -> list[Mark] | None:
    """A mark for each selector; None where a step may depend on more than its past."""
    marks: list[Mark] = []
    for node in post_order(asked.tree):
        if isinstance(node, Call) and node.func in _LOOKS_BEYOND:
            return None
        if isinstance(node, Selector | Subquery) and (node.at is not None or node.offset_ms < 0):
            return None
        if isinstance(node, Selector):
            mark = None if node.extended else source.mark(asked.scope, node.matchers)
            if mark is None:
                return None
            marks.append(mark)
    return marks or None


def _between(matrix: Matrix, first_ms: int, last_ms: int) -> Matrix:
    """The points of a stretch of time, series without any left out."""
    inside = (matrix.ts >= first_ms) & (matrix.ts <= last_ms)
    if inside.all():
        return matrix
    reach = np.concatenate(([0], np.cumsum(inside, dtype=np.int64)))[matrix.offsets]
    some = np.flatnonzero(np.diff(reach))
    labels = [matrix.labels[i] for i in some.tolist()]
    offsets = np.append(reach[some], reach[-1:])
    return Matrix(labels, offsets, matrix.ts[inside], matrix.values[inside])


def joined(earlier: Matrix, later: Matrix) -> Matrix:
    """Two answers whose times do not overlap, as one; series sorted."""
    if not earlier.labels or not later.labels:
        return earlier if earlier.labels else later
    pieces: dict[Labels, list[tuple[I64, F64]]] = {}
    for matrix in (earlier, later):
        bounds = matrix.offsets.tolist()
        for index, labels in enumerate(matrix.labels):
            span = slice(bounds[index], bounds[index + 1])
            pieces.setdefault(labels, []).append((matrix.ts[span], matrix.values[span]))
    order = sorted(pieces)
    flat = [piece for one in order for piece in pieces[one]]
    counts = [sum(len(ts) for ts, _ in pieces[one]) for one in order]
    return Matrix(
        order,
        np.cumsum([0, *counts], dtype=np.int64),
        np.concatenate([ts for ts, _ in flat]),
        np.concatenate([values for _, values in flat]),
    )
