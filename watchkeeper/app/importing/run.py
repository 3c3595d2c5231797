"""An import: day after day, some metrics at a time, reading ahead while the last are written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from watchkeeper.app.importing.source import PrometheusSource
from watchkeeper.app.importing.state import State, StateFile
from watchkeeper.app.importing.target import Taken, Target
from watchkeeper.app.importing.wire import metadata_request, write_requests
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.query.promql import Matcher

_REQUEST_BYTES = 6 * 2**20
_GROUP_BYTES = 8 * 2**20
_UNKNOWN_BYTES = 512 * 1024
"""What a metric of a day is taken for until one was read."""
_MOST_NAMES = 100
"""Metrics in one question: their names become one regular expression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What to bring over: samples in [since_ms, until_ms) of series that meet any selector."""

    matches: Sequence[tuple[str, Sequence[Matcher]]]
    since_ms: int
    until_ms: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """How it stands. share: of the time range, 0 to 1. resumed: a former run had begun it."""

    share: float = 0.0
    kept: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    resumed: bool = False

    def add(self, taken: Taken) -> None:
        self.kept += taken.kept
        self.repeated += taken.repeated
        self.refused.update(taken.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What was read: series of some metrics of one selector and one window."""

    match: str
    names: Sequence[str]
    series: Sequence[bytes]
    share: float
    """Of the time range, once this is written."""
    ends_ms: int
    """End of the window."""
    is_last: bool


class Importer:
    """Runs one import. After each piece that is kept its state is saved, so that it can be resumed.

    told: called after each piece.
    """

    def __init__(
        self,
        source: PrometheusSource,
        target: Target,
        wanted: Import,
        state: StateFile,
        told: Callable[[Tally], None] = lambda _tally: None,
    ) -> None:
        self._source, self._target, self._wanted = source, target, wanted
        self._file, self._told = state, told
        self._sizes: dict[str, int] = {}

    async def run(self) -> Tally:
        """Bring over what is missing. Raises SourceFailed, TargetFailed, OSError."""
        found = self._file.load()
        resumed = found is not None and found.since_ms <= self._wanted.since_ms
        state = found if found is not None and resumed else self._from_the_start()
        tally = Tally(resumed=resumed)
        metadata = metadata_request(await self._source.metadata())
        for request in [metadata] if metadata else []:
            await self._target.send(request)
        pieces = self._pieces(state)
        coming = asyncio.ensure_future(anext(pieces, None))
        try:
            while (piece := await coming) is not None:
                coming = asyncio.ensure_future(anext(pieces, None))
                await self._write(piece, state, tally)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            await pieces.aclose()
        return tally

    def _from_the_start(self) -> State:
        return State(since_ms=self._wanted.since_ms, reached_ms=self._wanted.since_ms)

    async def _write(self, piece: _Piece, state: State, tally: Tally) -> None:
        before = tally.kept
        for request in write_requests(piece.series, _REQUEST_BYTES):
            tally.add(await self._target.send(request))
        state.kept += tally.kept - before
        state.done += [(piece.match, name) for name in piece.names]
        state.window_ends_ms = piece.ends_ms
        if piece.is_last:
            state.reached_ms, state.done = piece.ends_ms, []
        self._file.save(state)
        tally.share = piece.share
        self._told(tally)

    async def _pieces(self, state: State) -> AsyncGenerator[_Piece, None]:
        """What is still to be brought over, oldest first."""
        wanted = self._wanted
        start_ms = max(state.reached_ms, wanted.since_ms)
        done = set(state.done)
        open_until_ms = state.window_ends_ms if done else 0
        while start_ms < wanted.until_ms:
            end_ms = min((start_ms // DAY_MS + 1) * DAY_MS, open_until_ms or wanted.until_ms)
            async for piece in self._window(start_ms, end_ms, done):
                yield piece
            start_ms, done, open_until_ms = end_ms, set(), 0

    async def _window(
        self, start_ms: int, end_ms: int, done: set[tuple[str, str]]
    ) -> AsyncGenerator[_Piece, None]:
        groups: list[tuple[str, Sequence[Matcher], list[str]]] = []
        for match, matchers in self._wanted.matches:
            names = await self._source.metric_names(match, start_ms, end_ms - 1)
            missing = [name for name in names if (match, name) not in done]
            groups += [(match, matchers, group) for group in self._grouped(missing)]
        if not groups:
            yield self._piece("", (), (), (end_ms, end_ms), is_last=True)
        for number, (match, matchers, names) in enumerate(groups, start=1):
            series = await self._source.read(matchers, names, start_ms, end_ms - 1)
            self._learn(names, series)
            at_ms = start_ms + (end_ms - start_ms) * number // len(groups)
            is_last = number == len(groups)
            yield self._piece(match, names, series, (at_ms, end_ms), is_last=is_last)

    def _piece(
        self,
        match: str,
        names: Sequence[str],
        series: Sequence[bytes],
        at_ms: tuple[int, int],
        *,
        is_last: bool,
    ) -> _Piece:
        """at_ms: how far this brings it, and the window's end."""
        since_ms, until_ms = self._wanted.since_ms, self._wanted.until_ms
        return _Piece(
            match=match,
            names=names,
            series=series,
            share=(at_ms[0] - since_ms) / max(1, until_ms - since_ms),
            ends_ms=at_ms[1],
            is_last=is_last,
        )

    def _grouped(self, names: Sequence[str]) -> list[list[str]]:
        """Metrics that are asked for together, by what they took the last time."""
        groups: list[list[str]] = []
        room = 0
        for name in names:
            size = self._sizes.get(name, _UNKNOWN_BYTES)
            if not groups or size > room or len(groups[-1]) == _MOST_NAMES:
                groups.append([])
                room = _GROUP_BYTES
            groups[-1].append(name)
            room -= size
        return groups

    def _learn(self, names: Sequence[str], series: Sequence[bytes]) -> None:
        """Each metric of a group takes its share of what came, as far as can be told."""
        size = sum(map(len, series)) // max(1, len(names))
        for name in names:
            known = self._sizes.get(name)
            self._sizes[name] = size if known is None else (known + size) // 2
