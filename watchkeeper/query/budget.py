"""What one query may use, and how many may run at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """Bounds of PromQL queries. Set in section [query]."""

    max_text_bytes: int = 64 * 1024
    """Longest query text, in bytes of UTF-8."""
    max_depth: int = 80
    """Deepest nesting of parentheses, calls and subqueries."""
    max_samples: int = 50_000_000
    """Most samples that a query may hold at once."""
    max_points: int = 11_000
    """Most steps of a range query."""
    timeout_s: float = 120.0
    """Longest run of one query; a client may ask for less."""
    max_concurrent: int = 4
    """Queries that run at the same time; others queue."""
    max_queued: int = 64
    """Queries that may wait; further ones are refused at once."""
    queue_timeout_s: float = 10.0
    """Longest wait in the queue."""

    def __post_init__(self) -> None:
        for name in ("max_text_bytes", "max_depth", "max_samples", "max_points", "max_concurrent"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if self.max_depth > 100:
            raise ValueError(f"max_depth must be <= 100, got {self.max_depth}")
        if self.timeout_s <= 0 or self.queue_timeout_s < 0 or self.max_queued < 0:
            raise ValueError("timeout_s must be > 0; queue_timeout_s and max_queued >= 0")


class Cancellation:
    """A flag that any thread may raise; the query looks at it between its nodes."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()


class BudgetSpent(Exception):
    """A bound was reached; the engine turns it into the error of its language."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Budget:
    """Counts one query's samples, time and will to live. Not thread-safe: one query, one thread."""

    def __init__(
        self,
        limits: QueryLimits,
        *,
        cancellation: Cancellation | None = None,
        timeout_s: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._cancellation = cancellation or Cancellation()
        self._monotonic = monotonic
        self._deadline = monotonic() + min(limits.timeout_s, timeout_s or limits.timeout_s)
        self.held = 0
        self.peak = 0

    def check(self) -> None:
        """Raises BudgetSpent ("time", "cancelled") when the query should stop."""
        if self._cancellation.cancelled:
            raise BudgetSpent("cancelled")
        if self._monotonic() > self._deadline:
            raise BudgetSpent("time")

    def hold(self, samples: int) -> None:
        """Count samples that are about to be held. Raises BudgetSpent ("samples")."""
        self.check()
        self.held += samples
        self.peak = max(self.peak, self.held)
        if self.held > self.limits.max_samples:
            raise BudgetSpent("samples")

    def release(self, samples: int) -> None:
        self.held -= samples


class QueryGate:
    """Lets a bounded number of queries run, a bounded number wait."""

    def __init__(self, limits: QueryLimits) -> None:
        self._limits = limits
        self._places = threading.BoundedSemaphore(limits.max_concurrent)
        self._lock = threading.Lock()
        self._waiting = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one place. Raises BudgetSpent ("queue") when there is none in time."""
        self._enter()
        try:
            yield
        finally:
            self._places.release()

    def _enter(self) -> None:
        if self._places.acquire(blocking=False):
            return
        with self._lock:
            if self._waiting >= self._limits.max_queued:
                raise BudgetSpent("queue")
            self._waiting += 1
        try:
            if not self._places.acquire(timeout=self._limits.queue_timeout_s):
                raise BudgetSpent("queue")
        finally:
            with self._lock:
                self._waiting -= 1
