"""`fill`: values that stand for a missing partner of a vector operation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from watchkeeper.model import Labels
from watchkeeper.query.promql.mixed import stacked
from watchkeeper.query.promql.types import Grid, grid_of

Signature = Callable[[Labels], Labels]


def with_stand_ins(grid: Grid, other: Grid, value: float | None, signature: Signature) -> Grid:
    """The grid with a series of `value` for each signature of `other`, where it has none itself.

    Its labels are those of the signature.
    """
    if value is None:
        return grid
    wanted = sorted({signature(labels) for labels in other.labels})
    present = np.ones((len(wanted), grid.steps), np.bool_)
    place = {labels: row for row, labels in enumerate(wanted)}
    for row, labels in enumerate(grid.labels):
        stand_in = place.get(signature(labels))
        if stand_in is not None:
            present[stand_in] &= ~grid.present[row]
    return stacked(grid, grid_of(wanted, np.full(present.shape, value), present))
