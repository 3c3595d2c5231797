"""Label sets as columns: matched, grouped and ordered without touching each label set again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from watchkeeper.lib.go_regex import compile_anchored
from watchkeeper.model import METRIC_NAME, Labels
from watchkeeper.query.promql.ast import Matcher, MatchOp
from watchkeeper.query.promql.types import value_of, without_name

Slots = npt.NDArray[np.int64]
"""Places in a table."""

_MOST_ANSWERS = 64

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Grouping:
    """labels: one set a group, in order of their first slot. ids: the group of each slot."""

    labels: list[Labels]
    ids: Slots


class LabelTable:
    """Label sets by slot. Never changes; what was asked of it is remembered. Thread-safe."""

    def __init__(self, labels: Sequence[Labels]) -> None:
        self.labels = list(labels)
        self._answers: dict[Hashable, object] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.labels)

    def match(self, matchers: tuple[Matcher, ...]) -> Slots | None:
        """Ascending slots that satisfy every matcher; None stands for all of them."""
        return self._once(("match", matchers), lambda: self._match(matchers))

    def grouping(self, names: tuple[str, ...], *, without: bool) -> Grouping:
        """Slots by their labels with these names, or without these and the metric name."""
        key = ("group", frozenset(names), without)
        return self._once(key, lambda: self._grouping(frozenset(names), without))

    def nameless(self) -> list[Labels]:
        """The label sets without metric names."""
        return self._once("nameless", lambda: [without_name(row) for row in self.labels])

    def ranks(self, *, nameless: bool) -> Slots:
        """The place of each slot when label sets are sorted."""
        return self._once(("ranks", nameless), lambda: self._ranks(nameless))

    def _once(self, key: Hashable, make: Callable[[], Known]) -> Known:
        with self._lock:
            if key in self._answers:
                return self._answers[key]  # type: ignore[return-value] # by its own key
        answer = make()
        with self._lock:
            if len(self._answers) >= _MOST_ANSWERS:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = answer
        return answer

    def _match(self, matchers: tuple[Matcher, ...]) -> Slots | None:
        kept = np.ones(len(self.labels), np.bool_)
        for matcher in matchers:
            column = self._column(matcher.name)
            wanted = np.array(_satisfying(column.values, matcher), np.bool_)
            kept &= wanted[column.codes]
        return None if kept.all() else np.flatnonzero(kept)

    def _column(self, name: str) -> _Column:
        return self._once(("column", name), lambda: _column(self.labels, name))

    def _grouping(self, names: frozenset[str], without: bool) -> Grouping:
        if not without:
            if not names:
                return Grouping([()], np.zeros(len(self.labels), np.int64))
            columns = {name: self._column(name) for name in sorted(names)}
        else:
            every = {name for row in self.labels for name, _ in row}
            left = every - names - {METRIC_NAME}
            columns = {name: self._column(name) for name in sorted(left)}
        return _grouped(len(self.labels), columns)

    def _ranks(self, nameless: bool) -> Slots:
        rows = self.nameless() if nameless else self.labels
        ranks = np.empty(len(rows), np.int64)
        ranks[sorted(range(len(rows)), key=rows.__getitem__)] = np.arange(len(rows))
        return ranks


@dataclass(frozen=True, slots=True)
class _Column:
    """One label: distinct values, and which of them each slot has."""

    values: list[str]
    codes: Slots


def _column(labels: Sequence[Labels], name: str) -> _Column:
    known: dict[str, int] = {}
    codes = [known.setdefault(value_of(row, name), len(known)) for row in labels]
    return _Column(list(known), np.array(codes, np.int64))


def _grouped(count: int, columns: dict[str, _Column]) -> Grouping:
    combined = np.zeros(count, np.int64)
    for column in columns.values():
        mixed = combined * len(column.values) + column.codes
        _, combined = np.unique(mixed, return_inverse=True)
    _, first, ids = np.unique(combined, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    labels = [_key(columns, int(slot)) for slot in first[order]]
    return Grouping(labels, place[ids])


def _key(columns: dict[str, _Column], slot: int) -> Labels:
    pairs = ((name, column.values[column.codes[slot]]) for name, column in columns.items())
    return tuple((name, value) for name, value in pairs if value)


def _satisfying(values: Sequence[str], matcher: Matcher) -> list[bool]:
    if matcher.op is MatchOp.EQUAL:
        return [value == matcher.value for value in values]
    if matcher.op is MatchOp.NOT_EQUAL:
        return [value != matcher.value for value in values]
    regex, wanted = compile_anchored(matcher.value), matcher.op is MatchOp.REGEX
    return [regex.matches(value) is wanted for value in values]


def every_slot(table: LabelTable, slots: Slots | None) -> Slots:
    """The slots, all of them for None."""
    return np.arange(len(table)) if slots is None else slots


def is_run(slots: Slots) -> bool:
    """True if the slots follow each other without a gap."""
    return len(slots) > 0 and int(slots[-1]) - int(slots[0]) == len(slots) - 1


__all__ = ["Grouping", "LabelTable", "Slots", "every_slot", "is_run"]
