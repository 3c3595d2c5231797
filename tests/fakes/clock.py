"""A clock under the test's hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class HandClock:
    """Callable as a `Clock`; `now_ms` moves only when a test moves it."""

    now_ms: int = 1_795_224_000_000

    def __call__(self) -> int:
        return self.now_ms

    def forward(self, ms: int) -> None:
        self.now_ms += ms
