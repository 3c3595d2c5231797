"""Series that share their times, evaluated as matrices. Why: docs/adr/0008-hot-lattices.md."""

from collections.abc import Mapping

from watchkeeper.query.promql.lattice.fused import FUSED, aggregate_promise
from watchkeeper.query.promql.lattice.kernels import RATE_KERNELS, Kernel, newest
from watchkeeper.query.promql.lattice.over_time import OVER_TIME_KERNELS
from watchkeeper.query.promql.lattice.promise import Promise
from watchkeeper.query.promql.lattice.sheet import (
    NO_RESETS,
    Lattice,
    Pick,
    Resets,
    Sheet,
    as_pick,
    resets_of,
)
from watchkeeper.query.promql.lattice.source import LatticeSource
from watchkeeper.query.promql.lattice.table import LabelTable, Slots, every_slot, is_run

KERNELS: Mapping[str, Kernel] = {**RATE_KERNELS, **OVER_TIME_KERNELS}
KEEPS_NAME = frozenset({"first_over_time", "last_over_time"})

__all__ = [
    "FUSED",
    "KEEPS_NAME",
    "KERNELS",
    "NO_RESETS",
    "Kernel",
    "LabelTable",
    "Lattice",
    "LatticeSource",
    "Pick",
    "Promise",
    "Resets",
    "Sheet",
    "Slots",
    "aggregate_promise",
    "as_pick",
    "every_slot",
    "is_run",
    "newest",
    "resets_of",
]
