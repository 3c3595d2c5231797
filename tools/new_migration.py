"""Write the next numbered migration from what changed in tables.py.

Usage: `python tools/new_migration.py "add x to y"`.

Read what it wrote: Alembic sees tables, columns and indexes, not what rows must become.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from alembic import command

from watchkeeper.store.meta import open_meta, schema
from watchkeeper.store.meta.migrate import alembic_config


def main(message: str) -> None:
    number = f"{schema.HEAD + 1:04d}"
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    with tempfile.TemporaryDirectory() as directory:
        meta = open_meta(f"sqlite:///{Path(directory) / 'meta.db'}")
        if schema.HEAD:
            meta.upgrade()
        with meta.write() as conn:
            config = alembic_config(conn)
            config.set_main_option("file_template", f"{number}_{slug}")
            command.revision(config, message, autogenerate=True, rev_id=number)
        meta.close()


if __name__ == "__main__":
    main(sys.argv[1])
