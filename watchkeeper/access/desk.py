"""What every part of Access works with."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection

from watchkeeper.access.guard import LoginGuard
from watchkeeper.access.options import AccessOptions
from watchkeeper.access.passwords import Passwords
from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import trail
from watchkeeper.access.secret import load_secret
from watchkeeper.lib.clock import Clock
from watchkeeper.store.meta import Meta


class Desk:
    """The collaborators of access; each part adds its verbs."""

    def __init__(
        self, meta: Meta, clock: Clock, options: AccessOptions, *, guard: LoginGuard
    ) -> None:
        self._meta = meta
        self._clock = clock
        self._options = options
        self._guard = guard
        self._passwords = Passwords(options)

    @cached_property
    def _secret(self) -> bytes:
        return load_secret(self._options.secret_file)

    def _note(
        self,
        conn: Connection,
        actor: Principal,
        action: str,
        *,
        org_id: int | None,
        target: str = "",
        facts: dict[str, object] | None = None,
    ) -> None:
        """Write the change into the audit log, in the transaction of the change."""
        trail.add(
            conn,
            org_id=org_id,
            at_ms=self._clock(),
            actor=actor.email,
            action=action,
            target=target,
            facts=facts or {},
        )
