"""What derived series are computed from, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, select

from watchkeeper.derived.counters import LastSample
from watchkeeper.ingest.digest import set_watermark, watermark
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import METRIC_NAME, Role, Scope, labels_of
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

SourceTable = Literal["errors", "spans", "logs", "session_states", "check_ins"]
"""Tables that series are made of; each says of a row when it was received."""

_BROUGHT_BY = {"session_states": "sessions"}

MAX_GROUPS_READ = 300
"""Most frequent groups of a project and interval that are told apart; the others are one."""


def brought_by(table: SourceTable) -> str:
    """The table that the digest adds to where rows come into this one."""
    return _BROUGHT_BY.get(table, table)


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


def progress_ms(conn: Connection, source: str) -> int:
    """Up to when intervals are closed and their samples accepted; 0 before the first."""
    return watermark(conn, f"derived:{source}")


def set_progress(conn: Connection, source: str, at_ms: int) -> None:
    """Note that everything before `at_ms` is accepted."""
    set_watermark(conn, f"derived:{source}", at_ms)


def has_received(
    columns: Columns, scope: Scope, table: SourceTable, *, start_ms: int, end_ms: int
) -> bool:
    """True if a row of the table was received in [start_ms, end_ms).

    Next to nothing beside what counts them, which most intervals of most projects do not need.
    """
    found = columns.rows(
        f"""
        SELECT 1 FROM {table}
        WHERE project_id IN {{projects:Array(UInt32)}}
          AND received >= fromUnixTimestamp64Milli({{start:Int64}})
          AND received < fromUnixTimestamp64Milli({{end:Int64}})
        LIMIT 1
        """,
        {"projects": scope.project_ids, "start": start_ms, "end": end_ms},
    )
    return bool(found)


def span_counts(
    columns: Columns,
    scope: Scope,
    *,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    bounds_ns: list[int],
) -> list[list[Any]]:
    """Spans received in [start_ms, end_ms), by slot of `step_ms`, service, operation and more.

    Rows: project id, slot, service, operation (route, else op, else name), whether it is told
    apart, kind, status, spans, entry spans, their total ns, and of them by bound those that took
    no longer.
    """
    return columns.rows(
        """
        WITH kept AS (
            SELECT project_id, intDiv(toUnixTimestamp64Milli(received), {step:Int64}) AS slot,
                   service, multiIf(route != '', route, op != '', op, name) AS operation,
                   kind, status, is_entry, duration_ns
            FROM spans
            WHERE project_id IN {projects:Array(UInt32)}
              AND received >= fromUnixTimestamp64Milli({start:Int64})
              AND received < fromUnixTimestamp64Milli({end:Int64})
        ), frequent AS (
            SELECT project_id, service, operation FROM kept
            GROUP BY project_id, service, operation
            ORDER BY count() DESC, service, operation
            LIMIT {most:UInt32} BY project_id
        )
        SELECT project_id, slot, if(is_told, service, ''), if(is_told, operation, ''),
               (project_id, service, operation) IN frequent AS is_told, kind, status,
               count(), countIf(is_entry), sumIf(duration_ns, is_entry),
               sumForEachIf(
                   arrayMap(bound -> toUInt64(duration_ns <= bound), {bounds:Array(UInt64)}),
                   is_entry
               )
        FROM kept
        GROUP BY 1, 2, 3, 4, 5, 6, 7
        ORDER BY 2, 1, 8 DESC, 3, 4, 6, 7
        """,
        {
            "projects": scope.project_ids,
            "start": start_ms,
            "end": end_ms,
            "step": step_ms,
            "most": MAX_GROUPS_READ,
            "bounds": bounds_ns,
        },
    )


def log_counts(
    columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
) -> list[list[Any]]:
    """Log lines received in [start_ms, end_ms), by slot of `step_ms`.

    Rows: project id, slot, service, environment, whether they are told apart, severity, lines.
    """
    return columns.rows(
        """
        WITH kept AS (
            SELECT project_id, intDiv(toUnixTimestamp64Milli(received), {step:Int64}) AS slot,
                   service, environment, severity
            FROM logs
            WHERE project_id IN {projects:Array(UInt32)}
              AND received >= fromUnixTimestamp64Milli({start:Int64})
              AND received < fromUnixTimestamp64Milli({end:Int64})
        ), frequent AS (
            SELECT project_id, service, environment FROM kept
            GROUP BY project_id, service, environment
            ORDER BY count() DESC, service, environment
            LIMIT {most:UInt32} BY project_id
        )
        SELECT project_id, slot, if(is_told, service, ''), if(is_told, environment, ''),
               (project_id, service, environment) IN frequent AS is_told, severity, count()
        FROM kept
        GROUP BY 1, 2, 3, 4, 5, 6
        ORDER BY 2, 1, 7 DESC, 3, 4, 6
        """,
        {
            "projects": scope.project_ids,
            "start": start_ms,
            "end": end_ms,
            "step": step_ms,
            "most": MAX_GROUPS_READ,
        },
    )


def session_counts(
    columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
) -> list[list[Any]]:
    """Sessions of which something new was heard in [start_ms, end_ms), by slot of `step_ms`.

    Rows: project id, slot, release, environment, sessions first heard of, first errored, first
    abnormal, first crashed. What was heard in the day before counts as heard.
    """
    return columns.rows(
        """
        WITH touched AS (
            SELECT DISTINCT project_id, session FROM session_states
            WHERE project_id IN {projects:Array(UInt32)}
              AND received >= fromUnixTimestamp64Milli({start:Int64})
              AND received < fromUnixTimestamp64Milli({end:Int64})
        ), heard AS (
            SELECT project_id, session, any(release) AS release, any(environment) AS environment,
                   [
                       (toUnixTimestamp64Milli(min(received)), max(sessions)),
                       (toUnixTimestamp64Milli(minIf(received, errored > 0)), max(errored)),
                       (toUnixTimestamp64Milli(minIf(received, abnormal > 0)), max(abnormal)),
                       (toUnixTimestamp64Milli(minIf(received, crashed > 0)), max(crashed))
                   ] AS firsts
            FROM session_states
            WHERE project_id IN {projects:Array(UInt32)}
              AND received >= fromUnixTimestamp64Milli({start:Int64} - {day:Int64})
              AND received < fromUnixTimestamp64Milli({end:Int64})
              AND (project_id, session) IN touched
            GROUP BY project_id, session
        )
        SELECT project_id, intDiv(first.1, {step:Int64}) AS slot, release, environment,
               sumIf(first.2, nth = 1), sumIf(first.2, nth = 2), sumIf(first.2, nth = 3),
               sumIf(first.2, nth = 4)
        FROM heard ARRAY JOIN firsts AS first, arrayEnumerate(firsts) AS nth
        WHERE first.1 >= {start:Int64} AND first.2 > 0
        GROUP BY project_id, slot, release, environment
        ORDER BY slot, project_id, 5 DESC, release, environment
        """,
        {
            "projects": scope.project_ids,
            "start": start_ms,
            "end": end_ms,
            "step": step_ms,
            "day": DAY_MS,
        },
    )


def session_people(
    columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
) -> list[list[Any]]:
    """People of whose sessions something was first heard in [start_ms, end_ms), by slot.

    Rows: project id, slot, release, environment, people first heard of, people whose first crash
    was. First on a day (UTC), of a release in an environment.
    """
    return columns.rows(
        """
        WITH touched AS (
            SELECT DISTINCT project_id, user_key FROM session_states
            WHERE project_id IN {projects:Array(UInt32)} AND user_key != ''
              AND received >= fromUnixTimestamp64Milli({start:Int64})
              AND received < fromUnixTimestamp64Milli({end:Int64})
        ), heard AS (
            SELECT project_id, release, environment, toDate(received, 'UTC') AS day, user_key,
                   [
                       toUnixTimestamp64Milli(min(received)),
                       toUnixTimestamp64Milli(minIf(received, crashed > 0))
                   ] AS firsts
            FROM session_states
            WHERE project_id IN {projects:Array(UInt32)} AND user_key != ''
              AND received >= toStartOfDay(fromUnixTimestamp64Milli({start:Int64}, 'UTC'), 'UTC')
              AND received < fromUnixTimestamp64Milli({end:Int64})
              AND (project_id, user_key) IN touched
            GROUP BY project_id, release, environment, day, user_key
        )
        SELECT project_id, intDiv(first, {step:Int64}) AS slot, release, environment,
               countIf(nth = 1), countIf(nth = 2)
        FROM heard ARRAY JOIN firsts AS first, arrayEnumerate(firsts) AS nth
        WHERE first >= {start:Int64}
        GROUP BY project_id, slot, release, environment
        """,
        {"projects": scope.project_ids, "start": start_ms, "end": end_ms, "step": step_ms},
    )


def last_samples(
    columns: Columns, scope: Scope, metrics: Sequence[str], *, since_ms: int
) -> Iterator[LastSample]:
    """The newest sample since then of every series of these metrics."""
    rows = columns.rows(
        """
        SELECT s.project_id, s.metric, s.labels, toUnixTimestamp64Milli(n.at), n.newest
        FROM (
            SELECT project_id, series_id, metric, any(labels) AS labels FROM series
            WHERE project_id IN {projects:Array(UInt32)} AND metric IN {metrics:Array(String)}
              AND day >= toDate(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
            GROUP BY project_id, series_id, metric
        ) AS s
        INNER JOIN (
            SELECT project_id, series_id, max(ts) AS at, argMax(value, ts) AS newest FROM samples
            WHERE project_id IN {projects:Array(UInt32)}
              AND ts >= fromUnixTimestamp64Milli({since:Int64})
              AND series_id IN (
                SELECT series_id FROM series
                WHERE project_id IN {projects:Array(UInt32)} AND metric IN {metrics:Array(String)}
                  AND day >= toDate(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
              )
            GROUP BY project_id, series_id
        ) AS n USING (project_id, series_id)
        """,
        {"projects": scope.project_ids, "metrics": list(metrics), "since": since_ms},
    )
    for project_id, metric, labels, ts_ms, value in rows:
        yield LastSample(
            project_id=int(project_id),
            labels=labels_of({METRIC_NAME: metric, **labels}),
            ts_ms=int(ts_ms),
            value=float(value),
        )
