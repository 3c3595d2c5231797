"""What every database promises of migrations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from watchkeeper.store.meta import Meta, SchemaTooNew, StoreUnavailable, open_meta, schema, tables
from watchkeeper.store.meta.migrate import SCRIPTS

REPOSITORY = Path(__file__).parents[3]
UPGRADE = """
import sys
from watchkeeper.store.meta import open_meta
meta = open_meta(sys.argv[1])
meta.upgrade()
assert meta.version() > 0
print("alembic" in sys.modules)
"""


def upgrade_in_child(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", UPGRADE, url], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )


def test_migrations_make_what_the_tables_say(meta: Meta) -> None:
    with meta.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_server_default": True})
        differences = compare_metadata(context, tables.metadata)

    assert differences == []


def test_migrations_are_numbered_without_gaps() -> None:
    found = sorted(
        (script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()),
    )

    assert found == [f"{number:04d}" for number in range(1, schema.HEAD + 1)]


def test_an_empty_database_is_version_0_until_it_is_upgraded(meta_url: str) -> None:
    meta = open_meta(meta_url)
    assert meta.version() == 0

    meta.upgrade()
    meta.upgrade()

    assert meta.version() == schema.HEAD
    meta.close()


def test_processes_that_upgrade_at_once_all_find_it_done(meta_url: str) -> None:
    children = [upgrade_in_child(meta_url) for _ in range(4)]

    assert [child.wait() for child in children] == [0, 0, 0, 0]


def test_an_up_to_date_database_is_opened_without_alembic(meta_url: str) -> None:
    first = upgrade_in_child(meta_url)
    first.wait()
    second = upgrade_in_child(meta_url)

    assert first.communicate()[0].strip() == "True"
    assert second.communicate()[0].strip() == "False"


def test_a_newer_schema_is_refused(meta_url: str) -> None:
    meta = open_meta(meta_url)
    meta.upgrade()
    with meta.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaTooNew, match="9999"):
        meta.upgrade()
    meta.close()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    meta = open_meta("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(StoreUnavailable):
        meta.ping()
    meta.close()
