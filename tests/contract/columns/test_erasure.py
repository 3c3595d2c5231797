"""A person goes out of rows and sums alike on every engine."""

from __future__ import annotations

from watchkeeper.store.columns import ColumnErasure, Columns
from watchkeeper.store.columns.erasure import Sought


def counted(columns: Columns, table: str, project: int) -> list[tuple[int, int]]:
    """(events or sessions, people) of the sums of a project."""
    number = "sum(events)" if table.startswith("error") else "uniqCombined64Merge(seen)"
    rows = columns.rows(
        f"SELECT {number}, uniqCombined64Merge(users) FROM {table} "
        "WHERE project_id = {project:UInt32}",
        {"project": project},
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def test_rows_go_and_sums_count_the_others(columns: Columns, project: int) -> None:
    for person in ("id:dziga-vertov", "id:esfir-shub"):
        told = {"project": project, "person": person}
        columns.execute(
            "INSERT INTO errors (project_id, grouping_hash, ts, received, user_key, level) "
            "SELECT {project:UInt32}, 5, now() - 3600, now(), {person:String}, 'error'",
            told,
        )
        columns.execute(
            "INSERT INTO sessions (project_id, ts, received, session_id, user_key, sessions) "
            "SELECT {project:UInt32}, now() - 3600, now(), {person:String}, {person:String}, 1",
            told,
        )
        columns.execute(
            "INSERT INTO errors_1d (project_id, grouping_hash, day, events, users) "
            "SELECT {project:UInt32}, 6, today() - 60, 20, "
            "uniqCombined64State(toNullable({person:String}))",
            told,
        )
    sought = Sought(ids=("dziga-vertov",), projects=(project,))
    erasure = ColumnErasure(columns)

    found = erasure.find(sought)
    done = list(erasure.erase(sought, found))

    assert {each.table for each in found} == set(done) == {
        "errors", "errors_1h", "errors_1d", "error_totals_1h",
        "sessions", "session_states", "sessions_1h",
    }  # fmt: skip
    assert erasure.find(sought) == []
    assert counted(columns, "errors_1h", project) == [(1, 1)]
    assert counted(columns, "errors_1d", project) == [(41, 2)]
    assert counted(columns, "error_totals_1h", project) == [(1, 1)]
    assert counted(columns, "sessions_1h", project) == [(1, 1)]
