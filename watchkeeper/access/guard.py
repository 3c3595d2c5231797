"""What login asks before it looks at a password."""

from __future__ import annotations

from typing import Protocol


class LoginGuard(Protocol):
    """Slows down guessing. `watchkeeper.limits.LoginLimits` is the one in use."""

    def enter(self, email: str, ip: str) -> int:
        """Count an attempt; 0 to go on, else the seconds after which it may be tried again."""
        ...

    def passed(self, email: str, ip: str) -> None:
        """The attempt was no guess: take it back."""
        ...
