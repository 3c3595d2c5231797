"""Health of releases out of hours is what the sessions themselves say, whatever came in between."""

from __future__ import annotations

import pytest

from tests.fakes.sessions import session
from watchkeeper.artifacts.sessions import repo
from watchkeeper.artifacts.sessions.types import Health
from watchkeeper.ingest.envelope_rows import SessionRow
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Role, Scope, TimeRange
from watchkeeper.store.columns import Columns

AT = 1_795_219_200_000  # 2026-11-21T00:00:00Z


def insert(columns: Columns, project: int, *rows: SessionRow) -> None:
    """Each row as an insert of its own, as states of one session come."""
    for row in rows:
        columns.execute(
            """
            INSERT INTO sessions (project_id, ts, received, session_id, user_key, seq, status,
                                  duration_ms, errors, sessions, errored, abnormal, crashed,
                                  release, environment)
            SELECT {project:UInt32}, fromUnixTimestamp64Milli({ts:Int64}) AS at, at,
                   {session_id:String}, {user_key:String}, {seq:UInt64}, {status:String}, 0,
                   {errored:UInt32}, {sessions:UInt32}, {errored:UInt32}, {abnormal:UInt32},
                   {crashed:UInt32}, {release:String}, {environment:String}
            """,
            {"project": project}
            | {
                name: getattr(row, name)
                for name in (
                    "ts", "session_id", "user_key", "seq", "status", "errored", "sessions",
                    "abnormal", "crashed", "release", "environment",
                )
            },
        )  # fmt: skip


@pytest.mark.parametrize("span_ms", [6 * HOUR_MS, DAY_MS])
def test_each_session_is_what_its_last_state_says(
    columns: Columns, project: int, span_ms: int
) -> None:
    scope = Scope(org_id=1, project_ids=(project,), role=Role.VIEWER)
    insert(
        columns,
        project,
        session(1, ts=AT, seq=1, user="id:ada"),
        session(1, ts=AT, seq=2, errored=1, user="id:ada"),
        session(1, ts=AT, seq=3, status="crashed", user="id:ada"),
        session(2, ts=AT + HOUR_MS, seq=1, errored=1, user="id:ada"),
        session(2, ts=AT + HOUR_MS, seq=2, errored=1, user="id:ada", status="exited"),
        session(3, ts=AT + HOUR_MS, seq=1, status="abnormal", user="id:bob"),
        session(4, ts=AT + HOUR_MS, seq=1),
        session(4, ts=AT + HOUR_MS, seq=1),
        session(5, ts=AT, sessions=40, errored=3, crashed=2, user="id:eve"),
        session(6, ts=AT, sessions=9, errored=0, crashed=0, environment="staging"),
        session(7, ts=AT - HOUR_MS, seq=1),
        session(8, ts=AT, release="shop@2"),
    )
    span = TimeRange(AT, AT + span_ms)

    everywhere = repo.of_releases(columns, scope, ["shop@1", "shop@3"], span, "")
    places = repo.of_environments(columns, scope, "shop@1", span)
    line = repo.over_time(columns, scope, "shop@1", span, "production", HOUR_MS)

    production = Health(sessions=44, errored=4, abnormal=1, crashed=3, users=3, crashed_users=2)
    assert everywhere == {
        "shop@1": Health(sessions=53, errored=4, abnormal=1, crashed=3, users=3, crashed_users=2)
    }
    assert places == {"production": production, "staging": Health(sessions=9)}
    assert [(one.start_ms - AT, one.health.sessions) for one in line] == [(0, 41), (HOUR_MS, 3)]
    assert sorted(repo.last_day(columns, scope, now_ms=AT + 2 * HOUR_MS)) == [
        ("production", "shop@1", 45), ("production", "shop@2", 1), ("staging", "shop@1", 9),
    ]  # fmt: skip
