"""Front of the profiles."""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.profiles import repo
from watchkeeper.traces.profiles.flame import flame
from watchkeeper.traces.profiles.pprof import read_pprof
from watchkeeper.traces.profiles.sentry import read_sentry
from watchkeeper.traces.profiles.stacks import BadProfile, Stacks
from watchkeeper.traces.profiles.types import Flame, ProfileItem, ProfilePage
from watchkeeper.traces.queries import ProfileQuery

MERGED_AT_MOST = 50
MERGED_BYTES = 16 * 1024 * 1024
"""Payloads that one flame graph is made of."""


class Profiles:
    """Stored profiles as flame graphs. Every read sees the projects of its scope alone."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def list(self, scope: Scope, query: ProfileQuery, *, cursor: str, limit: int) -> ProfilePage:
        """A page of profiles, the newest first, and what has profiles. Raises Invalid."""
        before = _place(cursor) if cursor else None
        found = repo.newest(self._columns, scope, query, before=before, limit=limit + 1)
        items = [each.item for each in found[:limit]]
        has_more = len(found) > limit
        return ProfilePage(
            profiles=items,
            transactions=repo.transactions(self._columns, scope, query),
            next_cursor=f"{items[-1].ts_ms}:{items[-1].profile_id}" if has_more else None,
        )

    def merged(self, scope: Scope, query: ProfileQuery, *, thread: str, kind: str) -> Flame:
        """One flame graph of the newest profiles that match."""
        found = repo.newest(self._columns, scope, query, before=None, limit=MERGED_AT_MOST)
        chosen: list[ProfileItem] = []
        size = 0
        for each in found:
            size += each.payload_bytes
            if chosen and size > MERGED_BYTES:
                break
            chosen.append(each.item)
        total = repo.count(self._columns, scope, query)
        return self._flame(scope, chosen, thread=thread, kind=kind, total=total)

    def one(self, scope: Scope, profile_id: str, *, thread: str, kind: str) -> Flame:
        """The flame graph of one profile. Raises NotFound, BadProfile."""
        item = repo.one(self._columns, scope, profile_id.lower().replace("-", ""))
        if item is None:
            raise NotFound(
                f"There is no profile {profile_id!r} here: it is older than profiles are kept, "
                "or belongs to another project."
            )
        return self._flame(scope, [item], thread=thread, kind=kind, total=1)

    def _flame(
        self, scope: Scope, items: Sequence[ProfileItem], *, thread: str, kind: str, total: int
    ) -> Flame:
        read: list[Stacks] = []
        shown: list[ProfileItem] = []
        for item, payload in repo.payloads(self._columns, scope, items):
            try:
                read.append(_stacks(item.format, payload, kind))
            except BadProfile:
                if len(items) == 1:
                    raise
                continue
            shown.append(item)
        return flame(read, thread=thread, total=total, items=shown)


def _stacks(format_: str, payload: bytes, kind: str) -> Stacks:
    if format_ == "pprof":
        return read_pprof(payload, kind)[0]
    return read_sentry(payload)


def _place(cursor: str) -> tuple[int, str]:
    at, _, profile_id = cursor.partition(":")
    if not at.isascii() or not at.isdigit() or len(at) > 15:
        raise Invalid("The cursor is not one of this list; begin without one.")
    return int(at), profile_id
