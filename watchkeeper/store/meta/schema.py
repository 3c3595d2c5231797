"""Which schema this program knows, read off the names of its migrations."""

from __future__ import annotations

import pkgutil

from watchkeeper.store.meta.migrations import versions

VERSION_TABLE = "alembic_version"
HEAD = max(
    (int(found.name.partition("_")[0]) for found in pkgutil.iter_modules(versions.__path__)),
    default=0,
)
"""Number of the newest migration; its file is named `<number>_<what it does>.py`."""
