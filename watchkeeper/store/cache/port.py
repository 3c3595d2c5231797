"""The port of counters and short-lived values."""

from __future__ import annotations

from typing import Protocol


class Cache(Protocol):
    """Counters and values that may be lost at any time. Every method is thread-safe and quick."""

    def add(self, key: str, amount: int, *, ttl_s: float) -> int:
        """Add to a counter and return its new value. It starts over `ttl_s` after its first add."""
        ...

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes, *, ttl_s: float) -> None: ...

    def delete(self, key: str) -> None: ...

    def close(self) -> None: ...
