"""What is kept in rows: SQLite in the data directory or PostgreSQL, the same tables on both."""

from watchkeeper.store.meta import tables
from watchkeeper.store.meta.coordinate import bump, insert_into, lease
from watchkeeper.store.meta.dump import dump_meta, load_meta
from watchkeeper.store.meta.errors import MetaFailed, RowConflict, SchemaTooNew, StoreUnavailable
from watchkeeper.store.meta.meta import Meta
from watchkeeper.store.meta.open import open_meta

__all__ = [
    "Meta",
    "MetaFailed",
    "RowConflict",
    "SchemaTooNew",
    "StoreUnavailable",
    "bump",
    "dump_meta",
    "insert_into",
    "lease",
    "load_meta",
    "open_meta",
    "tables",
]
