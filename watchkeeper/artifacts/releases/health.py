"""How releases do, by their sessions: a port, for what reads sessions is another's matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from watchkeeper.artifacts.sessions import Health
from watchkeeper.model import Scope, TimeRange


class ReleaseHealth(Protocol):
    """Reads how the sessions of releases ended."""

    def of_releases(
        self, scope: Scope, releases: Sequence[str], span: TimeRange, environment: str = ""
    ) -> Mapping[str, Health]:
        """Health by version, of those that had sessions in the range."""
        ...


class NoSessions:
    """Where no sessions are stored."""

    def of_releases(
        self, scope: Scope, releases: Sequence[str], span: TimeRange, environment: str = ""
    ) -> Mapping[str, Health]:
        """Nothing is known of any release."""
        return {}
