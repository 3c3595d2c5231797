"""Which series are known, what was announced today, and the newest sample of each."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.recent import RecentSamples
from watchkeeper.ingest.rows import Ids, Times, Values
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.model import METRIC_NAME, Labels, series_id

Slots = NDArray[np.int64]
"""Places in the registry; valid while its `generation` stays the same."""

NO_SLOT = -1
_NEVER = np.iinfo(np.int64).min
_FIRST = _NEVER // 2
_RESERVED_NAMES = frozenset({"up", "ALERTS", "ALERTS_FOR_STATE"})
_RESERVED_PREFIXES = ("scrape_", "watchkeeper_", "ALERTS_")


def is_reserved(metric: str) -> bool:
    """True for names that only this server writes."""
    return metric in _RESERVED_NAMES or metric.startswith(_RESERVED_PREFIXES)


def metric_of(labels: Labels) -> str:
    """The metric's name, or empty."""
    return next((value for name, value in labels if name == METRIC_NAME), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesOptions:
    """Bounds of what ingest remembers. Section [ingest.series]."""

    max_series: int = 1_000_000
    """Series remembered at once, 100-odd bytes each; idle ones make room for new ones."""
    idle_ms: int = DAY_MS
    """A series without a sample for so long may be forgotten."""
    max_age_ms: int = 90 * DAY_MS
    """Older samples are refused: their retention is over."""
    max_ahead_ms: int = 10 * MINUTE_MS
    """Samples from further in the future are refused: a sender's clock is wrong."""
    out_of_order_ms: int = 0
    """A sample this much older than the newest of its series is still kept."""


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


class SeriesRegistry:
    """Remembers series in compact columns. Safe to share between threads.

    A series is known by its id alone; its labels are not kept. Nothing counts as written or
    announced before `confirm`, so that a failed write can be sent again.
    """

    def __init__(self, options: SeriesOptions | None = None) -> None:
        self.options = options or SeriesOptions()
        self.generation = 0
        self._lock = threading.RLock()
        self._slots: dict[int, int] = {}
        self._allocate(1024)

    def __len__(self) -> int:
        return len(self._slots)

    def warm(self, newest: Iterable[tuple[int, int, float]]) -> None:
        """Learn (series_id, ts_ms, value) of stored newest samples, before anything is accepted."""
        with self._lock:
            for identity, ts_ms, value in newest:
                slot = self._slot_of(identity, now_ms=ts_ms)
                if slot != NO_SLOT and ts_ms > self._last_ms[slot]:
                    self._last_ms[slot], self._last_value[slot] = ts_ms, value

    def slots(self, project_id: int, series: Sequence[Labels], *, now_ms: int) -> Slots:
        """The place of each series, made if it is new; NO_SLOT where there is no room."""
        with self._lock:
            self._make_room(len(series), now_ms)
            found = [self._slot_of(series_id(project_id, ls), now_ms=now_ms) for ls in series]
            return np.array(found, dtype=np.int64)

    def ids(self, slots: Slots) -> Ids:
        """Series ids by place."""
        return self._ids[slots]

    def newest(self, slots: Slots) -> tuple[Times, Values]:
        """Time (Unix ms) and value of the newest sample by place; the least int64 if none."""
        with self._lock:
            return self._last_ms[slots], self._last_value[slots]

    def unannounced(self, slots: Slots, *, day: int) -> NDArray[np.int64]:
        """Indices into `slots` of the first row of each series not yet announced on `day`."""
        rows = np.flatnonzero(self._day[slots] != day)
        if not len(rows):
            return rows
        _, first = np.unique(slots[rows], return_index=True)
        return rows[first]

    def admit(self, slots: Slots, ts_ms: Times, values: Values, *, now_ms: int) -> Admission:
        """Decide each sample: only times that grow, series by series, within the age bounds.

        Admitted times are held at once, so that a concurrent batch cannot repeat them.
        """
        with self._lock:
            if self._all_follow(slots, ts_ms, now_ms=now_ms):
                return self._admit_all(slots, ts_ms, values)
            order = np.lexsort((ts_ms, slots))
            reasons = self._reasons(slots[order], ts_ms[order], values[order], now_ms=now_ms)
            rows = order[reasons == 0]
            kept, times = slots[rows], ts_ms[rows]
            admission = Admission(
                rows, _tally(reasons), kept, self._last_ms[kept].copy(), times, self.generation
            )
            self._hold(kept, times, values[rows])
            return admission

    def _all_follow(self, slots: Slots, ts_ms: Times, *, now_ms: int) -> bool:
        """True if each sample is of another series, in time, and newer than its last.

        So it is with nearly every request; then nothing has to be put in order.
        """
        if not len(slots) or slots.min() < 0:
            return False
        oldest, newest = int(ts_ms.min()), int(ts_ms.max())
        if oldest < now_ms - self.options.max_age_ms or newest > now_ms + self.options.max_ahead_ms:
            return False
        rows = np.arange(len(slots), dtype=np.int32)
        self._row[slots] = rows
        self._touched_ms[slots] = now_ms
        return bool((self._row[slots] == rows).all() and (ts_ms > self._last_ms[slots]).all())

    def _admit_all(self, slots: Slots, ts_ms: Times, values: Values) -> Admission:
        previous = self._last_ms[slots]
        self._hold(slots, ts_ms, values)
        return Admission(np.arange(len(slots)), {}, slots, previous, ts_ms, self.generation)

    def _hold(self, slots: Slots, ts_ms: Times, values: Values) -> None:
        """Note admitted samples, ascending in time within a series: the newest stays."""
        if self._recent is not None:
            self._recent.add(slots, ts_ms, values)
            is_newer = ts_ms > self._last_ms[slots]
            slots, ts_ms, values = slots[is_newer], ts_ms[is_newer], values[is_newer]
        self._last_ms[slots] = ts_ms
        self._last_value[slots] = values

    def confirm(self, slots: Slots, *, day: int, generation: int) -> None:
        """The write succeeded: these series are announced for `day`."""
        with self._lock:
            if generation == self.generation:
                self._day[slots] = day

    def undo(self, admission: Admission) -> None:
        """The write failed: the same samples may come again."""
        with self._lock:
            if admission.generation == self.generation:
                np.minimum.at(self._last_ms, admission.slots, admission.previous)
                if self._recent is not None:
                    self._recent.forget(admission.slots, admission.times)

    def _allocate(self, size: int) -> None:
        self._ids = np.zeros(size, np.uint64)
        self._last_ms = np.full(size, _NEVER, np.int64)
        self._last_value = np.zeros(size, np.float64)
        self._day = np.full(size, -1, np.int32)
        self._touched_ms = np.zeros(size, np.int64)
        self._row = np.zeros(size, np.int32)  # scratch: tells whether slots repeat
        self._recent = RecentSamples(size) if self.options.out_of_order_ms else None

    def _slot_of(self, identity: int, *, now_ms: int) -> int:
        slot = self._slots.get(identity)
        if slot is not None:
            return slot
        slot = len(self._slots)
        if slot >= self.options.max_series:
            return NO_SLOT
        if slot == len(self._ids):
            self._grow()
        self._slots[identity] = slot
        self._ids[slot] = identity
        self._touched_ms[slot] = now_ms
        return slot

    def _grow(self) -> None:
        size = len(self._ids)
        self._ids = np.concatenate((self._ids, np.zeros(size, np.uint64)))
        self._last_ms = np.concatenate((self._last_ms, np.full(size, _NEVER, np.int64)))
        self._last_value = np.concatenate((self._last_value, np.zeros(size, np.float64)))
        self._day = np.concatenate((self._day, np.full(size, -1, np.int32)))
        self._touched_ms = np.concatenate((self._touched_ms, np.zeros(size, np.int64)))
        self._row = np.zeros(2 * size, np.int32)
        if self._recent is not None:
            self._recent = self._recent.moved(np.arange(size), 2 * size)

    def _make_room(self, wanted: int, now_ms: int) -> None:
        """Forget idle series if the bound would be passed; places change then."""
        count = len(self._slots)
        if count + wanted <= self.options.max_series:
            return
        keep = np.flatnonzero(self._touched_ms[:count] >= now_ms - self.options.idle_ms)
        if len(keep) == count:
            return
        columns = (self._ids, self._last_ms, self._last_value, self._day, self._touched_ms)
        ids, last_ms, last_value, day, touched_ms = (column[keep] for column in columns)
        recent, size = self._recent, max(1024, 2 * len(keep))
        self._allocate(size)
        self._recent = None if recent is None else recent.moved(keep, size)
        for column, kept in (
            (self._ids, ids),
            (self._last_ms, last_ms),
            (self._last_value, last_value),
            (self._day, day),
            (self._touched_ms, touched_ms),
        ):
            column[: len(keep)] = kept
        self._slots = {int(identity): slot for slot, identity in enumerate(ids)}
        self.generation += 1

    def _reasons(
        self, slots: Slots, ts_ms: Times, values: Values, *, now_ms: int
    ) -> NDArray[np.int8]:
        """For samples ordered by series and time: 0 to keep, else the place in `_REASONS`."""
        self._touched_ms[slots[slots >= 0]] = now_ms
        last_ms, last_value = self._last_ms[slots], self._last_value[slots]
        follows = np.zeros(len(slots), bool)
        follows[1:] = slots[1:] == slots[:-1]
        # A sample that follows another of its series in this batch is compared with that one too.
        before_ms, before_value = np.roll(ts_ms, 1), np.roll(values, 1)
        is_same = (ts_ms == last_ms) & _same_bits(values, last_value)
        is_same |= follows & (ts_ms == before_ms) & _same_bits(values, before_value)
        is_duplicate = (ts_ms == last_ms) | (follows & (ts_ms == before_ms))
        is_older = ts_ms < last_ms
        if self._recent is not None:
            was_there, was_same = self._recent.find(slots, ts_ms, values)
            is_duplicate |= was_there
            is_same |= was_same
            # Not ts_ms + window: a time at the end of its range would turn round.
            is_older &= ts_ms < np.maximum(last_ms, _FIRST) - self.options.out_of_order_ms
        reasons = np.zeros(len(slots), np.int8)
        for reason, applies in (
            (Drop.OUT_OF_ORDER, is_older),
            (Drop.DUPLICATE_TIMESTAMP, is_duplicate),
            (Drop.REPEATED, is_same),
            (Drop.TOO_FAR_FUTURE, ts_ms > now_ms + self.options.max_ahead_ms),
            (Drop.TOO_OLD, ts_ms < now_ms - self.options.max_age_ms),
            (Drop.TOO_MANY_SERIES, slots == NO_SLOT),
        ):
            reasons[applies] = _REASONS.index(reason) + 1
        return reasons


_REASONS = (
    Drop.OUT_OF_ORDER,
    Drop.DUPLICATE_TIMESTAMP,
    Drop.REPEATED,
    Drop.TOO_FAR_FUTURE,
    Drop.TOO_OLD,
    Drop.TOO_MANY_SERIES,
)


def _same_bits(left: Values, right: Values) -> NDArray[np.bool_]:
    """Equal as bits: NaN equals the same NaN, as staleness markers need."""
    bits: tuple[Ids, Ids] = left.view(np.uint64), right.view(np.uint64)
    return np.equal(*bits)


def _tally(reasons: NDArray[np.int8]) -> dict[Drop, int]:
    if not reasons.any():
        return {}
    counts = np.bincount(reasons, minlength=len(_REASONS) + 1)
    return {reason: int(counts[at + 1]) for at, reason in enumerate(_REASONS) if counts[at + 1]}
