"""The relational store on both databases: `meta` has the schema, `meta_url` names an empty one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.servers.postgresql import PostgresServer
from watchkeeper.store.meta import Meta, open_meta, tables

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest) -> str:
    """Runs the test on each database."""
    return str(request.param)


@pytest.fixture
def meta_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if database == "sqlite":
        return f"sqlite:///{tmp_path / 'meta.db'}"
    server: PostgresServer = request.getfixturevalue("postgresql_server")
    return server.url(server.new_database())


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("meta") / "meta.db"
    _upgraded(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_address(postgresql_server: PostgresServer) -> str:
    """One database with the schema for the whole session: making one costs more than most tests."""
    url = postgresql_server.url(postgresql_server.new_database())
    _upgraded(url)
    return url


def _upgraded(url: str) -> None:
    meta = open_meta(url)
    meta.upgrade()
    meta.close()


@pytest.fixture
def sqlite_meta(sqlite_template: Path, tmp_path: Path) -> Iterator[Meta]:
    """A store with the schema, on SQLite only."""
    path = tmp_path / "meta.db"
    shutil.copy(sqlite_template, path)
    meta = open_meta(f"sqlite:///{path}")
    yield meta
    meta.close()


@pytest.fixture
def postgresql_meta(postgresql_address: str) -> Iterator[Meta]:
    """A store with the schema, on PostgreSQL only. Every test finds it empty."""
    meta = open_meta(postgresql_address)
    yield meta
    _emptied(meta)
    meta.close()


def _emptied(meta: Meta) -> None:
    """Delete every row and count ids from 1 again."""
    with meta.write() as conn:
        for table in reversed(tables.metadata.sorted_tables):
            conn.execute(table.delete())
        conn.execute(text("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"))


@pytest.fixture
def meta(database: str, request: pytest.FixtureRequest) -> Meta:
    """A store with the schema, on each database."""
    found: Meta = request.getfixturevalue(f"{database}_meta")
    return found
