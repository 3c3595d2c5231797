"""Values that are not there yet: computed tile by tile, when a grid or an aggregation asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from watchkeeper.model import Labels
from watchkeeper.query.promql.lattice.kernels import Part
from watchkeeper.query.promql.lattice.sheet import Lattice
from watchkeeper.query.promql.lattice.table import Slots
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import F64, Bools, Grid

_TILE_CELLS = 64 * 1024
_NARROWEST = 16


@dataclass(frozen=True, slots=True)
class TileOf:
    """A tile of a part. start: its first series among those of the promise."""

    part: Part
    start: int
    values: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """An instant vector at every step, of the series of a lattice.

    parts: one for each sheet, those without any value left out. drops_name: a function that
    takes metric names away.
    """

    frame: Frame
    lattice: Lattice
    parts: Sequence[Part]
    drops_name: bool

    @property
    def is_nameless(self) -> bool:
        """True if the names are gone already; else they may still go at the end of the query."""
        return self.drops_name and not self.frame.run.options.delayed_name_removal

    def labelled(self, slots: Slots) -> list[Labels]:
        """The label sets of some series."""
        table = self.lattice.table
        names = table.nameless() if self.is_nameless else table.labels
        return [names[slot] for slot in slots.tolist()]

    def grid(self, slots: Slots, values: F64, present: Bools) -> Grid:
        """Values of some series as a vector."""
        goes = np.full(len(slots), self.drops_name and not self.is_nameless)
        return Grid(self.labelled(slots), values, present, goes)

    @property
    def slots(self) -> Slots:
        """The slot of each series, part after part."""
        return np.concatenate([p.sheet.slots for p in self.parts] or [np.zeros(0, np.int64)])

    def tiles(self, rows: int = 0) -> Iterator[TileOf]:
        """All values, in pieces that fit the processor's cache; stops when the query should.

        rows: of the sheets, where a kernel reads more of them than there are steps.
        """
        width = max(_NARROWEST, _TILE_CELLS // max(self.frame.steps, rows, 1))
        start = 0
        for part in self.parts:
            for left in range(0, part.sheet.width, width):
                self.frame.run.budget.check()
                right = min(left + width, part.sheet.width)
                yield TileOf(part, start + left, part.tile(left, right))
            start += part.sheet.width

    def to_grid(self) -> Grid:
        """All of it, series sorted by their labels."""
        slots = self.slots
        self.frame.run.budget.hold(len(slots) * self.frame.steps)
        order = np.argsort(self.lattice.table.ranks(nameless=self.is_nameless)[slots])
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        values = np.empty((len(slots), self.frame.steps))
        for tile in self.tiles():
            rows = place[tile.start : tile.start + tile.values.shape[1]]
            if covers(tile.part, self.frame.steps):
                values[rows] = tile.values.T
            else:
                values[rows[:, None], np.arange(self.frame.steps)[tile.part.at]] = tile.values.T
        self.frame.run.budget.release(values.size)
        return self.grid(slots[order], values, self._presence(place, values.shape))

    def _presence(self, place: Slots, shape: tuple[int, ...]) -> Bools:
        if all(covers(part, self.frame.steps) for part in self.parts):
            return np.broadcast_to(np.True_, shape)
        present = np.zeros(shape, np.bool_)
        start = 0
        for part in self.parts:
            row = np.zeros(shape[1], np.bool_)
            row[part.at] = True
            present[place[start : start + part.sheet.width]] = row
            start += part.sheet.width
        return present


def covers(part: Part, steps: int) -> bool:
    """True if the part has a value at every step."""
    return isinstance(part.at, slice) and len(range(*part.at.indices(steps))) == steps
