"""Scrapes every target of every project at its own time. One loop, bounded concurrency."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from numpy.typing import NDArray

from watchkeeper.ingest import Acceptor, MetadataRow, PlacedBatch, SampleBatch
from watchkeeper.ingest.scrape.configs import ProjectConfig, ScrapeConfigs
from watchkeeper.ingest.scrape.discovery import Discovery
from watchkeeper.ingest.scrape.scrape import (
    Health,
    Outcome,
    TargetScraper,
    TargetStatus,
    status_of,
)
from watchkeeper.ingest.scrape.targets import BadTarget, Target, targets_of
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import Outbound
from watchkeeper.lib.schedule import Schedule
from watchkeeper.model import Labels, LiveEvent, LiveTopic, Scope

_log = structlog.get_logger("watchkeeper.scrape")

Key = tuple[int, str, str, Labels]
Publish = Callable[[LiveEvent], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeOptions:
    """How scraping behaves. Section [scrape]."""

    concurrency: int = 64
    """Scrapes under way at once."""
    look_every_ms: int = 2 * SECOND_MS
    """How often configs are looked at for changes."""

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"concurrency must be at least 1, got {self.concurrency}")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the registry keeps some series, while its generation stays the same."""

    series: Sequence[Labels]
    slots: NDArray[np.int64]
    generation: int


