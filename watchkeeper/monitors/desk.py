"""Monitors of a project, as the API asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Forbidden, NotFound
from watchkeeper.model import Role, Scope, TimeRange
from watchkeeper.monitors import repo
from watchkeeper.monitors.repo import Kept
from watchkeeper.monitors.schedule import MonitorConfig, config_of
from watchkeeper.monitors.types import (
    Monitor,
    MonitorEnvironment,
    MonitorPage,
    RunCounts,
    RunStatus,
)
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

SLOTS = 48
MOST_RUNS = 500


class Monitors:
    """Every method blocks; each may be called from any thread. Scopes name one project."""

    def __init__(self, meta: Meta, columns: Columns, clock: Clock) -> None:
        self._meta, self._columns, self._clock = meta, columns, clock

    def all(self, scope: Scope, span: TimeRange) -> list[Monitor]:
        """Every monitor by name, with its runs of the range."""
        return self._monitors(scope, span, "")

    def page(self, scope: Scope, slug: str, span: TimeRange, environment: str = "") -> MonitorPage:
        """One monitor with its last runs in the range, at most 500. Raises NotFound."""
        found = self._monitors(scope, span, slug)
        if not found:
            raise NotFound(f"There is no monitor {slug!r}.")
        runs = repo.runs(self._columns, scope, slug, span, environment, limit=MOST_RUNS)
        return MonitorPage(monitor=found[0], runs=runs)

    def remove(self, scope: Scope, slug: str) -> None:
        """Stop waiting for a job; its next check-in makes it anew. Raises NotFound, Forbidden."""
        if scope.role < Role.MEMBER:
            raise Forbidden("This needs the role member.")
        with self._meta.write() as conn:
            if not repo.remove(conn, scope, slug):
                raise NotFound(f"There is no monitor {slug!r}.")

    def _monitors(self, scope: Scope, span: TimeRange, slug: str) -> list[Monitor]:
        with self._meta.read() as conn:
            rows = repo.of_project(conn, scope, slug)
            kept = repo.environments(conn, [row.id for row in rows])
        counts: dict[str, list[tuple[int, RunStatus, int]]] = {}
        names = [row.slug for row in rows]
        for name, slot, status, number in (
            repo.counts(self._columns, scope, names, span, slots=SLOTS) if names else ()
        ):
            counts.setdefault(name, []).append((slot, status, number))
        return [self._monitor(row, kept, counts.get(row.slug, [])) for row in rows]

    def _monitor(
        self,
        row: Row[Any],
        kept: dict[tuple[int, str], Kept],
        counts: Sequence[tuple[int, RunStatus, int]],
    ) -> Monitor:
        config = config_of(row.config or "{}")
        return Monitor(
            slug=row.slug,
            config=config,
            created_ms=row.created_ms,
            environments=[
                self._environment(name, one, config)
                for (monitor_id, name), one in sorted(kept.items())
                if monitor_id == row.id
            ],
            runs=_counted(counts),
            ok_ratios=_ok_ratios(counts),
        )

    def _environment(self, name: str, kept: Kept, config: MonitorConfig) -> MonitorEnvironment:
        due_ms, now_ms = kept.state.next_ms, self._clock()
        is_late = due_ms is not None and due_ms < now_ms
        return MonitorEnvironment(environment=name, state=kept.state, is_late=is_late)


def _counted(counts: Sequence[tuple[int, RunStatus, int]]) -> RunCounts:
    by_status = {status.value: 0 for status in RunStatus}
    for _slot, status, number in counts:
        by_status[status.value] += number
    return RunCounts(**by_status)


def _ok_ratios(counts: Sequence[tuple[int, RunStatus, int]]) -> list[float | None]:
    """Share of the runs that ended well, by slot; a run that goes on is none yet."""
    ended = [0] * SLOTS
    well = [0] * SLOTS
    for slot, status, number in counts:
        if status is not RunStatus.IN_PROGRESS and 0 <= slot < SLOTS:
            ended[slot] += number
            well[slot] += number if status is RunStatus.OK else 0
    return [good / all_ if all_ else None for good, all_ in zip(well, ended, strict=True)]
