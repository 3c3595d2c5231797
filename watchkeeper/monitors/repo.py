"""SQL of monitors: what jobs said (columns) and where each stands (meta)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.monitors.types import CheckIn, Pending, Run, RunStatus, State
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

_m, _e = tables.monitors, tables.monitor_environments
_BECAME = """argMax(
    status, ((status NOT IN ('in_progress', 'timeout')) * 2 + (status = 'timeout'), ts)
)"""
_RUNS = f"""
SELECT check_in_id, {_BECAME} AS became, toUnixTimestamp64Milli(min(ts)) AS began,
       toUnixTimestamp64Milli(max(ts)) AS ended, max(duration_ms) AS took, environment,
       max(release) AS version, max(trace_id) AS trace, countIf(status = 'in_progress') > 0 AS told,
       monitor
FROM check_ins
WHERE project_id = {{project:UInt32}} AND monitor IN {{monitors:Array(String)}}
  AND ts >= fromUnixTimestamp64Milli({{start:Int64}})
  AND ts < fromUnixTimestamp64Milli({{end:Int64}})
  AND ({{environment:String}} = '' OR environment = {{environment:String}})
GROUP BY monitor, environment, check_in_id
"""
_COUNTS = f"""
SELECT monitor, intDiv(began - {{start:Int64}}, {{step:Int64}}) AS slot, became, count()
FROM ({_RUNS}) GROUP BY monitor, slot, became
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A job in one environment as it is kept. id: of the row; 0: of none yet."""

    id: int
    state: State


# What jobs said


def received(columns: Columns, *, start_ms: int, end_ms: int) -> list[CheckIn]:
    """Check-ins of all projects received in [start_ms, end_ms), in order.

    Of all projects: the server's own loop reads them, and tells nobody.
    """
    rows = columns.rows(
        """
        SELECT project_id, monitor, environment, check_in_id, status,
               toUnixTimestamp64Milli(ts) AS at_ms, duration_ms, config, release, trace_id
        FROM check_ins
        WHERE received >= fromUnixTimestamp64Milli({start:Int64})
          AND received < fromUnixTimestamp64Milli({end:Int64})
        ORDER BY received, ts, status = 'in_progress' DESC, check_in_id
        """,
        {"start": start_ms, "end": end_ms},
    )
    return [
        CheckIn(
            project_id=int(row[0]),
            monitor=str(row[1]),
            environment=str(row[2]),
            check_in_id=str(row[3]),
            status=RunStatus(row[4]),
            ts_ms=int(row[5]),
            duration_ms=int(row[6]),
            config=str(row[7]).encode(),
            release=str(row[8]),
            trace_id=str(row[9]),
        )
        for row in rows
    ]


def runs(
    columns: Columns, scope: Scope, monitor: str, span: TimeRange, environment: str, *, limit: int
) -> list[Run]:
    """The last runs that began in the range, newest first: each once, as it ended."""
    params = _params(scope, [monitor], span, environment) | {"limit": limit}
    rows = columns.rows(
        f"SELECT * FROM ({_RUNS}) ORDER BY began DESC, check_in_id LIMIT {{limit:UInt32}}", params
    )
    return [_run(row) for row in rows]


def counts(
    columns: Columns, scope: Scope, monitors: Sequence[str], span: TimeRange, *, slots: int
) -> Iterator[tuple[str, int, RunStatus, int]]:
    """(monitor, slot, status, runs) of the range, cut into so many equal slots."""
    params = _params(scope, monitors, span, "")
    params["step"] = max(1, -(-span.length_ms // slots))
    for monitor, slot, status, number in columns.rows(_COUNTS, params):
        yield str(monitor), int(slot), RunStatus(status), int(number)


def _params(
    scope: Scope, monitors: Sequence[str], span: TimeRange, environment: str
) -> dict[str, object]:
    return {
        "project": scope.project_id,
        "monitors": list(monitors),
        "start": span.start_ms,
        "end": span.end_ms,
        "environment": environment,
    }


def _run(row: Sequence[Any]) -> Run:
    check_in_id, status, began, ended, took, environment, release, trace, is_told, _monitor = row
    final = RunStatus(status)
    is_over = final in {RunStatus.OK, RunStatus.ERROR}
    measured = int(took) or (int(ended) - int(began) if is_told else 0)
    began_ms = int(began) if is_told or not is_over else int(began) - int(took)
    return Run(
        check_in_id=str(check_in_id),
        status=final,
        ts_ms=began_ms,
        duration_ms=measured if is_over and measured else None,
        environment=str(environment),
        release=str(release),
        trace_id=str(trace),
    )


# Where each stands


def all_monitors(conn: Connection) -> list[Row[Any]]:
    """Every monitor of every project, for the server's own loop."""
    return list(conn.execute(select(_m).order_by(_m.c.id)))


def of_project(conn: Connection, scope: Scope, slug: str = "") -> list[Row[Any]]:
    """Monitors of the project by name, or the one of this name."""
    query = select(_m).where(_m.c.project_id == scope.project_id).order_by(_m.c.slug)
    return list(conn.execute(query.where(_m.c.slug == slug) if slug else query))


