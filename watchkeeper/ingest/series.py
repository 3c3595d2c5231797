"""Which series are known, what was announced today, and the newest sample of each."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.admission import (
    REASONS,
    Admission,
    Beyond,
    Due,
    Slots,
    same_bits,
    tally,
)
from watchkeeper.ingest.cardinality import (
    SWEEP_MS,
    Elsewhere,
    Group,
    LabelPolicy,
    MetricReport,
    ProjectRules,
    SeriesGuard,
    SeriesLimits,
    SlotUses,
)
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.recent import RecentSamples
from watchkeeper.ingest.rows import Ids, MetadataRow, Times, Values
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.model import METRIC_NAME, Labels, series_id

NO_SLOT = -1
_FOLDED_IDLE_MS = 10 * MINUTE_MS
_FORGET_EVERY_MS = 5 * MINUTE_MS
_NEVER = np.iinfo(np.int64).min
_FIRST = _NEVER // 2
_RESERVED_NAMES = frozenset({"up", "ALERTS", "ALERTS_FOR_STATE"})
_RESERVED_PREFIXES = ("scrape_", "ALERTS_")
_OWN_PREFIX = "watchkeeper_"


def is_own(metric: str) -> bool:
    """True for names that tell of this server alone; nobody else may write them."""
    return metric.startswith(_OWN_PREFIX)


def is_reserved(metric: str) -> bool:
    """True for names that whoever scrapes or evaluates rules writes: this server, or a Prometheus
    and its likes that push what they wrote themselves."""
    return metric in _RESERVED_NAMES or metric.startswith(_RESERVED_PREFIXES) or is_own(metric)


def metric_of(labels: Labels) -> str:
    """The metric's name, or empty."""
    for name, value in labels:
        if name == METRIC_NAME:
            return value
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesOptions:
    """Bounds of what ingest remembers, and how many series it stores. Section [series]."""

    max_series: int = 2_000_000
    """Series that a process remembers at once, some 150 bytes each; idle ones make room."""
    max_per_metric: int = 100_000
    """Active series that a metric of one project may have; those beyond are folded into one."""
    max_per_project: int = 1_000_000
    """Active series that a project may have; those beyond are folded, metric by metric."""
    max_folded: int = 250_000
    """Folded series that a process remembers, to add them up right; more are refused."""
    idle_ms: int = DAY_MS
    """A series without a sample for so long may be forgotten."""
    max_age_ms: int = 90 * DAY_MS
    """Older samples are refused: their retention is over."""
    max_ahead_ms: int = 10 * MINUTE_MS
    """Samples from further in the future are refused: a sender's clock is wrong."""
    lane: str = ""
    """Which process this is; overflow series carry it."""
    is_pushed: bool = False
    """Samples come from senders: their `up` and `ALERTS` count against the limits too."""
    salt: bytes = b""
    """Of hashed label values."""
    out_of_order_ms: int = 0
    """A sample this much older than the newest of its series is still kept."""


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
        self._guard = SeriesGuard(
            SeriesLimits(
                per_metric=self.options.max_per_metric, per_project=self.options.max_per_project
            ),
            lane=self.options.lane,
            max_folded=self.options.max_folded,
            salt=self.options.salt,
        )
        self._uncounted = 0  # slots that `warm` made, whose metric is not known yet
        self._swept_ms = self._forgot_ms = 0
        self._allocate(1024)

    def __len__(self) -> int:
        return len(self._slots)

    def warm(self, newest: Iterable[tuple[int, int, float]]) -> None:
        """Learn (series_id, ts_ms, value) of stored newest samples, before anything is accepted."""
        with self._lock:
            for identity, ts_ms, value in newest:
                known = len(self._slots)
                slot = self._slot_of(identity, now_ms=ts_ms)
                self._uncounted += len(self._slots) - known
                if slot != NO_SLOT and ts_ms > self._last_ms[slot]:
                    self._last_ms[slot], self._last_value[slot] = ts_ms, value

    def slots(self, project_id: int, series: Sequence[Labels], *, now_ms: int) -> Slots:
        """The place of each series, made if it is new; NO_SLOT where there is no room.

        A series beyond a limit has a place as well: its samples are folded, see `fold`.
        """
        with self._lock:
            self._make_room(len(series), now_ms)
            if self._is_pressed and now_ms - self._swept_ms >= SWEEP_MS:
                self._sweep(now_ms)
            policy = self._guard.policy(project_id)
            found = [
                self._placed(project_id, policy.kept(ls) if policy else ls, now_ms=now_ms)
                for ls in series
            ]
            return np.array(found, dtype=np.int64)

    def slot(self, project_id: int, labels: Labels, *, now_ms: int) -> int:
        """The place of one series, as `slots` gives it."""
        return int(self.slots(project_id, (labels,), now_ms=now_ms)[0])

    def policy(self, project_id: int) -> LabelPolicy | None:
        """What becomes of the project's labels; None if nothing does."""
        return self._guard.policy(project_id)

    def stored_labels(self, project_id: int, labels: Labels) -> Labels:
        """The labels as the project's policy lets them be stored."""
        policy = self._guard.policy(project_id)
        return policy.kept(labels) if policy else labels

    @property
    def has_folds(self) -> bool:
        """True if any series is beyond a limit."""
        return self._guard.folded > 0

    def unfolded(self, slots: Slots) -> Slots:
        """The places, with NO_SLOT for series beyond a limit."""
        return np.where(self._uses.group[slots] >= 0, NO_SLOT, slots) if self.has_folds else slots

    def fold(
        self, admission: Admission, ts_ms: Times, values: Values | None, *, now_ms: int
    ) -> Beyond | None:
        """Add admitted samples of folded series to their groups; None if there are none.

        ts_ms, values: by row of the admission; no values: the samples are counted and no more.
        """
        with self._lock:
            is_folded = self._uses.group[admission.slots] >= 0
            if not is_folded.any():
                return None
            # A sample that comes late is part of the increase to the next one.
            rows = np.flatnonzero(is_folded & (ts_ms > admission.previous))
            slots, newest = admission.slots[rows], int(ts_ms[is_folded].max())
            self._guard.count_samples(self._uses, admission.slots[is_folded])
            groups = self._guard.add(self._uses, slots, values[rows]) if values is not None else []
            due = self._due(groups, newest, now_ms=now_ms)
            return Beyond(is_folded=is_folded, adds_up=values is not None, **due)

    def declare(self, project_id: int, rows: Sequence[MetadataRow]) -> None:
        """Note the types of metrics."""
        with self._lock:
            self._guard.declare(project_id, rows)

    def set_rules(
        self, rules: Mapping[int, ProjectRules], elsewhere: Elsewhere, *, now_ms: int
    ) -> None:
        """Take over what admins set and what other processes store; folds are looked at anew."""
        with self._lock:
            if self._guard.set_rules(rules):
                self.generation += 1  # everybody asks for places, now with other labels
            self._guard.set_elsewhere(elsewhere)
            if self._is_pressed or now_ms - self._swept_ms >= SWEEP_MS:
                self._sweep(now_ms)

    def reports(self, *, at_least: float) -> list[MetricReport]:
        """What is known of projects, and of metrics that use this share of their limit."""
        with self._lock:
            return self._guard.reports(at_least=at_least)

    def limits_of(self, project_id: int) -> SeriesLimits:
        """The limits that hold for a project."""
        return self._guard.limits_of(project_id)

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
                rows, tally(reasons), kept, self._last_ms[kept].copy(), times, self.generation
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
        self._uses = SlotUses(size)

    @property
    def _is_pressed(self) -> bool:
        return bool(self._guard.folded or self._guard.refused)

    def _is_exempt(self, metric: str) -> bool:
        """True for what this process itself writes, which no limit may hide."""
        return is_own(metric) if self.options.is_pushed else is_reserved(metric)

    def _placed(self, project_id: int, labels: Labels, *, now_ms: int) -> int:
        """The place of one series; a new one is weighed against the limits."""
        identity = series_id(project_id, labels)
        slot = self._slots.get(identity)
        if slot is not None:
            if self._uncounted and self._uses.metric[slot] < 0:
                self._uses.put(slot, *self._guard.count(project_id, metric_of(labels)))
                self._uncounted -= 1
            return slot
        if len(self._slots) >= self.options.max_series:
            return NO_SLOT
        metric = metric_of(labels)
        weigh = self._guard.count if self._is_exempt(metric) else self._guard.place
        use = weigh(project_id, metric, labels)
        if use is None:
            return NO_SLOT
        slot = self._slot_of(identity, now_ms=now_ms)
        self._uses.put(slot, *use)
        return slot

    def _due(self, groups: Sequence[Group], ts_ms: int, *, now_ms: int) -> Due:
        """One sample of each group, unless it has one of that instant or a later one."""
        slots, values, labels = [], [], []
        for group in groups:
            slot = self._slot_of(series_id(group.project_id, group.labels), now_ms=now_ms)
            value = group.value
            if slot == NO_SLOT or ts_ms <= self._last_ms[slot] or np.isnan(value):
                continue
            self._last_ms[slot], self._last_value[slot] = ts_ms, value
            self._touched_ms[slot] = now_ms
            slots.append(slot)
            values.append(value)
            labels.append(group.labels)
        return Due(
            slots=np.array(slots, np.int64),
            ts_ms=np.full(len(slots), ts_ms, np.int64),
            values=np.array(values, np.float64),
            labels=labels,
        )

    def _sweep(self, now_ms: int) -> None:
        """Count anew; where folded series were refused, forget those that are idle."""
        self._swept_ms = now_ms
        count, refused = len(self._slots), self._guard.refused
        self._guard.sweep(self._uses, self._touched_ms[:count], now_ms)
        self._guard.refused = 0
        idle = self._uses.group[:count] >= 0
        idle &= self._touched_ms[:count] < now_ms - _FOLDED_IDLE_MS
        may_forget = now_ms - self._forgot_ms >= _FORGET_EVERY_MS  # everybody asks again then
        if refused and may_forget and idle.any():
            self._forgot_ms = now_ms
            self._forget(np.flatnonzero(~idle))
            self._guard.sweep(self._uses, self._touched_ms[: len(self._slots)], now_ms)

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
        self._uses = self._uses.moved(np.arange(size), 2 * size)
        if self._recent is not None:
            self._recent = self._recent.moved(np.arange(size), 2 * size)

    def _make_room(self, wanted: int, now_ms: int) -> None:
        """Forget idle series if the bound would be passed; places change then."""
        count = len(self._slots)
        if count + wanted <= self.options.max_series:
            return
        keep = np.flatnonzero(self._touched_ms[:count] >= now_ms - self.options.idle_ms)
        if len(keep) < count:
            self._forget(keep)

    def _forget(self, keep: NDArray[np.int64]) -> None:
        """Forget all slots but these, which move together; ask for places again then."""
        columns = (self._ids, self._last_ms, self._last_value, self._day, self._touched_ms)
        ids, last_ms, last_value, day, touched_ms = (column[keep] for column in columns)
        recent, uses, size = self._recent, self._uses, max(1024, 2 * len(keep))
        self._allocate(size)
        self._recent = None if recent is None else recent.moved(keep, size)
        self._uses = uses.moved(keep, size)
        self._guard.renumber(self._uses, len(keep))
        for column, kept in (
            (self._ids, ids),
            (self._last_ms, last_ms),
            (self._last_value, last_value),
            (self._day, day),
            (self._touched_ms, touched_ms),
        ):
            column[: len(keep)] = kept
        self._slots = {int(identity): slot for slot, identity in enumerate(ids)}
        self._uncounted = int((self._uses.metric[: len(keep)] < 0).sum())
        self.generation += 1

    def _reasons(
        self, slots: Slots, ts_ms: Times, values: Values, *, now_ms: int
    ) -> NDArray[np.int8]:
        """For samples ordered by series and time: 0 to keep, else the place in `REASONS`."""
        self._touched_ms[slots[slots >= 0]] = now_ms
        last_ms, last_value = self._last_ms[slots], self._last_value[slots]
        follows = np.zeros(len(slots), bool)
        follows[1:] = slots[1:] == slots[:-1]
        # A sample that follows another of its series in this batch is compared with that one too.
        before_ms, before_value = np.roll(ts_ms, 1), np.roll(values, 1)
        is_same = (ts_ms == last_ms) & same_bits(values, last_value)
        is_same |= follows & (ts_ms == before_ms) & same_bits(values, before_value)
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
            reasons[applies] = REASONS.index(reason) + 1
        return reasons
