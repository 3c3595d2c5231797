"""The metrics that are held decoded: loaded when asked for, fed by what is stored, bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, Clock
from watchkeeper.model import METRIC_NAME, Labels, Scope
from watchkeeper.query import QueryOptions
from watchkeeper.query.hot.block import Block, BlockMark, Ids
from watchkeeper.query.hot.load import Unheld, load_sheets
from watchkeeper.query.hot.metrics import HotMetrics
from watchkeeper.query.hot.repo import series_of, share_of
from watchkeeper.query.promql import F64, I64, Matcher, metric_of, value_of
from watchkeeper.store.columns import Columns

Key = tuple[int, str]
"""(project_id, metric)"""

Announced = tuple[int, int, Labels]
"""(project_id, series_id, labels)"""

_SAMPLE_BYTES = 8
_LARGEST_SHARE = 0.75
_ENOUGH = 0.25
_SLACK = 0.25
_REFUSED_MS = MINUTE_MS
_GENERATION_MS = 10 * MINUTE_MS
_IDLE_MS = HOUR_MS
_MOST_ASKED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples:
    """Stored samples of one project, side by side."""

    project_id: int
    series: Ids
    ts_ms: I64
    values: F64


@dataclass(slots=True)
class _Use:
    """When a block was asked for, and since when samples were wanted, in two generations."""

    at_ms: int
    since_ms: int
    before_ms: int
    turned_ms: int

    def note(self, now_ms: int, start_ms: int) -> None:
        self.at_ms = now_ms
        self.since_ms = min(self.since_ms, start_ms)

    def oldest_wanted_ms(self, now_ms: int) -> int:
        """The earliest start asked for in the last one or two generations."""
        oldest = min(self.since_ms, self.before_ms)
        if now_ms - self.turned_ms > _GENERATION_MS:
            self.before_ms, self.since_ms, self.turned_ms = self.since_ms, now_ms, now_ms
        return oldest


@dataclass(slots=True)
class _Loading:
    """A metric that is being read; what is stored meanwhile is brought in afterwards.

    is_spoilt: what was read may not be used.
    """

    is_spoilt: bool = False
    done: threading.Event = field(default_factory=threading.Event)
    announced: list[Announced] = field(default_factory=list)
    samples: list[_Samples] = field(default_factory=list)


class _Directory:
    """Which block each series id of a project belongs to."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = list(blocks)
        ids = [block.ids for block in blocks]
        every = np.concatenate(ids) if ids else np.zeros(0, np.uint64)
        numbers = np.repeat(np.arange(len(ids)), [len(some) for some in ids])
        order = np.argsort(every)
        self._ids, self._numbers = every[order], numbers[order]

    def numbers_of(self, series: Ids) -> npt.NDArray[np.int64]:
        """Places in `blocks`, -1 for series of none."""
        if not len(self._ids):
            return np.full(len(series), -1, np.int64)
        place = np.minimum(np.searchsorted(self._ids, series), len(self._ids) - 1)
        return np.where(self._ids[place] == series, self._numbers[place], -1)


