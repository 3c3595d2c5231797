"""The port of a source that holds series in lattices."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from watchkeeper.model import Scope
from watchkeeper.query.promql.ast import Matcher
from watchkeeper.query.promql.lattice.sheet import Lattice, Sheet
from watchkeeper.query.promql.lattice.table import LabelTable
from watchkeeper.query.promql.types import I64, Grid

_FEWEST_CELLS = 4096


@runtime_checkable
class LatticeSource(Protocol):
    """A source that holds series in lattices."""

    def lattice(
        self, scope: Scope, matchers: tuple[Matcher, ...], *, start_ms: int, end_ms: int
    ) -> Lattice | None:
        """The samples that `select` would read, perhaps with more outside the range.

        None: these the source does not hold; read them with `select`.
        """
        ...


def lattice_of(grid: Grid, times: I64) -> Lattice | None:
    """A vector at evenly spaced times as a lattice; None if its series come and go."""
    if grid.values.size < _FEWEST_CELLS or grid.drop_name.any() or not grid.present.all():
        return None
    slots = np.arange(len(grid.labels))
    sheet = Sheet(ts=times, values=grid.values.T, cols=slice(0, len(slots)), slots=slots)
    return Lattice(LabelTable(grid.labels), [sheet], grid.values.size)


__all__ = ["LatticeSource", "lattice_of"]
