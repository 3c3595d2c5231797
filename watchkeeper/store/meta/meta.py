"""The relational store: read and write transactions, its schema, its revision numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, inspect, select, text

from watchkeeper.store.meta import schema
from watchkeeper.store.meta.errors import SchemaTooNew, translated
from watchkeeper.store.meta.tables import revisions


class Meta:
    """Rows in SQLite or PostgreSQL. Thread-safe; every method blocks.

    Errors: StoreUnavailable (retryable), RowConflict, MetaFailed. An error inside a block of
    `read` or `write` that SQLAlchemy raised leaves the block as one of these.
    """

    def __init__(
        self, reader: Engine, writer: Engine, *, stamp: Callable[[], object] | None = None
    ) -> None:
        """reader opens transactions that cannot write; writer those that can. See open.py.

        stamp: differs whenever anything was committed since, by any process; None: not known.
        """
        self._reader = reader
        self._writer = writer
        self._stamp = stamp
        self._revisions: dict[str, tuple[object, int]] = {}

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction: everything in the block sees one moment."""
        with translated(), self._reader.begin() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction: kept whole and synced when the block ends, dropped if it raises.

        On SQLite one writer at a time: keep the block short, never open it inside another one.
        """
        with translated(), self._writer.begin() as conn:
            yield conn

    def stamp(self) -> object | None:
        """Differs once anything was committed, by any process; None where that is not known.

        For loops that look again and again: it costs the look at a file's date.
        """
        return self._stamp() if self._stamp else None

    def revision(self, name: str) -> int:
        """How often `bump(conn, name)` was committed; 0 if never.

        Loops ask this all the time: a file that was not written to is not asked.
        """
        stamp = self.stamp()
        known = self._revisions.get(name)
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        with self.read() as conn:
            query = select(revisions.c.number).where(revisions.c.name == name)
            number = conn.execute(query).scalar_one_or_none() or 0
        self._revisions[name] = (stamp, number)
        return number

    def version(self) -> int:
        """The schema's number in the database; 0 for an empty one."""
        with self.read() as conn:
            return _version(conn)

    def upgrade(self) -> None:
        """Bring the schema to this program's version; any number of processes may call it at once.

        Cheap when there is nothing to do. Raises SchemaTooNew if a newer program was here first.
        """
        if self.is_up_to_date():
            return
        from watchkeeper.store.meta.migrate import migrate

        with translated(), self._writer.connect() as conn:
            migrate(conn, is_current=lambda: self._is_current(_version(conn)))

    def is_up_to_date(self) -> bool:
        """True if `upgrade` has nothing to do. Raises SchemaTooNew."""
        return self._is_current(self.version())

    def ping(self) -> None:
        """Return if the database answers."""
        with self.read() as conn:
            conn.execute(text("SELECT 1"))

    def compact(self) -> None:
        """Write the file anew, so that nothing deleted is left in it or in its journal. Blocks."""
        is_file = self._writer.dialect.name == "sqlite"
        with translated():
            raw = self._writer.raw_connection()
            try:
                cursor = raw.cursor()
                if not is_file:
                    raw.driver_connection.autocommit = True  # type: ignore[union-attr]
                cursor.execute("VACUUM")
                if is_file:
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.close()
            finally:
                raw.invalidate()

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()

    @staticmethod
    def _is_current(found: int) -> bool:
        if found > schema.HEAD:
            raise SchemaTooNew(found, schema.HEAD)
        return found == schema.HEAD


def _version(conn: Connection) -> int:
    if not inspect(conn).has_table(schema.VERSION_TABLE):
        return 0
    found = conn.execute(text(f"SELECT version_num FROM {schema.VERSION_TABLE}")).scalar()
    return int(found or 0)
