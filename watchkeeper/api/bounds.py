"""How often addresses that are worth guessing at may be called."""

from __future__ import annotations

from watchkeeper.lib.errors import RateLimited
from watchkeeper.limits import Limiter, RateRule

FIRST_RUN = RateRule(name="first_run", per_s=300, count=20, burst=0)
"""First-run links: 20 tries in 5 minutes from one address."""

TEST_ERROR = RateRule(name="test_error", per_s=60, count=30, burst=0)
"""Test errors: 30 a minute in one project."""

TEST_CHANNEL = RateRule(name="test_channel", per_s=60, count=10, burst=0)
"""Test messages: 10 a minute in one project."""


def enter(limiter: Limiter, rule: RateRule, subject: str) -> None:
    """Count a call. Raises RateLimited when there were too many."""
    verdict = limiter.hit(rule, subject)
    if not verdict.allowed:
        raise RateLimited(
            f"Too many calls. Try again in {verdict.reset_s} s.", retry_after_s=verdict.reset_s
        )