class HotStore:
    """Blocks of metrics, least used ones dropped beyond `hot_bytes`. Thread-safe.

    Every row that enters the tables `series`, `samples` and `histograms` must be told after it
    can be read there, and `forget` be called when rows leave them.
    """

    def __init__(
        self, columns: Columns, options: QueryOptions, clock: Clock, metrics: HotMetrics
    ) -> None:
        self._columns = columns
        self._options = options
        self._clock = clock
        self._metrics = metrics
        self._blocks: OrderedDict[Key, Block] = OrderedDict()
        self._uses: dict[Key, _Use] = {}
        self._loading: dict[Key, _Loading] = {}
        self._asked: OrderedDict[Key, float] = OrderedDict()
        self._refused: dict[Key, tuple[int, int]] = {}
        self._directories: dict[int, _Directory] = {}
        self._tended_ms = clock()
        self._lock = threading.RLock()

    @property
    def is_on(self) -> bool:
        return self._options.hot_bytes > 0

    def block(
        self,
        scope: Scope,
        matchers: tuple[Matcher, ...],
        *,
        start_ms: int,
        end_ms: int,
    ) -> Block | None:
        """All samples since `start_ms` of the one metric that the matchers name, in one project.

        None if they are not to be held.
        """
        key = (scope.project_ids[0], metric_of(matchers))
        while True:
            with self._lock:
                block = self._held(key, start_ms)
                if block is not None or self._is_refused(key, start_ms):
                    self._metrics.reads.labels("columns" if block is None else "memory").inc()
                    return block
                loading = self._loading.get(key)
                if loading is None:
                    mine = self._loading[key] = _Loading()
                    break
            loading.done.wait()
        try:
            return self._load(mine, scope, matchers, (start_ms, end_ms))
        finally:
            with self._lock:
                self._loading.pop(key, None)
            mine.done.set()

    def _held(self, key: Key, start_ms: int) -> Block | None:
        block = self._blocks.get(key)
        if block is None:
            return None
        if block.is_broken:
            self._drop(key)
            return None
        if start_ms < block.start_ms:
            return None
        self._blocks.move_to_end(key)
        self._uses[key].note(self._clock(), start_ms)
        return block

    def _is_refused(self, key: Key, start_ms: int) -> bool:
        until_ms, refused_start_ms = self._refused.get(key, (0, 0))
        return self._clock() < until_ms and start_ms <= refused_start_ms

    def _load(
        self,
        loading: _Loading,
        scope: Scope,
        matchers: tuple[Matcher, ...],
        span_ms: tuple[int, int],
    ) -> Block | None:
        key = (scope.project_ids[0], metric_of(matchers))
        now_ms, start_ms = self._clock(), span_ms[0]
        since_ms = start_ms - (span_ms[1] - start_ms) // 4
        if not self._is_worth_it(scope, matchers, since_ms):
            self._metrics.reads.labels("columns").inc()
            return None
        ids, labels = series_of(self._columns, *key, since_ms)
        most = int(self._options.hot_bytes * _LARGEST_SHARE) // _SAMPLE_BYTES
        try:
            sheets = load_sheets(self._columns, key[0], ids, since_ms, most=most)
        except Unheld:
            sheets = None
        with self._lock:
            if sheets is None or loading.is_spoilt:
                self._refuse(key, start_ms)
                self._metrics.reads.labels("columns").inc()
                return None
            if key in self._blocks:
                self._drop(key)
            block = Block(ids, labels, sheets, start_ms=since_ms)
            self._publish(key, block, loading, _Use(now_ms, start_ms, start_ms, now_ms))
        self._metrics.reads.labels("loaded").inc()
        return block

    def _refuse(self, key: Key, start_ms: int = 1 << 62) -> None:
        """Leave the metric to the columns for a while, from this start on or for any."""
        self._refused[key] = (self._clock() + _REFUSED_MS, start_ms)

    def _is_worth_it(self, scope: Scope, matchers: tuple[Matcher, ...], since_ms: int) -> bool:
        """True once enough of the metric's series were asked for, all queries together."""
        share = share_of(self._columns, scope, matchers, since_ms)
        key = (scope.project_ids[0], metric_of(matchers))
        with self._lock:
            asked = self._asked.pop(key, 0.0) + share
            if asked >= _ENOUGH:
                return True
            self._asked[key] = asked
            while len(self._asked) > _MOST_ASKED:
                self._asked.popitem(last=False)
            return False

    def _publish(self, key: Key, block: Block, loading: _Loading, use: _Use) -> None:
        mine = [r for r in loading.announced if (r[0], value_of(r[2], METRIC_NAME)) == key]
        _announce(block, mine)
        for samples in loading.samples:
            _add(block, samples, np.ones(len(samples.series), np.bool_))
        self._blocks[key] = block
        self._blocks.move_to_end(key)
        self._uses[key] = use
        self._directories.pop(key[0], None)
        self._make_room()

    def _make_room(self) -> None:
        total = sum(block.nbytes for block in self._blocks.values())
        while total > self._options.hot_bytes and len(self._blocks) > 1:
            oldest = next(iter(self._blocks))
            total -= self._blocks[oldest].nbytes
            self._drop(oldest)
        self._metrics.bytes.set(total)
        self._metrics.metrics.set(len(self._blocks))

    def mark(self, project_id: int, metric: str) -> BlockMark | None:
        """How far a metric has come; None if it is not held."""
        with self._lock:
            block = self._blocks.get((project_id, metric))
            return None if block is None or block.is_broken else block.mark()

    def _drop(self, key: Key) -> None:
        self._blocks.pop(key).is_held = False
        del self._uses[key]
        self._directories.pop(key[0], None)

    def announced(self, series: Sequence[Announced]) -> None:
        """These series can be read from the columns now. Telling twice is harmless."""
        if not series:
            return
        with self._lock:
            for loading in self._loading.values():
                loading.announced.extend(series)
            by_key: dict[Key, list[Announced]] = {}
            for row in series:
                key = (row[0], value_of(row[2], METRIC_NAME))
                if key in self._blocks:
                    by_key.setdefault(key, []).append(row)
            for key, rows in by_key.items():
                if _announce(self._blocks[key], rows):
                    self._directories.pop(key[0], None)

    def wants(self, project_id: int) -> bool:
        """True if a metric of the project is held or being read: then `samples` must be told.

        What is stored before a reading begins is found by it.
        """
        with self._lock:
            keys = (*self._blocks, *self._loading)
            return any(key[0] == project_id for key in keys)

    def samples(self, project_id: int, series: Ids, ts_ms: I64, values: F64) -> None:
        """These samples, side by side, can be read from the columns now.

        Costs next to nothing if no metric of the project is held. Telling twice is harmless.
        """
        samples = _Samples(project_id=project_id, series=series, ts_ms=ts_ms, values=values)
        with self._lock:
            for key, loading in self._loading.items():
                if key[0] == project_id:
                    loading.samples.append(samples)
            directory = self._directory(project_id)
            numbers = directory.numbers_of(series)
            for number in np.unique(numbers[numbers >= 0]).tolist():
                _add(directory.blocks[number], samples, numbers == number)
            self._tend()

    def histograms(self, project_id: int, series: Ids) -> None:
        """These series have native histograms now, which no block holds."""
        with self._lock:
            for key, loading in self._loading.items():
                loading.is_spoilt |= key[0] == project_id
            for key, block in list(self._blocks.items()):
                if key[0] == project_id and (block.slots_of(series) >= 0).any():
                    self._drop(key)
                    self._refuse(key)

    def _directory(self, project_id: int) -> _Directory:
        directory = self._directories.get(project_id)
        if directory is None:
            blocks = [block for key, block in self._blocks.items() if key[0] == project_id]
            directory = self._directories[project_id] = _Directory(blocks)
        return directory

    def _tend(self) -> None:
        """Once a minute: forget what nobody asked for lately, and keep to the bound."""
        now_ms = self._clock()
        if now_ms - self._tended_ms < MINUTE_MS:
            return
        self._tended_ms = now_ms
        for key, use in list(self._uses.items()):
            if now_ms - use.at_ms > _IDLE_MS:
                self._drop(key)
                continue
            block, wanted_ms = self._blocks[key], use.oldest_wanted_ms(now_ms)
            if wanted_ms - block.start_ms > _SLACK * max(now_ms - wanted_ms, 0) + MINUTE_MS:
                block.cut_before(wanted_ms)
        self._make_room()

    def forget(self, project_id: int | None = None) -> None:
        """Drop what is held of a project, or of all: rows were deleted, or stored untold."""
        with self._lock:
            for key in [k for k in self._blocks if project_id in (None, k[0])]:
                self._drop(key)
            for key, loading in self._loading.items():
                loading.is_spoilt |= project_id in (None, key[0])
            self._make_room()


def _announce(block: Block, rows: Sequence[Announced]) -> bool:
    """True if a series was new."""
    before = len(block.ids)
    block.announce([row[1] for row in rows], [row[2] for row in rows])
    return len(block.ids) > before


def _add(block: Block, samples: _Samples, chosen: npt.NDArray[np.bool_]) -> None:
    """The chosen samples that are of the block's metric."""
    slots = block.slots_of(samples.series[chosen])
    known = slots >= 0
    block.add(slots[known], samples.ts_ms[chosen][known], samples.values[chosen][known])
