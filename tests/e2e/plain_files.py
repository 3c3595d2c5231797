"""A data directory whose text can be found by reading its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from watchkeeper.store.columns import TABLES, Columns

_PIECE = 1 << 22


def uncompress(columns: Columns) -> None:
    """From now on columns are written as they are. Call it on a new store."""
    for table in TABLES:
        changes = ", ".join(
            f"MODIFY COLUMN {column.name} {column.type} CODEC(NONE)" for column in table.columns
        )
        columns.execute(f"ALTER TABLE {table.name} {changes}")


def found_in_files(directory: Path, needles: Iterable[str]) -> dict[str, list[str]]:
    """Which texts stand in which files below the directory: needle → paths."""
    wanted = {needle: needle.encode() for needle in needles}
    found: dict[str, list[str]] = {}
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        for content in _pieces(path):
            for needle, encoded in wanted.items():
                if encoded in content and str(path) not in found.get(needle, []):
                    found.setdefault(needle, []).append(str(path))
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    """Overlapping stretches of a file."""
    overlap = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield overlap + piece
            overlap = piece[-1024:]
