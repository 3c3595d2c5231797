"""Projects that keep something for other days than the server does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from watchkeeper.lib.clock import DAY_MS, SECOND_MS
from watchkeeper.store.columns import Columns, EmbeddedOptions, Retention
from watchkeeper.store.columns.embedded import open_embedded

NOW_MS = 1_795_224_000_000
DEFAULT = {"logs": 7}
OWN = {1: {"logs": 2}, 2: {"logs": 30}}


@pytest.fixture
def columns(tmp_path: Path) -> Iterator[Columns]:
    store = open_embedded(tmp_path, options=EmbeddedOptions(retention_days={"logs": 5_000}))
    store.migrate()
    for project in (1, 2, 3):
        for age in (0, 4, 10, 40):
            at_s = (NOW_MS - age * DAY_MS) // SECOND_MS
            store.execute(
                "INSERT INTO logs (project_id, ts, body) "
                f"SELECT {project}, toDateTime({at_s}, 'UTC'), 'b'"
            )
    yield store
    store.close()


def ages(columns: Columns, project: int) -> list[int]:
    """How old the project's rows are, in days."""
    sql = "SELECT toUnixTimestamp(ts) FROM logs WHERE project_id = {project:UInt32} ORDER BY ts"
    rows = columns.rows(sql, {"project": project})
    return sorted((NOW_MS // SECOND_MS - int(at_s)) // 86_400 for (at_s,) in rows)


def test_each_project_keeps_what_it_asked_for(columns: Columns) -> None:
    retention = Retention(columns, DEFAULT, OWN)

    dropped = retention.drop_expired(NOW_MS)
    deleted = retention.delete_expired(NOW_MS)

    # The day that all have passed, and what is counted of it.
    assert {each.table for each in dropped} == {"logs", "logs_1m", "logs_1h", "log_patterns"}
    assert {each.table for each in deleted} == {"logs"}
    assert ages(columns, 1) == [0]
    assert ages(columns, 2) == [0, 4, 10]
    assert ages(columns, 3) == [0, 4]


def test_nothing_is_deleted_twice(columns: Columns) -> None:
    retention = Retention(columns, DEFAULT, OWN)
    retention.drop_expired(NOW_MS)
    retention.delete_expired(NOW_MS)

    assert retention.delete_expired(NOW_MS) == []


def test_what_is_kept_too_long_is_shown_for_each_project(columns: Columns) -> None:
    retention = Retention(columns, DEFAULT, OWN)

    before = {kept.project_id: kept for kept in retention.verify(NOW_MS) if kept.table == "logs"}
    retention.drop_expired(NOW_MS)
    retention.delete_expired(NOW_MS)
    after = {kept.project_id: kept for kept in retention.verify(NOW_MS) if kept.table == "logs"}

    assert {number: kept.days for number, kept in before.items()} == {1: 2, 2: 30, 3: 7}
    assert all(kept.late_ms for kept in before.values())
    assert not any(kept.late_ms for kept in after.values())


def test_the_engine_keeps_a_table_for_the_longest_policy(columns: Columns) -> None:
    Retention(columns, DEFAULT, OWN).set_ttls()

    (engine,) = columns.rows("SELECT engine_full FROM system.tables WHERE name = 'logs'")[0]
    assert "toIntervalDay(30)" in engine


def test_hours_of_sessions_follow_their_project_though_they_lie_in_months(columns: Columns) -> None:
    for project in (1, 3):
        for age in (0, 4, 40):
            at_s = (NOW_MS - age * DAY_MS) // SECOND_MS
            columns.execute(
                "INSERT INTO sessions_1h (project_id, bucket, summed) "
                f"SELECT {project}, toDateTime({at_s}, 'UTC'), 1"
            )
    retention = Retention(columns, {}, {1: {"sessions_1h": 2}})

    retention.delete_expired(NOW_MS)

    sql = "SELECT project_id, count() FROM sessions_1h GROUP BY project_id ORDER BY project_id"
    assert [(int(p), int(n)) for p, n in columns.rows(sql)] == [(1, 1), (3, 3)]
    assert retention.delete_expired(NOW_MS) == []
