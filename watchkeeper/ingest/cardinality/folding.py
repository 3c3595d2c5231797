"""Many series as one: increases of counters added up, gauges averaged. docs/operate/cardinality.md.

A series keeps the value that was last counted of it, so that nothing is counted twice and a
counter's reset is told from a change of the set of series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.cardinality.types import LANE_LABEL, NOT_FOLDED, OVERFLOW_LABEL
from watchkeeper.ingest.rows import Values
from watchkeeper.model import METRIC_NAME, Labels, labels_of

_KEPT_LABELS = ("job", "le")
"""Stay on the overflow series: without `le` no quantile of a histogram could be told."""
_COUNTER_ENDINGS = ("_total", "_count", "_sum", "_bucket")
_COUNTER_TYPES = frozenset({"counter", "histogram", "summary"})
_UNSEEN = np.nan


@dataclass(slots=True, kw_only=True)
class Group:
    """One overflow series and what has been folded into it.

    total: of a counter its increases; of a gauge the sum over `members`.
    """

    project_id: int
    labels: Labels
    is_counter: bool
    total: float = 0.0
    members: int = 0

    @property
    def value(self) -> float:
        """What the overflow series shows: a counter's total, or a gauge's mean; NaN if of none."""
        if self.is_counter:
            return self.total
        return self.total / self.members if self.members else _UNSEEN


class SlotUses:
    """Columns beside a registry's: metric and group of each slot, and the value last counted."""

    def __init__(self, size: int) -> None:
        self.metric = np.full(size, -1, np.int32)
        self.group = np.full(size, NOT_FOLDED, np.int32)
        self.counted = np.zeros(size, np.float64)

    def moved(self, kept: NDArray[np.int64], size: int) -> SlotUses:
        """The kept slots, which now come first, in columns of `size`."""
        moved, count = SlotUses(size), len(kept)
        moved.metric[:count] = self.metric[kept]
        moved.group[:count] = self.group[kept]
        moved.counted[:count] = self.counted[kept]
        return moved

    def put(self, slot: int, metric: int, group: int) -> None:
        """A slot's metric and group; nothing has been counted of it."""
        self.metric[slot], self.group[slot], self.counted[slot] = metric, group, _UNSEEN


def is_counter(metric: str, declared: str | None) -> bool:
    """True if values of this metric only grow; declared: its type as its sender told, if it did."""
    if metric.endswith(_COUNTER_ENDINGS):
        return declared not in {"gauge", "gaugehistogram"}
    return declared in _COUNTER_TYPES


def overflow_labels(labels: Labels, lane: str, *, without: frozenset[str] = frozenset()) -> Labels:
    """Of the series that takes in this one; the lane keeps two processes from writing one."""
    kept = [
        (name, value)
        for name, value in labels
        if name == METRIC_NAME or (name in _KEPT_LABELS and name not in without)
    ]
    return labels_of([*kept, (OVERFLOW_LABEL, "true"), (LANE_LABEL, lane)])


def fold(
    groups: Sequence[Group],
    uses: SlotUses,
    slots: NDArray[np.int64],
    values: Values,
) -> list[int]:
    """Count samples, ordered by series and time; returns the numbers of the groups touched.

    A counter's first sample says nothing of its increase, one lower than the last is a reset. NaN,
    a staleness marker among them, takes a gauge out of its group; infinities are left out.
    """
    starts = np.flatnonzero(np.append(True, slots[1:] != slots[:-1])) if len(slots) else slots
    if len(starts) == len(slots):
        _fold_distinct(groups, uses, slots, values)
    else:
        lengths = np.diff(np.append(starts, len(slots)))
        nth = np.arange(len(slots)) - np.repeat(starts, lengths)
        for each in range(int(lengths.max())):
            _fold_distinct(groups, uses, slots[nth == each], values[nth == each])
    return [int(number) for number in np.unique(uses.group[slots])]


def _fold_distinct(
    groups: Sequence[Group], uses: SlotUses, slots: NDArray[np.int64], values: Values
) -> None:
    """The same for samples of which each is of another series."""
    touched, inverse = np.unique(uses.group[slots], return_inverse=True)
    is_counter = np.array([groups[number].is_counter for number in touched], bool)[inverse]
    before = uses.counted[slots]
    now = np.where(np.isinf(values), before, values)
    # A counter that was stale goes on where it was; a gauge has no value meanwhile. Not the marker
    # itself: as a signalling NaN it would not stay silent.
    now = np.where(np.isnan(now), np.where(is_counter, before, _UNSEEN), now)
    was, present = ~np.isnan(before), ~np.isnan(now)
    with np.errstate(over="ignore"):  # what no float can hold is infinite, as in PromQL
        grown = np.where(now >= before, now - before, now)
        change = np.where(present, now, 0.0) - np.where(was, before, 0.0)
    added = np.where(is_counter, np.where(was & present, grown, 0.0), change)
    joined = present.astype(np.float64) - was
    sums = np.bincount(inverse, added, len(touched)).tolist()
    members = np.bincount(inverse, joined, len(touched)).tolist()
    for number, changed, more in zip(touched.tolist(), sums, members, strict=True):
        groups[number].total += changed
        groups[number].members += round(more)
    uses.counted[slots] = now


def average_anew(groups: Sequence[Group], uses: SlotUses, present: NDArray[np.bool_]) -> None:
    """Gauges' sums from what is there: who went silent leaves, and rounding errors go.

    present: of each slot, whether its series had a sample lately.
    """
    size = len(present)
    numbers, counted = uses.group[:size], uses.counted[:size]
    is_folded = numbers >= 0
    is_gauge = np.array([not group.is_counter for group in groups] + [False], bool)
    leaves = is_folded & ~present & is_gauge[numbers]
    counted[leaves] = _UNSEEN
    stays = is_folded & ~np.isnan(counted)
    sums = np.bincount(numbers[stays], counted[stays], len(groups))
    members = np.bincount(numbers[stays], minlength=len(groups))
    for number, group in enumerate(groups):
        if not group.is_counter:
            group.total, group.members = float(sums[number]), int(members[number])
