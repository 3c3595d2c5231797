"""Hashing and checking passwords with Argon2id."""

from __future__ import annotations

import secrets
from functools import cached_property
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from watchkeeper.access.options import AccessOptions
from watchkeeper.lib.errors import Invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_CHARS = 10
MAX_CHARS = 1024
AT_ONCE = 2


def check_policy(password: str) -> None:
    """Raises Invalid unless the password is long enough; length is all that is asked of it."""
    if len(password) < MIN_CHARS:
        raise Invalid(f"The password must have at least {MIN_CHARS} characters.")
    if len(password) > MAX_CHARS:
        raise Invalid(f"The password must have at most {MAX_CHARS} characters.")


class Passwords:
    """Argon2id with the options' cost. Thread-safe; a call takes tens of ms and blocks."""

    def __init__(self, options: AccessOptions) -> None:
        self._options = options
        self._turns = BoundedSemaphore(AT_ONCE)

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher(
            time_cost=self._options.password_rounds,
            memory_cost=self._options.password_memory_kib,
            parallelism=1,
        )

    @cached_property
    def nobody(self) -> str:
        """A hash that no password matches: checking it takes as long as checking a real one."""
        return self._hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """What to store. Raises Invalid if the password breaks the policy."""
        check_policy(password)
        return self._hash(password)

    def matches(self, stored: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._turns:
            try:
                return self._hasher.verify(stored, password[:MAX_CHARS])
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, stored: str) -> bool:
        """True if the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _hash(self, password: str) -> str:
        with self._turns:
            return self._hasher.hash(password)
