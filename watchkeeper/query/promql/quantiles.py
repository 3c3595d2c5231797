"""Quantiles of sorted values, as Prometheus interpolates them."""

from __future__ import annotations

import numpy as np

from watchkeeper.query.promql.literals import format_shortest
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import F64


def sorted_quantile(q: F64, rows: F64) -> F64:
    """The q-quantile of each row; NaN counts as the smallest value.

    q: one for each row. rows: ascending, NaN last (as np.sort leaves them), at least one value.
    Outside [0, 1] the answer is ∓Inf.
    """
    length = rows.shape[1]
    nans = np.isnan(rows).sum(axis=1)
    rank = np.clip(np.where(np.isnan(q), 0.0, q), 0.0, 1.0) * (length - 1)
    lower = np.floor(rank).astype(np.int64)
    upper = np.minimum(lower + 1, length - 1)
    weight = rank - lower
    each = np.arange(len(rows))

    def at(index: np.ndarray) -> F64:
        shifted = index - nans
        return np.where(shifted < 0, np.nan, rows[each, np.maximum(shifted, 0)])

    value = at(lower) * (1 - weight) + at(upper) * weight
    value = np.where(q < 0, -np.inf, np.where(q > 1, np.inf, value))
    return np.where(np.isnan(q), np.nan, value)


def note_bad_quantiles(frame: Frame, q: F64, position: int, *, any_result: bool) -> None:
    """Warn of each q outside [0, 1], if it had anything to work on."""
    if not any_result:
        return
    for bad in np.unique(q[~((q >= 0) & (q <= 1))]):
        frame.run.notes.warn(
            f"quantile value should be between 0 and 1, got {format_shortest(float(bad))}",
            position,
        )
