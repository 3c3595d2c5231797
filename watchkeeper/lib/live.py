"""Tells open pages what changed: from any thread into asyncio, bounded, equal topics merged."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from watchkeeper.lib.clock import Clock, system_clock
from watchkeeper.lib.errors import Overloaded

Facts = Mapping[str, str | int | float | bool | None]

MERGE_WITHIN_MS = 250
"""A page hears of one topic at most this often."""
MAX_WAITING = 256
"""Topics that may wait for one page; what exceeds it is dropped and counted."""
MAX_SUBSCRIBERS = 64
"""Open streams of one project."""


class LiveChange(Protocol):
    """What is told: one topic of one project and a few JSON-ready facts."""

    @property
    def project_id(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def facts(self) -> Facts: ...


class TooManyStreams(Overloaded):
    """The project has as many open streams as it may."""

    code = "too_many_streams"


@dataclass(frozen=True, slots=True)
class LiveMessage:
    """merged: how many changes this tells of; facts are the latest one's."""

    project_id: int
    topic: str
    facts: Facts
    merged: int = 1


_Key = tuple[int, str]


@dataclass(slots=True)
class Merger:
    """What waits for one page. Pure but for its state: time is passed in, Unix ms.

    The first message of a topic is due at once; later ones `within_ms` after the last that left.
    """

    within_ms: int = MERGE_WITHIN_MS
    max_waiting: int = MAX_WAITING
    dropped: int = 0
    _waiting: dict[_Key, LiveMessage] = field(default_factory=dict)
    _left_ms: dict[_Key, int] = field(default_factory=dict)

    def offer(self, change: LiveChange) -> bool:
        """Keep a change for later; False when it was dropped."""
        key = (change.project_id, change.topic)
        before = self._waiting.get(key)
        if before is None and len(self._waiting) >= self.max_waiting:
            self.dropped += 1
            return False
        merged = before.merged + 1 if before else 1
        self._waiting[key] = LiveMessage(
            change.project_id, str(change.topic), dict(change.facts), merged
        )
        return True

    def take(self, now_ms: int) -> list[LiveMessage]:
        """Everything that is due, in the order in which its topics came up."""
        due = [key for key in self._waiting if self._due_ms(key) <= now_ms]
        for key in due:
            self._left_ms[key] = now_ms
        return [self._waiting.pop(key) for key in due]

    def next_due_ms(self) -> int | None:
        """When the next message is due; None when nothing waits."""
        return min((self._due_ms(key) for key in self._waiting), default=None)

    def _due_ms(self, key: _Key) -> int:
        left_ms = self._left_ms.get(key)
        return 0 if left_ms is None else left_ms + self.within_ms


class Subscription:
    """One page's stream. Made by `LiveHub.subscribe`; read by one task."""

    def __init__(self, project_ids: frozenset[int], clock: Clock) -> None:
        self.project_ids = project_ids
        self._merger = Merger()
        self._clock = clock
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()

    def offer(self, change: LiveChange) -> bool:
        """From any thread: hand over a change; False when it was dropped."""
        with self._lock:
            kept = self._merger.offer(change)
        with contextlib.suppress(RuntimeError):  # the page's loop has ended meanwhile
            self._loop.call_soon_threadsafe(self._wake.set)
        return kept

    async def wait(self, timeout_s: float) -> list[LiveMessage]:
        """The next due messages, or an empty list after `timeout_s` seconds of silence."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    if messages := await self._due():
                        return messages
        return []

    async def _due(self) -> list[LiveMessage]:
        """What is due now; else an empty list once something may have become due."""
        self._wake.clear()
        with self._lock:
            now_ms = self._clock()
            messages = self._merger.take(now_ms)
            next_ms = self._merger.next_due_ms()
        if messages:
            return messages
        if next_ms is None:
            await self._wake.wait()
        else:
            await asyncio.sleep(max(next_ms - now_ms, 1) / 1000)
        return []


class LiveHub:
    """Passes changes on to every open page that may see them.

    clock: Unix ms. dropped: changes that a page was too slow for, since the start.
    """

    def __init__(
        self, clock: Clock = system_clock, *, max_subscribers: int = MAX_SUBSCRIBERS
    ) -> None:
        self._clock = clock
        self._max_subscribers = max_subscribers
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self.dropped = 0

    def publish(self, change: LiveChange) -> None:
        """Tell everybody who watches the change's project. From any thread; never blocks."""
        with self._lock:
            watching = [s for s in self._subscriptions if change.project_id in s.project_ids]
        dropped = sum(not subscription.offer(change) for subscription in watching)
        if dropped:
            with self._lock:
                self.dropped += dropped

    @contextlib.contextmanager
    def subscribe(self, project_ids: Collection[int]) -> Iterator[Subscription]:
        """Watch projects while the context lasts, inside a running loop. Raises TooManyStreams."""
        subscription = Subscription(frozenset(project_ids), self._clock)
        with self._lock:
            self._refuse_if_full(subscription)
            self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions.discard(subscription)

    def open_streams(self) -> int:
        """How many pages are watching."""
        with self._lock:
            return len(self._subscriptions)

    def _refuse_if_full(self, wanted: Subscription) -> None:
        open_by_project = Counter(
            project_id for each in self._subscriptions for project_id in each.project_ids
        )
        if any(open_by_project[each] >= self._max_subscribers for each in wanted.project_ids):
            raise TooManyStreams(
                f"This project has {self._max_subscribers} open live streams. Close some pages."
            )


async def messages_of(
    subscription: Subscription, *, ping_s: float
) -> AsyncIterator[LiveMessage | None]:
    """Messages as they come; None after each `ping_s` seconds of silence."""
    while True:
        messages = await subscription.wait(ping_s)
        if not messages:
            yield None
        for message in messages:
            yield message
