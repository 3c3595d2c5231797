"""The samples of one request as they are gathered, and then as columns."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.admission import Slots
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.otlp.attributes import Key
from watchkeeper.ingest.protocols.otlp.metrics.exponential import Distribution
from watchkeeper.ingest.protocols.otlp.metrics.families import Family, Part
from watchkeeper.ingest.rows import Exemplar, MetadataRow, Times, Values
from watchkeeper.ingest.series import NO_SLOT
from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.model import Labels

RESERVED, INVALID = -2, -3
"""What stands for a place in the registry where a series is refused; NO_SLOT is the registry's."""

STALE_BITS = 0x7FF0_0000_0000_0002
"""The NaN that says "this series ended here" (Prometheus value.StaleNaN)."""

_NEVER = np.iinfo(np.int64).min

Newest = Callable[[Slots], tuple[Times, Values]]
"""Time (Unix ms) and value of the newest sample by place, as `SeriesRegistry.newest`."""


class Mode(IntEnum):
    """What the values of a block are."""

    LEVEL = 0
    """Values that stand for themselves."""
    CUMULATIVE = 1
    """A total since the start time."""
    DELTA = 2
    """What was added to a total that never falls."""
    DELTA_LEVEL = 3
    """What was added to a total that may fall."""
    TARGET = 4
    """target_info, which each request tells again."""


