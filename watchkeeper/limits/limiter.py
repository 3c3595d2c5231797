"""Counting hits in windows of time."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.store.cache import Cache


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRule:
    """`count` hits in each window of `per_s` seconds, and `burst` more before it refuses.

    name: tells rules apart in the cache, such as `login`.
    """

    name: str
    per_s: int
    count: int
    burst: int = 0

    def __post_init__(self) -> None:
        if self.per_s < 1 or self.count < 1 or self.burst < 0:
            raise ValueError("a rate needs per_s >= 1, count >= 1 and burst >= 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What RateLimit-* headers say. reset_s: seconds until the window ends, at least 1."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int


class Limiter:
    """Fixed windows, aligned to the clock, counted in a cache that processes may share.

    Exact within a window; two neighbouring windows together may pass twice the limit. A cache that
    loses its counters starts the window over.
    """

    def __init__(self, cache: Cache, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock

    def hit(self, rule: RateRule, subject: str) -> Verdict:
        """Count one hit of `subject` (an address, a key, …) and say whether it may pass.

        Raises what the cache raises when it cannot be reached.
        """
        key, reset_s = self._window(rule, subject)
        used = self._cache.add(key, 1, ttl_s=reset_s + 1)
        limit = rule.count + rule.burst
        return Verdict(
            allowed=used <= limit,
            limit=limit,
            remaining=max(0, limit - used),
            reset_s=reset_s,
        )

    def give_back(self, rule: RateRule, subject: str) -> None:
        """Take one hit of this window back: it turned out not to count."""
        key, reset_s = self._window(rule, subject)
        self._cache.add(key, -1, ttl_s=reset_s + 1)

    def forget(self, rule: RateRule, subject: str) -> None:
        """Start this window over for `subject`."""
        self._cache.delete(self._window(rule, subject)[0])

    def _window(self, rule: RateRule, subject: str) -> tuple[str, int]:
        """The counter of the window that now lies in, and the whole seconds until it ends."""
        now_ms = self._clock()
        per_ms = rule.per_s * SECOND_MS
        number = now_ms // per_ms
        left_ms = (number + 1) * per_ms - now_ms
        return f"rate:{rule.name}:{number}:{subject}", -(-left_ms // SECOND_MS)
