"""Front of the profiles."""

from __future__ import annotations

from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.profiles.types import Flame, ProfilePage
from watchkeeper.traces.queries import ProfileQuery


class Profiles:
    """Stored profiles as flame graphs."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def list(self, scope: Scope, query: ProfileQuery, *, cursor: str, limit: int) -> ProfilePage:
        raise NotImplementedError

    def merged(self, scope: Scope, query: ProfileQuery, *, thread: str, kind: str) -> Flame:
        raise NotImplementedError

    def one(self, scope: Scope, profile_id: str, *, thread: str, kind: str) -> Flame:
        raise NotImplementedError
