"""How far each file is kept, in a file of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

_MOST_KNOWN = 10_000


class Positions:
    """Bytes by file, and a cursor of the journal. Written whole, so that a crash leaves the old."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "log-positions.json"
        self.files: dict[str, int] = {}
        self.journal = ""
        self._load()

    def save(self, files: Mapping[str, int] | None = None, *, journal: str = "") -> None:
        """Note what is kept now. Raises OSError."""
        self.files.update(files or {})
        self.journal = journal or self.journal
        while len(self.files) > _MOST_KNOWN:
            del self.files[next(iter(self.files))]
        made = self._path.with_suffix(".new")
        with made.open("w", encoding="utf-8") as out:
            json.dump({"files": self.files, "journal": self.journal}, out)
            out.flush()
            os.fsync(out.fileno())
        made.replace(self._path)

    def _load(self) -> None:
        """What is there and can be read; else everything counts as new."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            self.files = {str(key): int(at) for key, at in found["files"].items()}
            self.journal = str(found["journal"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.files, self.journal = {}, ""
