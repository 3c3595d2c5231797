"""Scrapes every target of every project at its own time. One loop, bounded concurrency."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from watchkeeper.ingest import Acceptor
from watchkeeper.ingest.scrape.configs import ProjectConfig, ScrapeConfigs
from watchkeeper.ingest.scrape.keep import Keeper, Kept, failure
from watchkeeper.ingest.scrape.metrics import ReloadMetrics
from watchkeeper.ingest.scrape.pools import Pools
from watchkeeper.ingest.scrape.scrape import Health, Outcome, TargetScraper
from watchkeeper.ingest.scrape.sign_in import SignIn
from watchkeeper.ingest.scrape.status import Scrape, TargetMetadata, TargetStatus, status_of
from watchkeeper.ingest.scrape.targets import BadTarget, Target
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import Outbound
from watchkeeper.lib.schedule import Schedule
from watchkeeper.model import Labels, LiveEvent, LiveTopic, Scope

_log = structlog.get_logger("watchkeeper.scrape")

Key = tuple[int, str, str, Labels]
Publish = Callable[[LiveEvent], None]

_HISTORY = 60
"""Past scrapes that are shown of a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeOptions:
    """How scraping behaves. Section [scrape]."""

    concurrency: int = 256
    """Scrapes under way at once: a target that hangs holds its place until its timeout."""
    look_every_ms: int = 2 * SECOND_MS
    """How often configs are looked at for changes."""

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"concurrency must be at least 1, got {self.concurrency}")


@dataclass(slots=True)
class _Entry:
    scraper: TargetScraper
    outcome: Outcome | None = None
    is_running: bool = False
    is_gone: bool = False
    kept: Kept = field(default_factory=Kept)
    history: deque[Scrape] = field(default_factory=lambda: deque(maxlen=_HISTORY))