@dataclass(slots=True)
class Rows:
    """Lists of one length, a row a sample, in blocks of one family; and what else was told."""

    slots: list[int] = field(default_factory=list)
    nanos: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    origins: list[Key | Part] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    blocks: list[tuple[int, Family, Mode]] = field(default_factory=list)
    distributions: list[Distribution] = field(default_factory=list)
    exemplars: list[Exemplar] = field(default_factory=list)
    metadata: list[MetadataRow] = field(default_factory=list)
    fresh: dict[int, Labels] = field(default_factory=dict)
    """Labels of places that were made for this request."""
    points: int = 0
    refused: dict[Drop, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def begin(self, family: Family, mode: Mode) -> None:
        """What is added from here on is of this family."""
        self.blocks.append((len(self.slots), family, mode))

    def refuse(self, reason: Drop, count: int, problem: str = "") -> None:
        """Count points that are not kept, with a sentence for the sender."""
        self.refused[reason] = self.refused.get(reason, 0) + count
        if problem and problem not in self.problems and len(self.problems) < 5:
            self.problems.append(problem)

    def labels(self, row: int) -> Labels:
        """The labels of a row; read again, unless its place is new."""
        if (fresh := self.fresh.get(self.slots[row])) is not None:
            return fresh
        block = bisect_right(self.blocks, row, key=lambda each: each[0]) - 1
        return self.blocks[block][1].labels(self.origins[row])


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Rows that have a place, ready for the spool. origin: the row of `Rows` behind each."""

    slots: Slots
    ts_ms: Times
    values: Values
    origin: NDArray[np.int64]


def columns_of(rows: Rows, newest: Newest, restarted: set[int]) -> Columns:
    """Turn totals of deltas and resets into what Prometheus expects; count what has no place.

    restarted: places whose totals begin anew, because their last write failed; those that did
    are taken out. A delta that is not newer than its series is refused: it may be in its total.
    """
    slots = np.array(rows.slots, dtype=np.int64)
    ts_ms = (np.array(rows.nanos, dtype=np.uint64) // NS_A_MS).astype(np.int64)
    starts_ms = (np.array(rows.starts, dtype=np.uint64) // NS_A_MS).astype(np.int64)
    values = np.array(rows.values, dtype=np.float64)
    if rows.stale:
        values.view(np.uint64)[np.array(rows.stale)] = STALE_BITS
    modes = _modes(rows)
    for reason, place in ((Drop.RESERVED_NAME, RESERVED), (Drop.INVALID_LABELS, INVALID)):
        if count := int((slots == place).sum()):
            rows.refuse(reason, count)
    keep = slots >= NO_SLOT
    facts = _Facts(slots, ts_ms, starts_ms, values)
    targets = np.flatnonzero((slots >= 0) & (modes == Mode.TARGET))
    keep[targets] = newest(slots[targets])[0] < ts_ms[targets]
    zeros = _resets(facts, np.flatnonzero(keep & (slots >= 0) & (modes == Mode.CUMULATIVE)), newest)
    for mode in (Mode.DELTA, Mode.DELTA_LEVEL):
        chosen = np.flatnonzero(keep & (slots >= 0) & (modes == mode))
        late, begun = _accumulate(facts, chosen, newest, restarted)
        for row, reason in late:
            keep[row] = False
            rows.refuse(reason, 1)
        zeros += begun if mode is Mode.DELTA else []
    return _with_zeros(facts, np.flatnonzero(keep), zeros)


@dataclass(frozen=True, slots=True)
class _Facts:
    slots: Slots
    ts_ms: Times
    starts_ms: Times
    values: Values


def _modes(rows: Rows) -> NDArray[np.int8]:
    firsts = np.array([first for first, _, _ in rows.blocks] + [len(rows.slots)], dtype=np.int64)
    modes = np.array([mode for _, _, mode in rows.blocks], dtype=np.int8)
    return np.repeat(modes, np.diff(firsts))


def _resets(facts: _Facts, chosen: NDArray[np.int64], newest: Newest) -> list[tuple[int, int]]:
    """(row, time) of zeros that show a restart which the values alone would hide.

    A total that started after its series' newest sample is another total. If it is not smaller,
    nobody could tell.
    """
    if not len(chosen):
        return []
    newest_ms, newest_values = newest(facts.slots[chosen])
    starts_ms, values = facts.starts_ms[chosen], facts.values[chosen]
    hidden = (newest_ms != _NEVER) & (starts_ms > newest_ms) & (starts_ms < facts.ts_ms[chosen])
    hidden &= values >= newest_values
    return [(int(row), int(facts.starts_ms[row])) for row in chosen[hidden]]


def _accumulate(
    facts: _Facts, chosen: NDArray[np.int64], newest: Newest, restarted: set[int]
) -> tuple[list[tuple[int, Drop]], list[tuple[int, int]]]:
    """Make totals of deltas, in place; returns rows that came too late, and (row, time) of zeros.

    A total whose past is not known begins at zero, just after the start of its first delta, so
    that `increase` counts that one too.
    """
    if not len(chosen):
        return [], []
    order = chosen[np.lexsort((facts.ts_ms[chosen], facts.slots[chosen]))]
    newest_ms, newest_values = newest(facts.slots[order])
    late: list[tuple[int, Drop]] = []
    begun: list[tuple[int, int]] = []
    slot, last_ms, total = NO_SLOT, _NEVER, 0.0
    for at, row in enumerate(order.tolist()):
        if facts.slots[row] != slot:
            slot, last_ms = int(facts.slots[row]), int(newest_ms[at])
            total = float(newest_values[at])
            if last_ms == _NEVER or math.isnan(total) or slot in restarted:
                restarted.discard(slot)
                total = 0.0
                begun.append((row, int(facts.starts_ms[row]) + 1))
        ts_ms, value = int(facts.ts_ms[row]), float(facts.values[row])
        if ts_ms <= last_ms:
            late.append((row, Drop.REPEATED if ts_ms == last_ms else Drop.OUT_OF_ORDER))
            continue
        last_ms = ts_ms
        if not math.isnan(value):  # a staleness marker ends the series and adds nothing
            total += value
            facts.values[row] = total
    return late, begun


def _with_zeros(facts: _Facts, kept: NDArray[np.int64], zeros: list[tuple[int, int]]) -> Columns:
    """The kept rows, and a zero before each of `zeros` that would lie before its row."""
    kept_rows = set(kept.tolist()) if zeros else set()
    added = [(row, at) for row, at in zeros if row in kept_rows and 1 < at < int(facts.ts_ms[row])]
    rows = np.array([row for row, _ in added], dtype=np.int64)
    times = np.array([at for _, at in added], dtype=np.int64)
    return Columns(
        slots=np.concatenate((facts.slots[rows], facts.slots[kept])),
        ts_ms=np.concatenate((times, facts.ts_ms[kept])),
        values=np.concatenate((np.zeros(len(rows)), facts.values[kept])),
        origin=np.concatenate((rows, kept)),
    )
