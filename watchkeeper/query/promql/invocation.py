"""A call with its evaluated arguments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from watchkeeper.query.promql.ast import Call
from watchkeeper.query.promql.naming import drop_names
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import F64, Bools, Grid, Scalars
from watchkeeper.query.promql.windows import Windows

Value = Grid | Scalars | Windows | str


@dataclass(frozen=True, slots=True)
class Invocation:
    """args: the values, of the types that the type check has made sure of."""

    frame: Frame
    node: Call
    args: list[Value]

    def grid(self, index: int = 0) -> Grid:
        value = self.args[index]
        if not isinstance(value, Grid):
            raise TypeError(f"argument {index} of {self.node.func} is no instant vector")
        return value

    def windows(self, index: int = 0) -> Windows:
        value = self.args[index]
        if not isinstance(value, Windows):
            raise TypeError(f"argument {index} of {self.node.func} is no range vector")
        return value

    def scalars(self, index: int) -> F64:
        """One number a step."""
        value = self.args[index]
        if not isinstance(value, Scalars):
            raise TypeError(f"argument {index} of {self.node.func} is no scalar")
        return value.values

    def text(self, index: int) -> str:
        value = self.args[index]
        if not isinstance(value, str):
            raise TypeError(f"argument {index} of {self.node.func} is no string")
        return value

    def mapped(self, values: F64) -> Grid:
        """The first argument with other values and without metric names."""
        grid = self.grid()
        return drop_names(self.frame.run, Grid(grid.labels, values, grid.present, grid.drop_name))

    def windowed(self, values: F64, present: Bools, *, keep_name: bool = False) -> Grid:
        """A value for each window of the range argument."""
        index = next(i for i, arg in enumerate(self.args) if isinstance(arg, Windows))
        windows = self.windows(index)
        drop = np.array(windows.drop_name)
        grid = Grid(list(windows.labels), values, present, drop).without_absent()
        return grid if keep_name else drop_names(self.frame.run, grid)

    def position(self, index: int) -> int:
        """Where an argument stands in the text."""
        return self.node.args[index].start