def environments(conn: Connection, monitor_ids: Sequence[int]) -> dict[tuple[int, str], Kept]:
    """Where these monitors stand, by id and environment."""
    found: dict[tuple[int, str], Kept] = {}
    for start in range(0, len(monitor_ids), 500):
        some = monitor_ids[start : start + 500]
        for row in conn.execute(select(_e).where(_e.c.monitor_id.in_(some)).order_by(_e.c.id)):
            found[row.monitor_id, row.environment] = Kept(id=row.id, state=_state(row))
    return found


def projects(conn: Connection) -> set[int]:
    """Ids of the projects that exist."""
    return set(conn.execute(select(tables.projects.c.id)).scalars())


def add_monitor(conn: Connection, project_id: int, slug: str, *, now_ms: int) -> Row[Any]:
    """A monitor that nothing is told of yet."""
    values = {"project_id": project_id, "slug": slug, "config": "", "created_ms": now_ms}
    new = conn.execute(insert(_m).values(**values, changed_ms=now_ms).returning(_m.c.id))
    return conn.execute(select(_m).where(_m.c.id == new.scalar_one())).one()


def set_config(conn: Connection, monitor_id: int, config: str, *, now_ms: int) -> None:
    """Keep what a job says of itself; when it is due is told by its next run."""
    conn.execute(update(_m).where(_m.c.id == monitor_id).values(config=config, changed_ms=now_ms))
    conn.execute(update(_e).where(_e.c.monitor_id == monitor_id).values(next_ms=None))


def put_state(conn: Connection, monitor_id: int, environment: str, kept: Kept) -> None:
    """Keep where a job stands; one that was deleted meanwhile stays so."""
    values = {
        "status": kept.state.status.value,
        "last_ms": kept.state.last_ms,
        "last_ok_ms": kept.state.last_ok_ms,
        "next_ms": kept.state.next_ms,
        "run_id": kept.state.run_id,
        "run_ms": kept.state.run_ms,
        "failures": kept.state.failures,
        "incident_ms": kept.state.incident_ms,
        "incident_event": kept.state.incident_event,
        "recoveries": kept.state.recoveries,
        "pending": kept.state.pending.value,
        "pending_ms": kept.state.pending_ms,
    }
    if kept.id:
        conn.execute(update(_e).where(_e.c.id == kept.id).values(**values))
    elif conn.execute(select(_m.c.id).where(_m.c.id == monitor_id)).first() is not None:
        conn.execute(insert(_e).values(monitor_id=monitor_id, environment=environment, **values))


def remove(conn: Connection, scope: Scope, slug: str) -> int:
    """Forget a monitor; its check-ins stay."""
    done = conn.execute(delete(_m).where(_m.c.project_id == scope.project_id, _m.c.slug == slug))
    return done.rowcount


def total(conn: Connection, project_id: int) -> int:
    """How many monitors a project has."""
    query = select(func.count()).where(_m.c.project_id == project_id)
    return int(conn.execute(query).scalar_one())


def _state(row: Row[Any]) -> State:
    return State(
        status=RunStatus(row.status),
        last_ms=row.last_ms,
        last_ok_ms=row.last_ok_ms,
        next_ms=row.next_ms,
        run_id=row.run_id,
        run_ms=row.run_ms,
        failures=row.failures,
        incident_ms=row.incident_ms,
        incident_event=row.incident_event,
        recoveries=row.recoveries,
        pending=Pending(row.pending),
        pending_ms=row.pending_ms,
    )


# As series


def check_in_counts(
    columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
) -> list[list[Any]]:
    """Runs that ended, or were told as failed, in [start_ms, end_ms), by slot of `step_ms`.

    Rows: project id, slot, monitor, environment, status, runs, those with a duration, their ms.
    A run counts once in a status, when that is first heard within the day before.
    """
    return columns.rows(
        """
        SELECT project_id, intDiv(first, {step:Int64}) AS slot, monitor, environment, status,
               count(), countIf(took > 0), sum(took)
        FROM (
            SELECT project_id, monitor, environment, status, check_in_id,
                   toUnixTimestamp64Milli(min(received)) AS first, max(duration_ms) AS took
            FROM check_ins
            WHERE project_id IN {projects:Array(UInt32)} AND status != 'in_progress'
              AND received >= fromUnixTimestamp64Milli({start:Int64} - {day:Int64})
              AND received < fromUnixTimestamp64Milli({end:Int64})
            GROUP BY project_id, monitor, environment, status, check_in_id
        )
        WHERE first >= {start:Int64}
        GROUP BY project_id, slot, monitor, environment, status
        ORDER BY slot, project_id, 6 DESC, monitor, environment, status
        """,
        {
            "projects": scope.project_ids,
            "start": start_ms,
            "end": end_ms,
            "step": step_ms,
            "day": DAY_MS,
        },
    )
