"""Slowing down those who guess passwords."""

from __future__ import annotations

from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.limits.limiter import Limiter, RateRule

FIVE_MINUTES_S = 5 * MINUTE_MS // SECOND_MS
PAIR = RateRule(name="login", per_s=FIVE_MINUTES_S, count=5)
WIDE = RateRule(name="login_wide", per_s=FIVE_MINUTES_S, count=50)


class LoginLimits:
    """Failed logins: `pair` for an e-mail from one address, `wide` for either of them alone.

    The narrow rule stops a guesser without shutting the person out elsewhere; the wide one stops
    many addresses guessing at one person, and one address guessing at many.
    """

    def __init__(self, limiter: Limiter, *, pair: RateRule = PAIR, wide: RateRule = WIDE) -> None:
        self._limiter = limiter
        self._pair = pair
        self._wide = wide

    def enter(self, email: str, ip: str) -> int:
        """Count an attempt; 0 to go on, else the seconds after which it may be tried again."""
        verdicts = [self._limiter.hit(rule, subject) for rule, subject in self._rules(email, ip)]
        return max((verdict.reset_s for verdict in verdicts if not verdict.allowed), default=0)

    def passed(self, email: str, ip: str) -> None:
        """The attempt was no guess: the pair starts over, the wide counts get it back."""
        self._limiter.forget(self._pair, f"{email}|{ip}")
        for rule, subject in self._rules(email, ip)[1:]:
            self._limiter.give_back(rule, subject)

    def _rules(self, email: str, ip: str) -> list[tuple[RateRule, str]]:
        return [
            (self._pair, f"{email}|{ip}"),
            (self._wide, f"email:{email}"),
            (self._wide, f"ip:{ip}"),
        ]
