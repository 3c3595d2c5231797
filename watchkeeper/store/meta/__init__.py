"""What is kept in rows: SQLite in the data directory or PostgreSQL, the same tables on both."""

from watchkeeper.store.meta import tables
from watchkeeper.store.meta.coordinate import bump, insert_into, lease
from watchkeeper.store.meta.dump import dump_meta, load_meta
from watchkeeper.store.meta.erasure import (
    InMeta,
    SoughtInMeta,
    Touched,
    erase_in_meta,
    fate_of,
    find_in_meta,
)
from watchkeeper.store.meta.errors import MetaFailed, RowConflict, SchemaTooNew, StoreUnavailable
from watchkeeper.store.meta.meta import Meta
from watchkeeper.store.meta.open import open_meta

__all__ = [
    "InMeta",
    "Meta",
    "MetaFailed",
    "RowConflict",
    "SchemaTooNew",
    "SoughtInMeta",
    "StoreUnavailable",
    "Touched",
    "bump",
    "dump_meta",
    "erase_in_meta",
    "fate_of",
    "find_in_meta",
    "insert_into",
    "lease",
    "load_meta",
    "open_meta",
    "tables",
]
