"""The nouns of release health. Times are Unix ms UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How sessions ended; each is at most one of errored, abnormal and crashed.

    users, crashed_users: people that the SDK told apart. day_sessions: of the last 24 hours, and
    day_total: those of all releases in the same time and environment.
    """

    sessions: int
    errored: int = 0
    abnormal: int = 0
    crashed: int = 0
    users: int = 0
    crashed_users: int = 0
    day_sessions: int = 0
    day_total: int = 0

    @property
    def healthy(self) -> int:
        """Sessions in which nothing went wrong, or nothing yet."""
        return max(0, self.sessions - self.errored - self.abnormal - self.crashed)

    @property
    def crash_free_sessions_ratio(self) -> float | None:
        """0..1; None without sessions."""
        return _free(self.crashed, self.sessions)

    @property
    def crash_free_users_ratio(self) -> float | None:
        """0..1; None where no session said whose it was."""
        return _free(self.crashed_users, self.users)

    @property
    def adoption_ratio(self) -> float | None:
        """Share of the sessions of the last 24 hours, 0..1; None where there were none at all."""
        return self.day_sessions / self.day_total if self.day_total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPoint:
    """What began in one slot of time. start_ms: of the slot."""

    start_ms: int
    health: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """Slots of equal length that cover a range; those without sessions are absent."""

    start_ms: int
    end_ms: int
    step_ms: int
    points: Sequence[HealthPoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPage:
    """One release over time, where it runs, and the release before it.

    total: None without sessions in the range. before: empty where there is no release before it;
    before_total: of that release in the same range.
    """

    total: Health | None
    line: HealthLine
    environments: Mapping[str, Health]
    before: str
    before_total: Health | None
    before_line: HealthLine


def _free(crashed: int, of: int) -> float | None:
    return max(0.0, 1 - crashed / of) if of else None
