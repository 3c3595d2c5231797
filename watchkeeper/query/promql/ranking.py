"""Aggregations that keep series (topk, bottomk, limitk, limit_ratio) or make many a group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from operator import le

import numpy as np

from watchkeeper.lib.xxhash64 import xxhash64
from watchkeeper.model import Labels
from watchkeeper.query.promql.errors import ExecutionError
from watchkeeper.query.promql.literals import format_float, format_shortest, quote
from watchkeeper.query.promql.mixed import described_values
from watchkeeper.query.promql.naming import with_label
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.strings import is_label_name
from watchkeeper.query.promql.types import F64, Bools, Grid, grid_of

_MOST = 2.0**63
_LARGEST_HASH = float(2**64 - 1)


def _counts(k: F64) -> F64:
    """k at each step as a whole number.

    Raises ExecutionError for NaN and what no int64 holds, unless no step asks for one series.
    """
    if (k < 1).all():
        return np.zeros_like(k)
    if np.isnan(k).any():
        raise ExecutionError("Parameter value is NaN")
    for bad in k[(k <= -_MOST) | (k >= _MOST)]:
        side = "underflows" if bad < 0 else "overflows"
        raise ExecutionError(f"Scalar value {format_shortest(float(bad))} {side} int64")
    return np.trunc(k)


def ranked(frame: Frame, op: str, grid: Grid, groups: Iterable[np.ndarray], k: F64) -> Grid:
    """The k largest (topk) or smallest series of each group at each step; NaN ranks last.

    Equal values rank by their labels. An instant answer is in rank order, group after group.
    """
    wanted = _counts(k)
    present = np.zeros(grid.present.shape, np.bool_)
    order: list[np.ndarray] = []
    for members in groups:
        rows = _by_labels(grid, members)
        ranks = _ranks(grid.values[rows], grid.present[rows], largest=op == "topk")
        present[rows] = grid.present[rows] & (ranks < wanted[None, :])
        order.append(rows[np.argsort(ranks[:, 0], kind="stable")])
    kept = Grid(grid.labels, grid.values, present, grid.drop_name)
    if order and not frame.is_range:
        kept = kept.rows(np.concatenate(order))
    return kept.without_absent()


def _by_labels(grid: Grid, rows: np.ndarray) -> np.ndarray:
    """The rows, those of smaller label sets first."""
    labels = [grid.labels[row] for row in rows.tolist()]
    if all(map(le, labels, islice(labels, 1, None))):
        return rows
    return rows[sorted(range(len(labels)), key=labels.__getitem__)]


def _ranks(values: F64, present: Bools, *, largest: bool) -> np.ndarray:
    """Place of each row at each step, 0 first; absent rows last."""
    keys = -values if largest else values
    if np.isfinite(keys[present]).all():
        return _ranks_of_numbers(np.where(present, keys, np.inf))
    unranked = np.where(present, np.isnan(values).astype(np.int8), np.int8(2))
    order = np.lexsort((keys, unranked), axis=0)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(values))[:, None], axis=0)
    return ranks


def _ranks_of_numbers(keys: F64) -> np.ndarray:
    """The ranks by these numbers alone."""
    order = np.argsort(np.ascontiguousarray(keys.T), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(keys))[None, :], axis=1)
    return np.asarray(ranks.T)


def limited(
    frame: Frame, op: str, grid: Grid, groups: Iterable[np.ndarray], k: F64, position: int
) -> Grid:
    """limitk: the first k series of each group. limit_ratio: a stable share of all series.

    position: of the parameter in the text, for what is to be said about it.
    """
    if op == "limit_ratio":
        return _share(frame, grid, k, position)
    wanted = _counts(k)
    present = np.zeros(grid.present.shape, np.bool_)
    for rows in groups:
        place = np.cumsum(grid.present[rows], axis=0)
        present[rows] = grid.present[rows] & (place <= wanted[None, :])
    return replace(grid, present=present).without_absent()


def _share(frame: Frame, grid: Grid, ratio: F64, position: int) -> Grid:
    """Series whose hash falls below the ratio; a negative one takes the complement."""
    if np.isnan(ratio).any():
        raise ExecutionError("Ratio value is NaN")
    for bad in ratio[np.abs(ratio) > 1]:
        clamped = "1" if bad > 0 else "-1"
        frame.run.notes.warn(
            f"ratio value should be between -1 and 1, got {format_shortest(float(bad))}, "
            f"capping to {clamped}",
            position,
        )
    ratio = np.clip(ratio, -1.0, 1.0)
    place = np.array([_place(labels) for labels in grid.labels])[:, None]
    chosen = np.where(ratio >= 0, place < ratio, place >= 1 + ratio)
    present = grid.present & chosen
    return replace(grid, present=present).without_absent()


def _place(labels: Labels) -> float:
    """A number in [0, 1] that the labels alone decide: the one that Prometheus uses.

    It hashes names and values in order, each behind its length.
    """
    parts = (part.encode("utf-8", "surrogateescape") for pair in labels for part in pair)
    return xxhash64(b"".join(_length(part) + part for part in parts)) / _LARGEST_HASH


def _length(part: bytes) -> bytes:
    size = len(part)
    return bytes([size]) if size < 255 else b"\xff" + size.to_bytes(3, "little")


def count_values(
    frame: Frame, grid: Grid, label: str, groups: Iterable[tuple[Labels, np.ndarray]]
) -> Grid:
    """How many series of each group have each value, the value as a label."""
    if not is_label_name(label):
        raise ExecutionError(f"invalid label name {quote(label)}")
    found: dict[Labels, np.ndarray] = {}
    held = 0
    native, texts = described_values(grid)
    for labels, rows in groups:
        values, present = grid.values[rows], grid.present[rows] & ~native[rows]
        for value in np.unique(values[present]):
            same = np.isnan(values) if np.isnan(value) else values == value
            frame.run.budget.hold(grid.steps)
            held += grid.steps
            _count(found, with_label(labels, label, format_float(float(value))), same & present)
        for text in set(texts[rows][native[rows]]):
            _count(found, with_label(labels, label, text), np.equal(texts[rows], text))
    if not found:
        return grid_of([], np.zeros((0, grid.steps)), np.zeros((0, grid.steps), np.bool_))
    counts = np.stack(list(found.values()))
    frame.run.budget.release(held)
    return grid_of(list(found), counts, counts > 0)


def _count(found: dict[Labels, np.ndarray], key: Labels, there: Bools) -> None:
    count = there.sum(axis=0).astype(np.float64)
    found[key] = found[key] + count if key in found else count
