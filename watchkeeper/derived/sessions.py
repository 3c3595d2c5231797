"""Sessions as series: how many began, how many of them went how wrong, and whose they were."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.derived import repo
from watchkeeper.derived.counters import OTHER, Burst, Growth, group_of
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

SESSIONS_TOTAL = "watchkeeper_sessions_total"
ERRORED_TOTAL = "watchkeeper_sessions_errored_total"
ABNORMAL_TOTAL = "watchkeeper_sessions_abnormal_total"
CRASHED_TOTAL = "watchkeeper_sessions_crashed_total"
PEOPLE_TOTAL = "watchkeeper_session_users_total"
CRASHED_PEOPLE_TOTAL = "watchkeeper_session_users_crashed_total"

_Key = tuple[int, int, str, str]
"""Slot, project id, release, environment."""


class SessionsSource:
    """A session counts once in each series: in the interval that first heard so of it.

    A person counts once a day (UTC) for each release and environment.
    """

    name = "sessions"
    table: repo.SourceTable = "session_states"
    metrics: tuple[str, ...] = (
        SESSIONS_TOTAL,
        ERRORED_TOTAL,
        ABNORMAL_TOTAL,
        CRASHED_TOTAL,
        PEOPLE_TOTAL,
        CRASHED_PEOPLE_TOTAL,
    )
    max_groups = 200

    def bursts(
        self, columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
    ) -> Iterator[Burst]:
        """One burst for each release and environment; the series that stand still are in it."""
        span = {"start_ms": start_ms, "end_ms": end_ms, "step_ms": step_ms}
        grown: dict[_Key, dict[str, int]] = {}
        for rows, metrics in (
            (repo.session_counts(columns, scope, **span), self.metrics[:4]),
            (repo.session_people(columns, scope, **span), self.metrics[4:]),
        ):
            for project_id, slot, release, environment, *counts in rows:
                key = (int(slot), int(project_id), str(release), str(environment))
                grown.setdefault(key, {}).update(zip(metrics, map(int, counts), strict=True))
        # The busiest first: which releases there are too many of is decided in this order.
        for key in sorted(grown, key=lambda one: (one[0], -grown[one].get(SESSIONS_TOTAL, 0), one)):
            slot, project_id, release, environment = key
            yield Burst(
                project_id=project_id,
                interval_ms=slot * step_ms,
                group=group_of({"release": release, "environment": environment}),
                other=group_of({"release": OTHER}),
                growth=tuple(Growth(name, grown[key].get(name, 0)) for name in self.metrics),
            )
