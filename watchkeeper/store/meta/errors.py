"""What the relational store raises. Nothing of SQLAlchemy or a driver passes this door.

WatchkeeperError
├── Overloaded
│   └── StoreUnavailable   busy, unreachable, disk full: the same call may succeed later
├── Conflict
│   └── RowConflict        a unique or foreign key refused the row
├── SchemaTooNew           a newer program has been here
└── MetaFailed             the statement itself is wrong: a bug of ours
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from watchkeeper.lib.errors import Conflict, Overloaded, WatchkeeperError


class StoreUnavailable(Overloaded):
    """The database did not take the call; nothing of its transaction was kept."""

    code = "store_unavailable"


class RowConflict(Conflict):
    """Another row is in the way: it exists already, or the one referred to is gone."""

    code = "row_conflict"


class SchemaTooNew(WatchkeeperError):
    """The database was written by a newer Watchkeeper."""

    code = "schema_too_new"

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"The database has schema {found:04d}; this program knows {known:04d}. "
            "Start the newer Watchkeeper, or restore a backup that this one made."
        )
        self.found = found
        self.known = known


class MetaFailed(WatchkeeperError):
    """A statement that the database refused as wrong."""

    code = "meta_failed"


_SQLITE = {
    sqlite3.SQLITE_FULL: "The disk is full: free some space in the data directory.",
    sqlite3.SQLITE_BUSY: "The database is busy with another writer; try again.",
    sqlite3.SQLITE_LOCKED: "The database is busy with another writer; try again.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened: check that its directory exists"
    " and belongs to this user.",
    sqlite3.SQLITE_READONLY: "The database file is read-only: check its owner and the mount.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged: stop the server and restore a backup.",
    sqlite3.SQLITE_NOTADB: "The database file is not a database: restore a backup.",
    sqlite3.SQLITE_IOERR: "The disk failed under the database: check that it has room, then the"
    " machine's log.",
}
_POSTGRESQL = {
    "53100": "The disk of the PostgreSQL server is full: free some space there.",
    "53300": "The PostgreSQL server has no connection left; raise its max_connections.",
    "28P01": "The PostgreSQL server refused the password.",
    "28000": "The PostgreSQL server refused the user.",
    "3D000": "The PostgreSQL database of this name does not exist; create it.",
    "40001": "The database had two changes at once; try again.",
    "40P01": "The database had two changes at once; try again.",
    "25006": "The PostgreSQL server is read-only: point Watchkeeper at the primary.",
}


def _sentence(error: exc.DBAPIError) -> str:
    driver = error.orig
    primary_code = getattr(driver, "sqlite_errorcode", 0) & 0xFF
    state = getattr(driver, "sqlstate", None) or ""
    return (
        _SQLITE.get(primary_code)
        or _POSTGRESQL.get(state)
        or "The database did not answer; try again."
    )


def translated_error(error: exc.SQLAlchemyError) -> WatchkeeperError:
    """The error of ours that stands for one of SQLAlchemy's.

    A driver's OperationalError is the outer world (retryable), its IntegrityError a conflict,
    the rest a mistake in our statement.
    """
    if isinstance(error, exc.IntegrityError):
        return RowConflict("It exists already, or what it belongs to is gone.")
    if isinstance(error, exc.TimeoutError):
        return StoreUnavailable("The database is busy: no connection came free in time; try again.")
    if isinstance(error, exc.DBAPIError) and _is_outside(error):
        return StoreUnavailable(_sentence(error))
    return MetaFailed("The database refused a statement; this is a fault of the program.")


def _is_outside(error: exc.DBAPIError) -> bool:
    """True if the outer world is at fault: machine, disk, network, another writer."""
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return False  # "no such table" and bad SQL come as OperationalError from sqlite3
    return (
        error.connection_invalidated
        or isinstance(error, exc.OperationalError | exc.InterfaceError)
        or getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLAlchemy's errors inside the block into ours."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise translated_error(error) from error
