"""The loop between spool and store. Rule: docs/spec/exactly-once.md."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from watchkeeper.ingest.digest import repo
from watchkeeper.ingest.digest.metrics import DigestMetrics
from watchkeeper.ingest.digest.pace import Effort
from watchkeeper.ingest.digest.plan import DeadLetter, Insert, Plan, Sink
from watchkeeper.ingest.digest.receipts import Receipts
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.model import Cut, Kind, LiveEvent, Record
from watchkeeper.store.columns import BatchRefused, Columns
from watchkeeper.store.meta import Meta, MetaFailed, RowConflict
from watchkeeper.store.spool import Batch, Position, SpoolReader

Publish = Callable[[LiveEvent], None]
"""Tells open pages; never blocks, never raises."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestOptions:
    """How the spool is brought into the store. Section [ingest.digest]."""

    batch_bytes: int = 16 * 1024 * 1024
    """Most bytes of one cut. More is faster when behind; a replay after a crash repeats one cut."""
    gather_ms: int = 200
    """Pause between rounds while little comes, so that inserts are few and large."""
    gather_steady_ms: int = 600
    """At most the same once what comes steadily in drops takes a tenth of all time to store: a row
    costs as much as a thousand do."""
    gather_errors_ms: int = 300
    """The same while many errors come; twice as long when they begin to."""
    gather_busy_ms: int = 800
    """The same while much else comes; it ends early once a whole cut waits."""
    backoff_s: float = 5.0
    """Longest pause after a failure, in seconds; the first one is a tenth of it."""
    settle_ms: int = SECOND_MS
    """How long a record may take from its acceptance into the spool before it counts as late."""

    def __post_init__(self) -> None:
        if not 64 * 1024 <= self.batch_bytes <= 256 * 1024 * 1024:
            raise ValueError(f"batch_bytes must be 64 KiB..256 MiB, got {self.batch_bytes}")
        if not 0 <= self.gather_ms <= 10 * SECOND_MS:
            raise ValueError(f"gather_ms must be 0..10,000, got {self.gather_ms}")
        for name in ("gather_steady_ms", "gather_errors_ms", "gather_busy_ms"):
            if not 0 <= getattr(self, name) <= 10 * SECOND_MS:
                raise ValueError(f"{name} must be 0..10,000, got {getattr(self, name)}")


_OPEN = nullcontext()
_QUIET_ROUNDS = 10
_GLANCE_S = 0.1
_DROWSY_ROUNDS = 40
"""Rounds without anything, some 15 s, after which it is glanced half as often."""
_BUSY_BYTES = 256 * 1024
"""A larger cut means that much comes: some 80,000 samples a second."""
_PROMPT = frozenset({Kind.ERROR_EVENT})
"""Kinds for which no long pause is made: people wait for them, and each of them is so much work
that larger inserts save little."""
_STUBBORN = 5
"""Failures of one cut that no wait can cure before its sinks are applied one by one."""


