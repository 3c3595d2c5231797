"""Opens the relational store by its address."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from watchkeeper.lib.errors import Invalid
from watchkeeper.store.meta.errors import StoreUnavailable
from watchkeeper.store.meta.meta import Meta

BUSY_S = 10.0
"""How long a call waits for another writer, or for a free connection."""
CONNECTIONS = 8
WAL_TRIES = 50


def open_meta(url: str) -> Meta:
    """Open `sqlite:///<path>` or `postgresql+psycopg://…`; connects at the first call only.

    Raises Invalid for another address, StoreUnavailable if the SQLite file cannot be made.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise Invalid("The database address is not a URL such as sqlite:///meta.db.") from error
    match address.get_backend_name():
        case "sqlite":
            return _open_sqlite(address)
        case "postgresql":
            return _open_postgresql(address)
    raise Invalid("The database address must begin with sqlite:/// or postgresql+psycopg://.")


def _open_sqlite(address: URL) -> Meta:
    path = address.database or ""
    if path in {"", ":memory:"}:
        raise Invalid("The database address must name a file, such as sqlite:///meta.db.")
    _make_private(Path(path))
    reader = create_engine(
        address.set(drivername="sqlite"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=BUSY_S,
        connect_args={"isolation_level": None, "timeout": BUSY_S},
    )
    writer = create_engine(
        address.set(drivername="sqlite"),
        pool_size=1,  # one writer at a time: others wait here, not in SQLite's sleep loop
        max_overflow=0,
        pool_timeout=BUSY_S,
        connect_args={"isolation_level": None, "timeout": BUSY_S},
    )
    _begin_with(reader, "BEGIN")
    _begin_with(writer, "BEGIN IMMEDIATE")
    _prepare(reader, ("PRAGMA foreign_keys = ON", "PRAGMA query_only = ON"))
    _prepare(writer, ("PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"))
    event.listen(writer, "connect", _use_wal, insert=True)
    return Meta(reader, writer, stamp=lambda: _stamp(path))


def _stamp(path: str) -> tuple[int, ...]:
    """Times and sizes of the file and its write-ahead log: every commit changes one of them."""
    found: list[int] = []
    for each in (path, f"{path}-wal"):
        try:
            state = os.stat(each)
        except FileNotFoundError:
            continue
        found += (state.st_ino, state.st_mtime_ns, state.st_size)
    return tuple(found)


def _make_private(path: Path) -> None:
    """Create the file readable by its owner alone; SQLite gives -wal and -shm the same mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreUnavailable(
            f"The database file {path} cannot be opened: {error.strerror}."
        ) from error


def _begin_with(engine: Engine, statement: str) -> None:
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(statement))


def _prepare(engine: Engine, statements: tuple[str, ...]) -> None:
    def run(connection: sqlite3.Connection, _record: object) -> None:
        for statement in statements:
            connection.execute(statement)

    event.listen(engine, "connect", run)


def _use_wal(connection: sqlite3.Connection, _record: object) -> None:
    """Switch the file to write-ahead logging; the mode stays with the file.

    The switch wants the file alone and does not wait for its turn: when several processes open a
    new file at once, an empty write transaction (which does wait) stands between two tries.
    """
    for _ in range(WAL_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")


def _open_postgresql(address: URL) -> Meta:
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=BUSY_S,
        pool_pre_ping=True,
        connect_args={"connect_timeout": int(BUSY_S), "application_name": "watchkeeper"},
    )
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Meta(reader, engine)
