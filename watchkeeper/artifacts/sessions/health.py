"""Reads how releases do by their sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from watchkeeper.artifacts.order import compared
from watchkeeper.artifacts.sessions import repo
from watchkeeper.artifacts.sessions.types import Health, HealthLine, HealthPage
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

_STEPS = ((6 * HOUR_MS, 5 * MINUTE_MS), (4 * DAY_MS, HOUR_MS))
"""Up to which length of a range which slots; longer ones have days (UTC)."""


class SessionHealth:
    """Every method blocks; each may be called from any thread."""

    def __init__(self, columns: Columns, meta: Meta, clock: Clock) -> None:
        self._columns, self._meta, self._clock = columns, meta, clock

    def of_releases(
        self, scope: Scope, releases: Sequence[str], span: TimeRange, environment: str = ""
    ) -> Mapping[str, Health]:
        """Health by version, of those that had sessions in the range."""
        found = repo.of_releases(self._columns, scope, releases, span, environment)
        if not found:
            return {}
        adopted = self._adopted(scope, environment)
        total = sum(adopted.values())
        return {
            name: replace(one, day_sessions=adopted.get(name, 0), day_total=total)
            for name, one in found.items()
        }

    def page(
        self, scope: Scope, version: str, span: TimeRange, environment: str = ""
    ) -> HealthPage:
        """One release over time and by environment, beside the release before it."""
        before = self._before(scope, version, span, environment)
        totals = self.of_releases(scope, [version, before], span, environment)
        return HealthPage(
            total=totals.get(version),
            line=self._line(scope, version, span, environment),
            environments=self._environments(scope, version, span),
            before=before,
            before_total=totals.get(before) if before else None,
            before_line=self._line(scope, before, span, environment),
        )

    def _line(self, scope: Scope, version: str, span: TimeRange, environment: str) -> HealthLine:
        step_ms = next((step for most, step in _STEPS if span.length_ms <= most), DAY_MS)
        start_ms = span.start_ms // step_ms * step_ms
        whole = TimeRange(start_ms, span.end_ms)
        points = (
            repo.over_time(self._columns, scope, version, whole, environment, step_ms)
            if version
            else ()
        )
        return HealthLine(start_ms=start_ms, end_ms=span.end_ms, step_ms=step_ms, points=points)

    def _environments(self, scope: Scope, version: str, span: TimeRange) -> Mapping[str, Health]:
        found = repo.of_environments(self._columns, scope, version, span)
        rows = repo.last_day(self._columns, scope, now_ms=self._clock())
        return {
            place: replace(
                one,
                day_sessions=sum(n for at, name, n in rows if at == place and name == version),
                day_total=sum(n for at, _name, n in rows if at == place),
            )
            for place, one in found.items()
        }

    def _adopted(self, scope: Scope, environment: str) -> dict[str, int]:
        counted: dict[str, int] = {}
        for place, name, sessions in repo.last_day(self._columns, scope, now_ms=self._clock()):
            if environment in ("", place):
                counted[name] = counted.get(name, 0) + sessions
        return counted

    def _before(self, scope: Scope, version: str, span: TimeRange, environment: str) -> str:
        """The release of the same package before this one that had sessions; or empty.

        By version where two can be compared, else by when they were made.
        """
        with self._meta.read() as conn:
            older, newer = repo.releases_beside(conn, scope, version)
        made_before = [name for name in older if compared(name, version) in (-1, None)]
        same = [
            name
            for name in (*made_before, *(one for one in newer if compared(one, version) == -1))
            if _package(name) == _package(version)
        ]
        had = repo.of_releases(self._columns, scope, same, span, environment) if same else {}
        return _last([name for name in same if name in had])


def _last(names: Sequence[str]) -> str:
    """The highest version; the first, which was made last, where none is higher; or empty."""
    last = names[0] if names else ""
    for name in names[1:]:
        if compared(name, last) == 1:
            last = name
    return last


def _package(version: str) -> str:
    """`shop` of `shop@1.2.0`; empty where none is told."""
    return version.rpartition("@")[0]
