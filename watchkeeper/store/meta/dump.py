"""Copies every relational row to a file and back, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import BigInteger, Connection, Integer, Table, func, insert, select, text
from sqlalchemy.types import LargeBinary

from watchkeeper.lib.errors import Conflict, Invalid
from watchkeeper.store.meta.meta import Meta
from watchkeeper.store.meta.tables import metadata

ROWS_AT_ONCE = 1_000


def dump_meta(meta: Meta, target: Path) -> int:
    """Write every row as one JSON line, as of one instant; returns the number of rows."""
    count = 0
    with meta.read() as conn, target.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"version": meta.version()}) + "\n")
        for table in metadata.sorted_tables:
            for row in conn.execute(select(table)).mappings():
                file.write(json.dumps([table.name, _written(table, dict(row))]) + "\n")
                count += 1
    return count


def load_meta(meta: Meta, source: Path) -> int:
    """Bring back what `dump_meta` wrote into an empty store of the same version.

    Raises Invalid for a file of another version, Conflict if there are rows already.
    """
    count = 0
    with meta.write() as conn, source.open(encoding="utf-8") as file:
        _check(conn, meta.version(), file.readline())
        for table, rows in _batches(file):
            conn.execute(insert(table), rows)
            count += len(rows)
        if conn.dialect.name == "postgresql":
            _advance_sequences(conn)
    return count


def _check(conn: Connection, version: int, head: str) -> None:
    found = json.loads(head or "{}").get("version")
    if found != version:
        raise Invalid(
            f"The backup has version {found}, this program {version}. "
            "Restore it with the version that wrote it, then upgrade."
        )
    users = metadata.tables["users"]
    if conn.execute(select(func.count()).select_from(users)).scalar_one():
        raise Conflict("The relational store is not empty. Restore into a new data directory.")


def _batches(file: TextIO) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Rows of one table at a time, in the order in which they can be inserted."""
    table: Table | None = None
    rows: list[dict[str, Any]] = []
    for line in file:
        name, row = json.loads(line)
        if table is None or table.name != name or len(rows) >= ROWS_AT_ONCE:
            if table is not None and rows:
                yield table, rows
            table, rows = metadata.tables[name], []
        rows.append(_read(table, row))
    if table is not None and rows:
        yield table, rows


def _written(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64encode(value).decode()
        if isinstance(table.c[name].type, LargeBinary) and value is not None
        else value
        for name, value in row.items()
    }


def _read(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value)
        if isinstance(table.c[name].type, LargeBinary) and value is not None
        else value
        for name, value in row.items()
    }


def _advance_sequences(conn: Connection) -> None:
    """PostgreSQL counts ids apart from the rows."""
    for table in metadata.sorted_tables:
        column = table.c.get("id")
        if column is None or not isinstance(column.type, BigInteger | Integer):
            continue
        newest = conn.execute(select(func.max(column))).scalar_one()
        if newest:
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :newest)")
            conn.execute(sequence, {"name": table.name, "newest": newest})
