"""From the configs in force and what discovery says to the targets that are wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from watchkeeper.ingest.scrape.configs import ProjectConfig
from watchkeeper.ingest.scrape.discovery import Discovery
from watchkeeper.ingest.scrape.sign_in import SignIn
from watchkeeper.ingest.scrape.targets import BadTarget, Target, targets_of
from watchkeeper.ingest.scrape.types import ScrapeJob
from watchkeeper.lib.outbound import Outbound

PoolKey = tuple[int, str, bool]
"""Project, job name, and whether the config stands on disk."""


@dataclass(slots=True)
class _Pool:
    """One job. number: differs from every other pool's. computed: the version of the discovery
    that targets and bad were made of.
    """

    number: int
    project_id: int
    directory: str
    discovery: Discovery
    targets: Sequence[Target] = ()
    bad: Sequence[BadTarget] = ()
    computed: int = -1


class Pools:
    """Every job in force with its targets. Targets are worked out only when something changed."""

    def __init__(
        self, outbound: Outbound, sign_in: SignIn, *, changed: Callable[[], None] = lambda: None
    ) -> None:
        """changed: called when a discovery brought other targets."""
        self._outbound = outbound
        self._sign_in = sign_in
        self._changed = changed
        self._pools: dict[PoolKey, _Pool] = {}
        self._numbers = count()

    def load(self, configs: Sequence[ProjectConfig]) -> None:
        """Make the jobs those of `configs`. A job that is the same keeps what was discovered."""
        wanted: dict[PoolKey, _Pool] = {}
        for config in configs:
            for job in config.config.jobs if config.config else ():
                key = (config.project_id, job.name, config.trusted)
                pool = self._pools.get(key)
                if pool is None or pool.discovery.job != job or pool.directory != config.directory:
                    pool = self._new_pool(config, job)
                wanted[key] = pool
        for key, old in self._pools.items():
            if wanted.get(key) is not old:
                old.discovery.stop()
        self._pools = wanted

    def start_due(self, now_ms: int) -> list[asyncio.Task[None]]:
        """Start the discoveries that are due; all that are under way."""
        return [task for pool in self._pools.values() for task in pool.discovery.start_due(now_ms)]

    def targets(self) -> Iterator[tuple[Target, str]]:
        """All targets, each with the directory of its config."""
        for pool in self._pools.values():
            _compute(pool)
            for target in pool.targets:
                yield target, pool.directory

    def version(self) -> tuple[object, ...]:
        """Differs when `targets` would."""
        return tuple((pool.number, pool.discovery.version) for pool in self._pools.values())

    def dropped(self) -> Iterator[tuple[int, BadTarget]]:
        """Discovered targets that relabelling dropped or made unusable, with their project."""
        for pool in list(self._pools.values()):
            for bad in pool.bad:
                yield pool.project_id, bad

    def names(self, project_ids: Sequence[int]) -> list[str]:
        """The names of the jobs of these projects, in order."""
        return sorted({name for project, name, _ in list(self._pools) if project in project_ids})

    def errors(self, project_ids: Sequence[int]) -> list[str]:
        """What discoveries failed at, as sentences."""
        return [
            error
            for pool in list(self._pools.values())
            if pool.project_id in project_ids
            for error in pool.discovery.errors()
        ]

    def stop(self) -> None:
        """End the discoveries under way."""
        for pool in self._pools.values():
            pool.discovery.stop()

    def _new_pool(self, config: ProjectConfig, job: ScrapeJob) -> _Pool:
        discovery = Discovery(
            job,
            self._outbound,
            self._sign_in,
            directory=config.directory,
            trusted=config.trusted,
            changed=self._changed,
        )
        return _Pool(next(self._numbers), config.project_id, config.directory, discovery)


def _compute(pool: _Pool) -> None:
    version = pool.discovery.version
    if pool.computed != version:
        pool.targets, bad = targets_of(pool.project_id, pool.discovery.job, pool.discovery.groups())
        most = pool.discovery.job.limits.dropped_targets
        pool.bad = bad[:most] if most else bad
        pool.computed = version