@dataclass(slots=True)
class _Entry:
    scraper: TargetScraper
    outcome: Outcome | None = None
    is_running: bool = False
    told: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    places: Places | None = None


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
    ) -> None:
        self._configs = configs
        self._outbound = outbound
        self._acceptor = acceptor
        self._clock = clock
        self._options = options or ScrapeOptions()
        self._publish = publish or (lambda _event: None)
        self._running = asyncio.Semaphore(self._options.concurrency)
        self._entries: dict[Key, _Entry] = {}
        self._bad: dict[tuple[int, str], list[BadTarget]] = {}
        self._discoveries: dict[tuple[int, str, bool], tuple[object, Discovery]] = {}
        self._schedule: Schedule[Key] = Schedule()
        self._loaded: tuple[ProjectConfig, ...] = ()
        self._look_ms = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Scrape until cancelled; then end the scrapes under way."""
        try:
            while True:
                await self.start_due(self._clock())
                wake_ms = min(self._look_ms, self._schedule.next_due_ms() or self._look_ms)
                await asyncio.sleep(max(wake_ms - self._clock(), 1) / 1000)
        finally:
            for task in self._tasks:
                task.cancel()

    async def run_due(self, now_ms: int) -> None:
        """Do what is due at `now_ms` and wait until it is done."""
        await self.start_due(now_ms)
        await asyncio.gather(*self._tasks)

    async def start_due(self, now_ms: int) -> None:
        """Look at the configs if it is time, and start the scrapes whose slot has come."""
        if now_ms >= self._look_ms:
            self._look_ms = now_ms + self._options.look_every_ms
            await self._refresh(now_ms)
        for key, slot_ms in self._schedule.due(now_ms):
            entry = self._entries[key]
            if not entry.is_running:
                entry.is_running = True
                task = asyncio.create_task(self._scrape(entry, slot_ms))
                self._tasks.add(task)
                task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("a scrape failed unexpectedly", exc_info=error)

    def targets(self, scope: Scope) -> list[TargetStatus]:
        """The targets of the scope's projects, by job and instance."""
        found = [
            status_of(entry.scraper.target, entry.outcome)
            for entry in list(self._entries.values())
            if entry.scraper.target.project_id in scope.project_ids
        ]
        return sorted(found, key=lambda status: (status.project_id, status.job, status.instance))

    def dropped_targets(self, scope: Scope) -> list[BadTarget]:
        """Discovered targets that relabelling dropped or made unusable."""
        return [
            bad
            for (project_id, _), listed in list(self._bad.items())
            if project_id in scope.project_ids
            for bad in listed
        ]

    def problems(self, scope: Scope) -> list[str]:
        """What is wrong with configs and discovery, as sentences."""
        configs = [c.error for c in self._loaded if c.error and c.project_id in scope.project_ids]
        discovery = [
            error
            for (project_id, _, _), (_, found) in list(self._discoveries.items())
            if project_id in scope.project_ids
            for error in found.errors()
        ]
        return configs + discovery

    def as_prometheus(self, scope: Scope) -> dict[str, object]:
        """The data of Prometheus's /api/v1/targets."""
        dropped = [
            {"discoveredLabels": dict(bad.discovered)} for bad in self.dropped_targets(scope)
        ]
        return {
            "activeTargets": [status.as_prometheus() for status in self.targets(scope)],
            "droppedTargets": dropped,
        }

    async def _refresh(self, now_ms: int) -> None:
        self._loaded = await asyncio.to_thread(self._configs.current)
        wanted: dict[Key, tuple[Target, str]] = {}
        self._bad = {}
        used: set[tuple[int, str, bool]] = set()
        for config, discovery, key in self._jobs():
            used.add(key)
            job = discovery.job
            targets, bad = targets_of(config.project_id, job, await discovery.groups(now_ms))
            self._bad.setdefault((config.project_id, job.name), []).extend(bad)
            for target in targets:
                wanted.setdefault(target.key, (target, config.directory))
        for gone in set(self._discoveries) - used:
            del self._discoveries[gone]
        await self._apply(wanted, now_ms)

    def _jobs(self) -> Iterator[tuple[ProjectConfig, Discovery, tuple[int, str, bool]]]:
        for config in self._loaded:
            for job in config.config.jobs if config.config else ():
                key = (config.project_id, job.name, config.trusted)
                known = self._discoveries.get(key)
                if known is None or known[0] != job:
                    discovery = Discovery(
                        job, self._outbound, directory=config.directory, trusted=config.trusted
                    )
                    self._discoveries[key] = known = (job, discovery)
                yield config, known[1], key

    async def _apply(self, wanted: dict[Key, tuple[Target, str]], now_ms: int) -> None:
        """Make the entries equal to `wanted`; what is gone gets its staleness markers."""
        for key in [key for key in self._entries if key not in wanted]:
            self._schedule.remove(key)
            ended = self._entries.pop(key)
            await self._write(key[0], ended.scraper.end(now_ms))
        for key, (target, directory) in wanted.items():
            entry = self._entries.get(key)
            if entry is None or entry.scraper.target != target:
                outcome = entry.outcome if entry else None
                scraper = TargetScraper(target, self._outbound, directory=directory)
                self._entries[key] = _Entry(scraper, outcome)
            self._schedule.put(
                key, interval_ms=target.interval_ms, offset_ms=target.offset_ms, now_ms=now_ms
            )

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
            stored = await self._write(target.project_id, outcome.batch, entry)
            await self._tell_metadata(entry)
            self._conclude(entry, outcome, stored)
        finally:
            entry.is_running = False

    def _conclude(self, entry: _Entry, outcome: Outcome, stored: str) -> None:
        before = entry.outcome.health if entry.outcome else Health.UNKNOWN
        entry.outcome = outcome
        target = entry.scraper.target
        if stored:
            entry.outcome = status_error(outcome, stored)
        if before is not outcome.health:
            facts = {"job": target.job.name, "instance": dict(target.labels).get("instance", "")}
            self._publish(
                LiveEvent(target.project_id, LiveTopic.TARGETS, {**facts, "health": outcome.health})
            )

    async def _write(self, project_id: int, batch: SampleBatch, entry: _Entry | None = None) -> str:
        """Store a batch; the reason as a sentence if that failed.

        Most scrapes bring the series of the one before: their places are looked up once.
        """
        registry = self._acceptor.series
        places = entry.places if entry else None
        if (
            places is None
            or places.generation != registry.generation
            or places.series != batch.series
        ):
            slots = registry.slots(project_id, batch.series, now_ms=self._clock())
            places = Places(batch.series, slots, registry.generation)
        if entry and (places.slots >= 0).all():
            entry.places = places
        placed = PlacedBatch(
            slots=places.slots,
            ts_ms=batch.ts_ms,
            values=batch.values,
            labels=batch.series.__getitem__,
        )
        try:
            await self._acceptor.accept_placed(project_id, placed)
        except WatchkeeperError as error:
            return f"Scraped, but not stored: {error}"
        return ""

    async def _tell_metadata(self, entry: _Entry) -> None:
        now = entry.scraper.metadata()
        changed = [
            MetadataRow(name, *facts)
            for name, facts in now.items()
            if entry.told.get(name) != facts
        ]
        if changed:
            try:
                await self._acceptor.accept_metadata(entry.scraper.target.project_id, changed)
            except WatchkeeperError:
                return  # told again with the next scrape
            entry.told = dict(now)


def status_error(outcome: Outcome, error: str) -> Outcome:
    """The same outcome with another error: the scrape went well, storing it did not."""
    from dataclasses import replace

    return replace(outcome, error=error)
