"""Every background loop of a process: one table, one way to run them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchkeeper.lib.telemetry import LoopGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A body that is called again and again in a thread of its own.

    run: does what is due and returns the seconds until it wants to be called again, or None for
    `period_s`. period_s: longest pause between two calls.
    """

    name: str
    period_s: float
    run: Callable[[], float | None]


class Loops:
    """Runs loops until `stop`. A loop that crashes is logged, counted and started again."""

    def __init__(self, guard: LoopGuard, loops: Sequence[Loop]) -> None:
        self._guard = guard
        self._loops = loops
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start a thread for each loop."""
        for loop in self._loops:
            thread = threading.Thread(
                target=self._guard.run_blocking,
                args=(loop.name, lambda loop=loop: self._run(loop), self._stopping),
                name=f"loop-{loop.name}",
                daemon=True,
            )
            thread.start()
            self._threads.append(thread)

    def stop(self, *, within_s: float = 10.0) -> None:
        """Tell every loop to end after what it is doing, and wait for that."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(within_s)

    def _run(self, loop: Loop) -> None:
        while not self._stopping.is_set():
            wanted_s = loop.run()
            pause_s = loop.period_s if wanted_s is None else min(wanted_s, loop.period_s)
            self._stopping.wait(max(pause_s, 0))
