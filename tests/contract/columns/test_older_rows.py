"""What an upgrade makes of rows that were stored before it."""

from __future__ import annotations

from pathlib import Path

from watchkeeper.store.columns import TABLES, EmbeddedOptions, migrations
from watchkeeper.store.columns.embedded import open_embedded
from watchkeeper.store.columns.schema import SchemaOptions, create_version_table

_ERROR = """
INSERT INTO errors (project_id, grouping_hash, ts, received, event_id, user_key, tags)
SELECT 1, 1, now64(3, 'UTC'), now64(3, 'UTC'), repeat('0', 32), 'id:7', map('plan', 'pro')
"""
_LINE = "INSERT INTO logs (project_id, ts, body) SELECT 1, now64(3, 'UTC'), 'a Xylophone plays'"
_INSIDE = "SELECT count() FROM logs WHERE lower(body) LIKE '%ylopho%'"


def test_rows_of_an_older_schema_are_counted_and_found_as_new_ones(tmp_path: Path) -> None:
    keep = {table.name: 5_000 for table in TABLES}
    columns = open_embedded(tmp_path / "columns", options=EmbeddedOptions(retention_days=keep))
    try:
        options = SchemaOptions(retention_days=keep)
        columns.execute(create_version_table(""))
        for step in migrations.MIGRATIONS[:8]:
            for statement in step.statements(options):
                columns.execute(statement)
        columns.execute("INSERT INTO schema_version (version) SELECT arrayJoin(range(1, 9))")
        columns.execute(_ERROR)
        columns.execute(_LINE)

        assert columns.migrate() == migrations.LATEST

        columns.execute(_ERROR)
        found = columns.rows("SELECT tag_pairs, person = cityHash64('id:7') FROM errors")
        assert found == [[["plan\npro"], 1]] * 2
        assert [int(count) for (count,) in columns.rows(_INSIDE)] == [1]
    finally:
        columns.close()


def test_sums_of_an_older_schema_go_on_where_they_were(tmp_path: Path) -> None:
    """From schema 13, the last that was released, with two days of rows in it."""
    keep = {table.name: 5_000 for table in TABLES}
    columns = open_embedded(tmp_path / "columns", options=EmbeddedOptions(retention_days=keep))
    try:
        options = SchemaOptions(retention_days=keep)
        columns.execute(create_version_table(""))
        for step in migrations.MIGRATIONS[:13]:
            for statement in step.statements(options):
                columns.execute(statement)
        columns.execute("INSERT INTO schema_version (version) SELECT arrayJoin(range(1, 14))")
        columns.execute(_LINES)
        columns.execute(_ERRORS)

        columns.migrate()
        columns.migrate()

        columns.execute(_LINES)
        columns.execute(_ERRORS)
        for table, sums in (("logs_1h", "logs_1m"), ("error_totals_1h", "errors_1h")):
            assert columns.rows(_HOURS[table].format(table=table)) == columns.rows(
                _HOURS[table].format(table=sums)
            )
        found = columns.rows("SELECT count() FROM logs WHERE body LIKE '%000000123%'")
        assert [int(count) for (count,) in found] == [2]
    finally:
        columns.close()


_LINES = """
INSERT INTO logs (project_id, ts, service, severity, body)
SELECT 1 + number % 2, toDateTime64('2026-11-20 00:00:00', 3, 'UTC') + number * 60,
       concat('s', toString(number % 3)), if(number % 5 = 0, 'error', 'info'),
       concat('line ', leftPad(toString(number), 9, '0'))
FROM numbers(2880)
"""
_ERRORS = """
INSERT INTO errors (project_id, grouping_hash, ts, received, event_id, level, user_key, release)
SELECT 1 + number % 2, number % 7, toDateTime64('2026-11-20 00:00:00', 3, 'UTC') + number * 60,
       toDateTime64('2026-11-20 00:00:00', 3, 'UTC') + number * 60, leftPad(toString(number), 32,
       '0'), if(number % 4 = 0, 'error', 'info'), concat('id:', toString(number % 50)),
       concat('r', toString(number % 3))
FROM numbers(2880)
"""
_HOURS = {
    "logs_1h": "SELECT project_id, toStartOfHour(bucket) AS hour, service, severity, sum(lines) "
    "FROM {table} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
    "error_totals_1h": "SELECT project_id, bucket, level, release, sum(events), "
    "uniqCombined64Merge(users) FROM {table} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
}
