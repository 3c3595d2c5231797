"""Functions of label sets and of order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from watchkeeper.lib.go_regex import BadRegex, GoRegex, compile_anchored, expand
from watchkeeper.model import METRIC_NAME, Labels
from watchkeeper.query.promql.errors import ExecutionError
from watchkeeper.query.promql.invocation import Invocation, Value
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.naming import unite, with_label
from watchkeeper.query.promql.strings import is_label_name
from watchkeeper.query.promql.types import Grid, value_of

MOST_CHARACTERS = 64 * 1024
"""Longest label value that a query may make."""
_CHARACTERS_A_SAMPLE = 16
"""Long label values count as samples, for they take as much memory."""


def _label_replace(call: Invocation) -> Grid:
    target, template, source, pattern = (call.text(index) for index in range(1, 5))
    if not is_label_name(target):
        raise ExecutionError(f"invalid destination label name in label_replace(): {_bare(target)}")
    try:
        regex = compile_anchored(pattern)
    except BadRegex:
        raise ExecutionError(f"invalid regular expression in label_replace(): {pattern}") from None
    return _relabelled(call, target, lambda row: _replaced(row, regex, template, source))


def _replaced(labels: Labels, regex: GoRegex, template: str, source: str) -> str | None:
    match = regex.fullmatch(value_of(labels, source))
    if match is None:
        return None
    try:
        return expand(template, match, most=MOST_CHARACTERS)
    except ValueError:
        raise _too_long("label_replace") from None


def _too_long(function: str) -> ExecutionError:
    return ExecutionError(
        f"a label value made by {function}() is longer than {MOST_CHARACTERS} characters"
    )


def _label_join(call: Invocation) -> Grid:
    target, separator = call.text(1), call.text(2)
    sources = [call.text(index) for index in range(3, len(call.args))]
    for name in [target, *sources]:
        if not is_label_name(name):
            what = "destination" if name is target else "source"
            raise ExecutionError(f"invalid {what} label name in label_join(): {_bare(name)}")

    def joined(row: Labels) -> str:
        values = [value_of(row, name) for name in sources]
        if sum(map(len, values)) + len(separator) * len(values) > MOST_CHARACTERS:
            raise _too_long("label_join")
        return separator.join(values)

    return _relabelled(call, target, joined)


def _bare(name: str) -> str:
    return quote(name)[1:-1]


def _relabelled(call: Invocation, target: str, value: Callable[[Labels], str | None]) -> Grid:
    """The series with `target` set to the value, where there is one."""
    grid = call.grid()
    drop = grid.drop_name.copy()
    labels: list[Labels] = []
    for index, row in enumerate(grid.labels):
        new = value(row)
        if new is None:
            labels.append(row)
            continue
        if len(new) > _CHARACTERS_A_SAMPLE:
            call.frame.run.budget.hold(len(new) // _CHARACTERS_A_SAMPLE)
        labels.append(with_label(row, target, new))
        drop[index] &= target != METRIC_NAME
    return unite(replace(grid, labels=labels, drop_name=drop))


def _warned(call: Invocation) -> bool:
    """True for a range query, where order means nothing; says so."""
    if call.frame.is_range:
        call.frame.run.notes.warn(
            "sort is ineffective for range queries since results are always ordered by labels",
            call.node.start,
        )
    return call.frame.is_range


def _sorted(*, descending: bool) -> Callable[[Invocation], Value]:
    def compute(call: Invocation) -> Value:
        grid = call.grid()
        if _warned(call) or not len(grid.labels):
            return grid
        values = grid.values[:, 0]
        keys = -values if descending else values
        return grid.rows(np.lexsort((keys, np.isnan(values))))

    return compute


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key in which runs of digits compare as numbers: "4m5" before "4m600"."""
    return [
        (0, len(part.lstrip("0")), part.lstrip("0")) if _DIGITS.match(part) else (1, 0, part)
        for part in _DIGITS.split(text)
        if part
    ]


def _sorted_by_label(*, descending: bool) -> Callable[[Invocation], Value]:
    def compute(call: Invocation) -> Value:
        grid = call.grid()
        if _warned(call):
            return grid
        names = [call.text(index) for index in range(1, len(call.args))]

        def key(index: int) -> tuple[list[list[tuple[int, int, str]]], Labels]:
            row = grid.labels[index]
            return [natural_key(value_of(row, name)) for name in names], row

        order = sorted(range(len(grid.labels)), key=key, reverse=descending)
        return grid.rows(order)

    return compute


LABELS: dict[str, Callable[[Invocation], Value]] = {
    "label_join": _label_join,
    "label_replace": _label_replace,
    "sort": _sorted(descending=False),
    "sort_by_label": _sorted_by_label(descending=False),
    "sort_by_label_desc": _sorted_by_label(descending=True),
    "sort_desc": _sorted(descending=True),
}
