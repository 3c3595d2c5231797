"""What access is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from watchkeeper.lib.clock import DAY_MS, MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOptions:
    """Lives of credentials, and the cost of a password. Section [access].

    secret_file: 32 random bytes, made with mode 0600 if absent. It signs bearer tokens and names
    the setup tokens; servers that share a PostgreSQL database need the same file.
    """

    secret_file: Path
    session_ms: int = 14 * DAY_MS
    """How long an unused session lives, in ms; each day of use starts it over."""
    jwt_ms: int = 15 * MINUTE_MS
    """Life of a signed bearer token, in ms. It cannot be called back earlier, save by a new
    password or by disabling the user."""
    first_run_ms: int = 15 * MINUTE_MS
    """Life of a first-run link, in ms."""
    password_memory_kib: int = 19_456
    """Memory of one password check, in KiB; two run at once at most."""
    password_rounds: int = 2
    """Passes over that memory."""

    def __post_init__(self) -> None:
        for name in ("session_ms", "jwt_ms", "first_run_ms", "password_rounds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        if not 8 <= self.password_memory_kib <= 4_194_304:
            raise ValueError(
                f"password_memory_kib must be 8..4,194,304, got {self.password_memory_kib}"
            )