class Scraper:
    """Holds the targets in force and scrapes those that are due."""

    def __init__(
        self,
        configs: ScrapeConfigs,
        outbound: Outbound,
        acceptor: Acceptor,
        clock: Clock,
        *,
        options: ScrapeOptions | None = None,
        publish: Publish | None = None,
        metrics: ReloadMetrics | None = None,
    ) -> None:
        self._configs = configs
        self._outbound = outbound
        self._clock = clock
        self._options = options or ScrapeOptions()
        self._publish = publish or (lambda _event: None)
        self._metrics = metrics
        self._configured_ms: int | None = None
        self._keeper = Keeper(acceptor, clock)
        self._sign_in = SignIn(outbound, clock)
        self._pools = Pools(outbound, self._sign_in, changed=self._look_now)
        self._running = asyncio.Semaphore(self._options.concurrency)
        self._entries: dict[Key, _Entry] = {}
        self._schedule: Schedule[Key] = Schedule()
        self._loaded: tuple[ProjectConfig, ...] | None = None
        self._applied: tuple[object, ...] | None = None
        self._look_ms = 0
        self._wake = asyncio.Event()
        self._loading = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Scrape until cancelled; then end the scrapes under way.

        Looking at configs goes on beside the scrapes, so that a slow disk makes none late.
        """
        try:
            while True:
                now_ms = self._clock()
                if now_ms >= self._look_ms and (self._looking is None or self._looking.done()):
                    self._look_ms = now_ms + self._options.look_every_ms
                    self._looking = asyncio.create_task(self._look(now_ms))
                    self._follow(self._looking)
                self._start_slots(now_ms)
                await self._sleep()
        finally:
            self._pools.stop()
            for task in self._tasks:
                task.cancel()

    async def run_due(self, now_ms: int) -> None:
        """Do what is due at `now_ms` and wait until it is done."""
        if now_ms >= self._look_ms:
            self._look_ms = now_ms + self._options.look_every_ms
            await self._look(now_ms)
            await asyncio.gather(*self._pools.start_due(now_ms))
            await self._apply(now_ms)
        self._start_slots(now_ms)
        await asyncio.gather(*self._tasks)

    async def reload(self) -> list[str]:
        """Read all configs anew and put them in force; what is wrong with them, as sentences."""
        async with self._loading:
            self._take(await asyncio.to_thread(self._configs.reload))
            await self._apply(self._clock())
        self._look_now()
        return [config.error for config in self._loaded or () if config.error]

    def _look_now(self) -> None:
        """Look at configs and targets at the next turn of the loop."""
        self._look_ms = 0
        self._wake.set()

    async def _sleep(self) -> None:
        """Until something is due, or `_wake` is set."""
        is_looking = self._looking is not None and not self._looking.done()
        dues = [self._schedule.next_due_ms(), None if is_looking else self._look_ms]
        due_ms = min((due for due in dues if due is not None), default=None)
        self._wake.clear()
        wait_s = None if due_ms is None else max(due_ms - self._clock(), 1) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._wake.wait()

    def _start_slots(self, now_ms: int) -> None:
        """Start the scrapes whose slot has come; a target that still answers is left out."""
        for key, slot_ms in self._schedule.due(now_ms):
            entry = self._entries[key]
            if not entry.is_running:
                entry.is_running = True
                self._follow(asyncio.create_task(self._scrape(entry, slot_ms)))

    def _follow(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("a scrape failed unexpectedly", exc_info=error)

    def targets(self, scope: Scope) -> list[TargetStatus]:
        """The targets of the scope's projects, by job and instance."""
        found = [
            status_of(entry.scraper.target, entry.outcome, entry.history)
            for entry in self._entries_of(scope)
        ]
        return sorted(found, key=lambda status: (status.project_id, status.job, status.instance))

    def metadata(self, scope: Scope) -> list[TargetMetadata]:
        """What each target tells of its metrics."""
        return [
            TargetMetadata(
                target=dict(entry.scraper.target.labels), metrics=dict(entry.scraper.metadata())
            )
            for entry in self._entries_of(scope)
        ]

    def dropped_targets(self, scope: Scope) -> list[BadTarget]:
        """Discovered targets that relabelling dropped or made unusable."""
        return [bad for project, bad in self._pools.dropped() if project in scope.project_ids]

    def pools(self, scope: Scope) -> list[str]:
        """The names of all jobs, also of those without a target."""
        return self._pools.names(scope.project_ids)

    def problems(self, scope: Scope) -> list[str]:
        """What is wrong with configs and discovery, as sentences."""
        configs = [
            c.error for c in self._loaded or () if c.error and c.project_id in scope.project_ids
        ]
        return configs + self._pools.errors(scope.project_ids)

    def notes(self, scope: Scope) -> list[str]:
        """What configs say that does nothing here, as sentences."""
        return [
            note
            for loaded in self._loaded or ()
            if loaded.config and loaded.project_id in scope.project_ids
            for note in loaded.config.notes
        ]

    def is_config_good(self) -> bool:
        """False if a config could not be read when it was last looked at."""
        return not any(config.error for config in self._loaded or ())

    def configured_ms(self) -> int | None:
        """When all configs were last read without a fault, Unix ms; None before that."""
        return self._configured_ms

    def _entries_of(self, scope: Scope) -> list[_Entry]:
        return [
            entry
            for entry in list(self._entries.values())
            if entry.scraper.target.project_id in scope.project_ids
        ]

    async def _look(self, now_ms: int) -> None:
        """Take over what changed in configs, and start the discoveries that are due."""
        try:
            async with self._loading:
                loaded = await asyncio.to_thread(self._configs.current)
                if loaded is not self._loaded:
                    self._take(loaded)
                self._pools.start_due(now_ms)
                await self._apply(now_ms)
        finally:
            self._wake.set()

    def _take(self, loaded: tuple[ProjectConfig, ...]) -> None:
        self._loaded = loaded
        self._pools.load(loaded)
        for config in loaded:
            if config.error:
                _log.error("a scrape config cannot be used", error=config.error)
        if self.is_config_good():
            self._configured_ms = self._clock()
        if self._metrics:
            self._metrics.reloaded(is_good=self.is_config_good(), now_ms=self._clock())

    async def _apply(self, now_ms: int) -> None:
        """Make the entries equal to the wanted targets; what is gone gets staleness markers."""
        version = self._pools.version()
        if version == self._applied:
            return
        self._applied = version
        wanted: dict[Key, tuple[Target, str]] = {}
        for target, directory in self._pools.targets():
            wanted.setdefault(target.key, (target, directory))
        gone = [self._entries.pop(key) for key in list(self._entries) if key not in wanted]
        for entry in gone:
            self._schedule.remove(entry.scraper.target.key)
        for key, (target, directory) in wanted.items():
            self._put(key, target, directory)
            self._schedule.put(
                key, interval_ms=target.interval_ms, offset_ms=target.offset_ms, now_ms=now_ms
            )
        for entry in gone:
            await self._end(entry)
        self._wake.set()

    def _put(self, key: Key, target: Target, directory: str) -> None:
        """Have an entry for the target; a changed one goes on with the series of the old."""
        old = self._entries.get(key)
        if old is not None and old.scraper.target == target:
            return
        scraper = TargetScraper(
            target, self._outbound.separate(), self._sign_in, directory=directory
        )
        entry = self._entries[key] = _Entry(scraper)
        if old is not None:
            scraper.adopt(old.scraper.live())
            entry.outcome, entry.history = old.outcome, old.history
            old.is_gone = True
            self._follow(asyncio.create_task(old.scraper.close()))

    async def _end(self, entry: _Entry) -> None:
        """Staleness markers for a target that is gone; its scrape under way brings nothing more."""
        entry.is_gone = True
        project_id = entry.scraper.target.project_id
        samples, histograms = entry.scraper.end(self._clock())
        try:
            await self._keeper.samples(project_id, samples)
            await self._keeper.others(project_id, histograms, ())
        except WatchkeeperError as error:
            _log.warning("the end of a target could not be stored", error=str(error))
        await entry.scraper.close()

    async def _scrape(self, entry: _Entry, slot_ms: int) -> None:
        target = entry.scraper.target
        try:
            async with self._running:
                started_ms = self._clock()
                # One per cent late still counts as on time: even spacing stores and rates better.
                is_punctual = 0 <= started_ms - slot_ms <= target.interval_ms // 100
                outcome = await entry.scraper.scrape(
                    ts_ms=slot_ms if is_punctual else started_ms, started_ms=started_ms
                )
            if not entry.is_gone:
                self._conclude(entry, replace(outcome, error=await self._keep(entry, outcome)))
        finally:
            entry.is_running = False

    async def _keep(self, entry: _Entry, outcome: Outcome) -> str:
        """Store what a scrape brought; what went wrong, with the scrape or here."""
        project_id = entry.scraper.target.project_id
        try:
            await self._keeper.samples(project_id, outcome.batch, entry.kept)
            await self._keeper.others(project_id, outcome.histograms, outcome.exemplars)
            await self._keeper.metadata(project_id, entry.scraper.metadata(), entry.kept)
        except WatchkeeperError as error:
            return outcome.error or failure(error)
        return outcome.error

    def _conclude(self, entry: _Entry, outcome: Outcome) -> None:
        before = entry.outcome.health if entry.outcome else Health.UNKNOWN
        entry.outcome = outcome
        is_up = outcome.health is Health.UP
        entry.history.append(Scrape(outcome.started_ms, is_up, outcome.duration_s, outcome.samples))
        if before is outcome.health:
            return
        target = entry.scraper.target
        facts = {"job": target.job.name, "instance": dict(target.labels).get("instance", "")}
        self._publish(
            LiveEvent(target.project_id, LiveTopic.TARGETS, {**facts, "health": outcome.health})
        )
