"""Hands what scrapes brought over to the spool, cheaply where a target looks as it did before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest import (
    Acceptor,
    Exemplar,
    HistogramBatch,
    MetadataRow,
    PlacedBatch,
    SampleBatch,
)
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.model import Labels


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the registry keeps some series, while its generation stays the same."""

    series: Sequence[Labels]
    slots: NDArray[np.int64]
    generation: int


@dataclass(slots=True)
class Kept:
    """What one target's last rows were, so that the next ones cost little."""

    places: _Places | None = None
    told: dict[str, tuple[str, str, str]] = field(default_factory=dict)


class Keeper:
    """Stores what one scrape brought."""

    def __init__(self, acceptor: Acceptor, clock: Clock) -> None:
        self._acceptor = acceptor
        self._clock = clock

    async def samples(self, project_id: int, batch: SampleBatch, kept: Kept | None = None) -> None:
        """Most scrapes bring the series of the one before: their places are looked up once.

        Raises WatchkeeperError.
        """
        registry = self._acceptor.series
        places = kept.places if kept else None
        if (
            places is None
            or places.generation != registry.generation
            or places.series != batch.series
        ):
            slots = registry.slots(project_id, batch.series, now_ms=self._clock())
            places = _Places(batch.series, slots, registry.generation)
        if kept and (places.slots >= 0).all():
            kept.places = places
        placed = PlacedBatch(
            slots=places.slots,
            ts_ms=batch.ts_ms,
            values=batch.values,
            labels=batch.series.__getitem__,
        )
        await self._acceptor.accept_placed(project_id, placed)

    async def others(
        self, project_id: int, histograms: HistogramBatch | None, exemplars: Sequence[Exemplar]
    ) -> None:
        """Raises WatchkeeperError."""
        if histograms is not None:
            await self._acceptor.accept_histograms(project_id, histograms)
        if exemplars:
            await self._acceptor.accept_exemplars(project_id, exemplars)

    async def metadata(
        self, project_id: int, now: Mapping[str, tuple[str, str, str]], kept: Kept
    ) -> None:
        """What was not told before. Raises WatchkeeperError; told again with the next scrape."""
        if now == kept.told:
            return
        changed = [
            MetadataRow(name, *facts) for name, facts in now.items() if kept.told.get(name) != facts
        ]
        if changed:
            await self._acceptor.accept_metadata(project_id, changed)
        kept.told = dict(now)


def failure(error: WatchkeeperError) -> str:
    """What a target shows when its scrape went well and could not be stored."""
    return f"Scraped, but not stored: {error}"
