"""What the registry of series decides of a batch, and the reasons in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.rows import Ids, Times, Values
from watchkeeper.model import Labels

Slots = NDArray[np.int64]
"""Places in the registry; valid while its `generation` stays the same."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What of a batch may be written, and how to undo it if the write fails.

    rows: indices into the batch. previous: the newest time of each row's series before this batch.
    """

    rows: NDArray[np.int64]
    dropped: dict[Drop, int]
    slots: Slots
    previous: Times
    times: Times
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What of a batch is beyond a limit, and the samples of overflow series to write instead.

    is_folded: by row of the admission. adds_up: their values are in those samples, or will be in
    later ones. The other columns have a row for each overflow series.
    """

    is_folded: NDArray[np.bool_]
    adds_up: bool
    slots: Slots
    ts_ms: Times
    values: Values
    labels: list[Labels]


class Due(TypedDict):
    """Samples of overflow series to write, a row each."""

    slots: Slots
    ts_ms: Times
    values: Values
    labels: list[Labels]


REASONS = (
    Drop.OUT_OF_ORDER,
    Drop.DUPLICATE_TIMESTAMP,
    Drop.REPEATED,
    Drop.TOO_FAR_FUTURE,
    Drop.TOO_OLD,
    Drop.TOO_MANY_SERIES,
)


def same_bits(left: Values, right: Values) -> NDArray[np.bool_]:
    """Equal as bits: NaN equals the same NaN, as staleness markers need."""
    bits: tuple[Ids, Ids] = left.view(np.uint64), right.view(np.uint64)
    return np.equal(*bits)


def tally(reasons: NDArray[np.int8]) -> dict[Drop, int]:
    """How many rows have each reason; 0 is none."""
    if not reasons.any():
        return {}
    counts = np.bincount(reasons, minlength=len(REASONS) + 1)
    return {reason: int(counts[at + 1]) for at, reason in enumerate(REASONS) if counts[at + 1]}