class Digest:
    """Moves records from the spool's lanes through the sinks into columns and meta.

    One thread of one process runs it. Each record is stored once, across any crash.
    """

    def __init__(
        self,
        *,
        reader: SpoolReader,
        meta: Meta,
        columns: Columns,
        sinks: Sequence[Sink],
        clock: Clock,
        live: Publish,
        metrics: DigestMetrics,
        options: DigestOptions | None = None,
    ) -> None:
        self._reader = reader
        self._meta = meta
        self._columns = columns
        self._sinks = sinks
        self._clock = clock
        self._live = live
        self._metrics = metrics
        self._options = options or DigestOptions()
        self._receipts = Receipts(columns, now_ms=clock())
        self._positions: dict[str, Position] = {}
        self._passed_by_lane: dict[str, int] = {}
        self._floor_ms: int | None = None
        self._passed_ms: int | None = None
        self._oldest_waiting_ms: int | None = None
        self._stubborn_failures = 0
        self._is_behind = False
        self._busy_ms = 0
        self._effort = Effort()
        self._is_busy = self._was_busy = False

    def run(self, stop: threading.Event, gate: AbstractContextManager[object] = _OPEN) -> None:
        """Digest until `stop` is set; a failure is counted, logged and tried again.

        gate: entered for each round, so that whoever holds it finds the stores at rest.
        """
        failures = quiet_rounds = 0
        while not stop.is_set():
            try:
                with gate:
                    stored = self._timed_round()
                failures = 0
                quiet_rounds = 0 if stored else quiet_rounds + 1
                pause_s = self._pause_s(quiet_rounds)
            except Exception as error:
                failures += 1
                pause_s = min(self._options.backoff_s, self._options.backoff_s / 10 * 2**failures)
                self._report(error, pause_s)
            if quiet_rounds and not failures:
                glance_s = _GLANCE_S if quiet_rounds <= _DROWSY_ROUNDS else 2 * _GLANCE_S
                self._wait_for_the_first(stop, pause_s, glance_s)
            else:
                self._pause(stop, pause_s)

    def _timed_round(self) -> int:
        began_ms = self._clock()
        stored = self.run_once()
        if stored:
            self._effort.spent(began_ms, self._clock())
        return stored

    def _pause(self, stop: threading.Event, pause_s: float) -> None:
        """Wait; while much comes rather longer, unless a whole cut waits before that."""
        stop.wait(pause_s)
        waited_ms = pause_s * SECOND_MS
        while waited_ms < self._busy_ms:
            if stop.is_set() or self._depth_bytes() >= self._options.batch_bytes:
                return
            step_ms = min(max(10, self._options.gather_ms), self._busy_ms - waited_ms)
            stop.wait(step_ms / SECOND_MS)
            waited_ms += step_ms

    def _wait_for_the_first(self, stop: threading.Event, pause_s: float, glance_s: float) -> None:
        """While nothing comes, the first that does is stored at once: somebody may watch for it."""
        left_s = pause_s
        while left_s > 0 and not stop.wait(min(glance_s, left_s)) and not self._has_more():
            left_s -= glance_s

    def _has_more(self) -> bool:
        return any(self._reader.has_more(*one) for one in self._positions.items())

    def _depth_bytes(self) -> int:
        """The most that waits in a lane."""
        positions = self._positions.items()
        return max((self._reader.depth_bytes(*one) for one in positions), default=0)

    def _pause_s(self, quiet_rounds: int) -> float:
        """None while behind; longer once nothing came for a while, still well under a second."""
        if self._is_behind:
            return 0.0
        gather_ms = self._options.gather_ms
        if not quiet_rounds:
            return self._effort.pause_ms(gather_ms, self._options.gather_steady_ms) / SECOND_MS
        gather_s = gather_ms / SECOND_MS
        return gather_s * 2 if quiet_rounds > _QUIET_ROUNDS else gather_s

    def run_once(self) -> int:
        """Store what waits, at most one cut a lane; returns the number of records stored.

        Raises StoreUnavailable (columns are down) and database errors of meta; nothing is lost:
        the next call replays the same cut.
        """
        self._is_behind, self._busy_ms = False, 0
        self._was_busy, self._is_busy = self._is_busy, False
        stored = self._finish_pending() if self._floor_ms is None else 0
        for lane in self._reader.lanes():
            stored += self._advance(lane)
        return stored

    def lag_ms(self) -> int:
        """Age of the oldest record in hand that is not stored yet; 0 when nothing waits."""
        oldest = self._oldest_waiting_ms
        return 0 if oldest is None else max(0, self._clock() - oldest)

    def passed_ms(self) -> int | None:
        """Every record that counts as received before this instant is stored; None: not known yet.

        It never goes back: a record that turns up later counts as received at this instant.
        """
        return self._passed_ms

    def may_hold(self, table: str, start_ms: int, end_ms: int) -> bool:
        """Whether a table may hold rows received in [start_ms, end_ms), Unix ms.

        Costs next to nothing. False is certain of a time that is passed (`passed_ms`), where no
        other engine writes to the same store. Raises StoreUnavailable.
        """
        return self._receipts.may_hold(table, start_ms, end_ms)

    def _finish_pending(self) -> int:
        """After a start: replay what was in hand, and learn where every lane stands."""
        with self._meta.read() as conn:
            pending = repo.pending_cuts(conn)
            floors = [repo.floor_ms(conn, cut.lane) for cut in pending]
        stored = 0
        for cut, floor_ms in zip(pending, floors, strict=True):
            stored += self._store(self._reader.reread(cut), floor_ms)
        with self._meta.read() as conn:
            self._floor_ms = max(repo.highest_watermark_ms(conn), self._passed_ms or 0)
        return stored

    def _advance(self, lane: str) -> int:
        asked_ms = self._clock()
        position = self._position(lane)
        batch = self._next(lane, position)
        if batch is None:
            self._metrics.depth.labels(lane).set(0)
            self._pass(lane, asked_ms - self._options.settle_ms)
            return 0
        self._oldest_waiting_ms = min(
            (record.received_ms for record in batch.records), default=asked_ms
        )
        floor_ms = self._floor_ms or 0
        # From here on only this very cut may be stored: a failure makes the next round replay it.
        self._floor_ms = None
        with self._meta.write() as conn:
            repo.write_cut(conn, batch.cut, floor_ms=floor_ms)
        self._store(batch, floor_ms)
        self._floor_ms = max(floor_ms, self._passed_ms or 0)
        if batch.records:
            self._pass(lane, batch.records[-1].received_ms - self._options.settle_ms)
        self._observe(lane, batch)
        return len(batch.records)

    def _next(self, lane: str, position: Position) -> Batch | None:
        """What waits in a lane; mostly nothing, which costs one small read to know."""
        if not self._reader.has_more(lane, position):
            return None
        return self._reader.read(lane, position, max_bytes=self._options.batch_bytes)

    def _position(self, lane: str) -> Position:
        if lane not in self._positions:
            with self._meta.read() as conn:
                self._positions[lane] = repo.position(conn, lane)
        return self._positions[lane]

    def _pass(self, lane: str, at_ms: int) -> None:
        """Note how far a lane is; what all lanes have passed is passed for good."""
        self._passed_by_lane[lane] = at_ms
        if any(known not in self._passed_by_lane for known in self._reader.lanes()):
            return
        passed_ms = max(min(self._passed_by_lane.values()), self._floor_ms or 0)
        self._passed_ms = passed_ms
        self._floor_ms = passed_ms

    def _observe(self, lane: str, batch: Batch) -> None:
        """Look how much waits now, and by that how long the pause is to be."""
        depth = self._reader.depth_bytes(lane, self._positions[lane])
        self._metrics.depth.labels(lane).set(depth)
        prompt, patient = _prompt_and_patient(batch.records)
        is_behind = depth >= self._options.batch_bytes // 2
        busy_ms = self._options.gather_busy_ms
        if prompt > patient and not self._was_busy:  # a burst is taken in before it is stored
            busy_ms = 2 * self._options.gather_errors_ms
        elif prompt > patient:  # a cut that ended with its segment is no reason to pause either
            is_behind = is_behind or 2 * depth > batch.cut.end - batch.cut.start
            busy_ms = 0 if is_behind else self._options.gather_errors_ms
        if max(prompt, patient) >= _BUSY_BYTES:
            self._is_busy = True
            self._busy_ms = max(self._busy_ms, busy_ms)
        self._is_behind = self._is_behind or is_behind

    def _store(self, batch: Batch, floor_ms: int) -> int:
        records = _raised(batch.records, floor_ms)
        with self._metrics.cut_seconds.time():
            with self._meta.read() as conn:
                plans = [self._plan(sink, batch.cut, records, conn) for sink in self._sinks]
            inserts = [insert for plan in plans for insert in plan.inserts]
            self._receipts.note(
                {insert.table for insert in inserts}, (record.received_ms for record in records)
            )
            refused = [self._insert(batch.cut, insert) for insert in inserts]
            events = self._apply(batch.cut, plans, [r for rows in refused for r in rows])
        self._positions[batch.cut.lane] = Position(batch.cut.segment, batch.cut.end)
        self._tell(records, events)
        self._reader.trim(batch.cut.lane, self._positions[batch.cut.lane])
        return len(records)

    def _plan(self, sink: Sink, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        mine = [record for record in records if record.kind in sink.kinds]
        if not mine:
            return Plan()
        try:
            return sink.plan(cut, mine, conn)
        except (WatchkeeperError, SQLAlchemyError):
            raise
        except Exception as error:
            log.exception("digest_plan_failed", sink=type(sink).__name__, error=str(error))
            return _plan_without_the_bad(sink, cut, mine, conn)

    def _insert(self, cut: Cut, insert: Insert) -> list[tuple[Insert, int, str]]:
        """Add the rows; returns those that the store refused for good, each found by halving."""
        try:
            self._columns.insert(
                insert.table,
                insert.columns,
                insert.encode(0, insert.rows),
                token=insert.token(cut),
                fmt=insert.fmt,
            )
        except BatchRefused as error:
            return self._bisect(cut, insert, (0, insert.rows), str(error))
        return []

    def _bisect(
        self, cut: Cut, insert: Insert, span: tuple[int, int], reason: str
    ) -> list[tuple[Insert, int, str]]:
        start, end = span
        if end - start <= 1:
            return [(insert, row, reason) for row in range(start, end)]
        refused: list[tuple[Insert, int, str]] = []
        middle = (start + end) // 2
        for half in ((start, middle), (middle, end)):
            token = f"{insert.token(cut)}/{half[0]}-{half[1]}"
            try:
                self._columns.insert(
                    insert.table,
                    insert.columns,
                    insert.encode(*half),
                    token=token,
                    fmt=insert.fmt,
                )
            except BatchRefused as error:
                refused += self._bisect(cut, insert, half, str(error))
        return refused

    def _apply(
        self, cut: Cut, plans: Sequence[Plan], refused: Sequence[tuple[Insert, int, str]]
    ) -> list[LiveEvent]:
        letters = [letter for plan in plans for letter in plan.dead]
        letters += [
            DeadLetter(insert.record_of(row), "refused_by_store", reason)
            for insert, row, reason in refused
        ]
        try:
            events = self._commit(cut, plans, letters, _rows_by_table(refused))
        except (MetaFailed, RowConflict):
            self._stubborn_failures += 1
            raise
        self._stubborn_failures = 0
        for letter in letters:
            self._metrics.dead_letters.labels(letter.reason).inc()
        return events

    def _commit(
        self,
        cut: Cut,
        plans: Sequence[Plan],
        letters: Sequence[DeadLetter],
        refused: dict[str, frozenset[int]],
    ) -> list[LiveEvent]:
        events: list[LiveEvent] = []
        with self._meta.write() as conn:
            for plan in plans:
                events += self._apply_one(conn, plan, refused)
            repo.bury(conn, letters, at_ms=self._clock())
            repo.finish_cut(conn, cut)
        return events

    def _apply_one(
        self, conn: Connection, plan: Plan, refused: dict[str, frozenset[int]]
    ) -> Sequence[LiveEvent]:
        """Apply a plan; one that has failed again and again may not hold up the others."""
        if self._stubborn_failures < _STUBBORN:
            return plan.apply(conn, refused)
        try:
            with conn.begin_nested():
                return plan.apply(conn, refused)
        except SQLAlchemyError as error:
            log.exception("digest_apply_given_up", error=str(error))
            self._metrics.dead_letters.labels("meta_refused").inc()
            return ()

    def _tell(self, records: Sequence[Record], events: Sequence[LiveEvent]) -> None:
        for kind, count in Counter(record.kind for record in records).items():
            self._metrics.records.labels(kind.name.lower()).inc(count)
        self._metrics.lag.set(self.lag_ms() / SECOND_MS)
        self._oldest_waiting_ms = None
        for event in events:
            self._live(event)

    def _report(self, error: Exception, pause_s: float) -> None:
        code = error.code if isinstance(error, WatchkeeperError) else type(error).__name__
        self._metrics.failures.labels(code).inc()
        self._metrics.lag.set(self.lag_ms() / SECOND_MS)
        log.warning("digest_waits", code=code, error=str(error), pause_s=pause_s)


def _raised(records: Sequence[Record], floor_ms: int) -> Sequence[Record]:
    """No record counts as received before what was already called complete."""
    if all(record.received_ms >= floor_ms for record in records):
        return records
    return [
        record if record.received_ms >= floor_ms else replace(record, received_ms=floor_ms)
        for record in records
    ]


def _plan_without_the_bad(
    sink: Sink, cut: Cut, records: Sequence[Record], conn: Connection
) -> Plan:
    """Plan again without the records that a plan of their own fails for."""
    good: list[Record] = []
    dead: list[DeadLetter] = []
    for record in records:
        try:
            sink.plan(cut, [record], conn)
            good.append(record)
        except (WatchkeeperError, SQLAlchemyError):
            raise
        except Exception as error:
            dead.append(DeadLetter(record, "unreadable", f"{type(error).__name__}: {error}"))
    plan = sink.plan(cut, good, conn) if good else Plan()
    return replace(plan, dead=[*plan.dead, *dead])


def _rows_by_table(refused: Sequence[tuple[Insert, int, str]]) -> dict[str, frozenset[int]]:
    rows: dict[str, set[int]] = {}
    for insert, row, _reason in refused:
        rows.setdefault(insert.table, set()).add(insert.first_row + row)
    return {table: frozenset(numbers) for table, numbers in rows.items()}


def _prompt_and_patient(records: Sequence[Record]) -> tuple[int, int]:
    """Bytes of the records that people wait for, and of those that may wait for more to come."""
    prompt = sum(len(record.payload) for record in records if record.kind in _PROMPT)
    return prompt, sum(len(record.payload) for record in records) - prompt
