"""The port of a source that holds series in lattices."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from watchkeeper.model import Scope
from watchkeeper.query.promql.ast import Matcher
from watchkeeper.query.promql.lattice.sheet import Lattice


@runtime_checkable
class LatticeSource(Protocol):
    """A source that holds series in lattices."""

    def lattice(
        self, scope: Scope, matchers: tuple[Matcher, ...], *, start_ms: int, end_ms: int
    ) -> Lattice | None:
        """The samples that `select` would read, perhaps with more outside the range.

        Floats only, and none with a start timestamp.
        None: these the source does not hold; read them with `select`.
        """
        ...
