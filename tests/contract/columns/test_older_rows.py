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
