"""What the derived error series are computed from, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from watchkeeper.ingest.digest import set_watermark, watermark
from watchkeeper.model import METRIC_NAME, Labels, Role, Scope, labels_of
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

ERRORS_TOTAL = "watchkeeper_errors_total"
_PROGRESS = "derived:errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Errors of one kind received in one interval. interval_ms: its start."""

    project_id: int
    interval_ms: int
    type: str
    level: str
    is_handled: bool
    release: str
    environment: str
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSample:
    """The newest stored sample of a derived series."""

    project_id: int
    labels: Labels
    ts_ms: int
    value: float


def scopes(conn: Connection) -> tuple[list[Scope], dict[int, str]]:
    """One scope an organisation, for the server's own loop, and slugs by project id."""
    t = tables.projects
    by_org: dict[int, list[int]] = {}
    slugs: dict[int, str] = {}
    for row in conn.execute(select(t.c.id, t.c.org_id, t.c.slug).order_by(t.c.id)):
        by_org.setdefault(row.org_id, []).append(row.id)
        slugs[row.id] = row.slug
    found = [
        Scope(org_id=org_id, project_ids=tuple(ids), role=Role.VIEWER)
        for org_id, ids in by_org.items()
    ]
    return found, slugs


def progress_ms(conn: Connection) -> int:
    """Up to when intervals are closed and their samples accepted; 0 before the first."""
    return watermark(conn, _PROGRESS)


def set_progress(conn: Connection, at_ms: int) -> None:
    """Note that everything before `at_ms` is accepted."""
    set_watermark(conn, _PROGRESS, at_ms)


def bursts(
    columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
) -> Iterator[Burst]:
    """Errors received in [start_ms, end_ms), by kind and interval, in order of time."""
    rows = columns.rows(
        """
        SELECT project_id, intDiv(toUnixTimestamp64Milli(received), {step:Int64}) AS slot, type,
               level, handled, release, environment, count()
        FROM errors
        WHERE project_id IN {projects:Array(UInt32)}
          AND received >= fromUnixTimestamp64Milli({start:Int64})
          AND received < fromUnixTimestamp64Milli({end:Int64})
        GROUP BY project_id, slot, type, level, handled, release, environment
        ORDER BY slot, project_id, type, level, handled, release, environment
        """,
        {"projects": scope.project_ids, "start": start_ms, "end": end_ms, "step": step_ms},
    )
    for project_id, slot, kind, level, handled, release, environment, events in rows:
        yield Burst(
            project_id=int(project_id),
            interval_ms=int(slot) * step_ms,
            type=kind,
            level=level,
            is_handled=bool(handled),
            release=release,
            environment=environment,
            events=int(events),
        )


def last_samples(columns: Columns, scope: Scope, *, since_ms: int) -> Iterator[LastSample]:
    """The newest sample since then of every derived series."""
    rows = columns.rows(
        """
        SELECT s.project_id, s.labels, toUnixTimestamp64Milli(n.at), n.newest
        FROM (
            SELECT project_id, series_id, any(labels) AS labels FROM series
            WHERE project_id IN {projects:Array(UInt32)} AND metric = {metric:String}
              AND day >= toDate(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
            GROUP BY project_id, series_id
        ) AS s
        INNER JOIN (
            SELECT project_id, series_id, max(ts) AS at, argMax(value, ts) AS newest FROM samples
            WHERE project_id IN {projects:Array(UInt32)}
              AND ts >= fromUnixTimestamp64Milli({since:Int64})
              AND series_id IN (
                SELECT series_id FROM series
                WHERE project_id IN {projects:Array(UInt32)} AND metric = {metric:String}
                  AND day >= toDate(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
              )
            GROUP BY project_id, series_id
        ) AS n USING (project_id, series_id)
        """,
        {"projects": scope.project_ids, "metric": ERRORS_TOTAL, "since": since_ms},
    )
    for project_id, labels, ts_ms, value in rows:
        yield LastSample(
            project_id=int(project_id),
            labels=labels_of({METRIC_NAME: ERRORS_TOTAL, **labels}),
            ts_ms=int(ts_ms),
            value=float(value),
        )
