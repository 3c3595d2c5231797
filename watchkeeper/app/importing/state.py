"""How far an import has come: a small file, written anew after each piece that was kept."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec


class State(msgspec.Struct, kw_only=True):
    """since_ms: where it began. reached_ms: every whole window before this is over there.

    done: the metrics, each behind its selector, of the window that begins at reached_ms and goes
    to window_ends_ms.
    """

    since_ms: int
    reached_ms: int
    window_ends_ms: int = 0
    done: list[tuple[str, str]] = msgspec.field(default_factory=list)
    kept: int = 0


class StateFile:
    """Survives a kill at any moment: the file is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> State | None:
        """What was saved; None if nothing was, or nothing that can be read."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            return None

    def save(self, state: State) -> None:
        """Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)

    def forget(self) -> None:
        """Begin from the start the next time."""
        with suppress(FileNotFoundError):
            self.path.unlink()
