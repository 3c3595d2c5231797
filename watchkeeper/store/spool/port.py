"""The port of the spool: the only road from the edge to the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from watchkeeper.model import Cut, Record


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader stands in one lane: everything before it has been digested."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One cut and the records in it, in the order in which they were accepted."""

    cut: Cut
    records: Sequence[Record]


class SpoolWriter(Protocol):
    """Appends to one lane. One process owns a lane; different processes write different lanes."""

    async def append(self, records: Sequence[Record]) -> None:
        """Return once the records are synced to disk (fdatasync, shared by a group of calls).

        Raises SpoolFull (Overloaded) when the spool's bound in bytes is reached or the disk is
        full; then nothing of the call was kept.
        """
        ...

    def append_blocking(self, records: Sequence[Record]) -> None:
        """The same from a plain thread."""
        ...

    def close(self) -> None: ...


class SpoolReader(Protocol):
    """Reads every lane; may live in another process than the writers."""

    def lanes(self) -> list[str]: ...

    def read(self, lane: str, position: Position, *, max_bytes: int) -> Batch | None:
        """The next whole records from `position` on, or None when there is none yet.

        A cut never spans two segments; a torn tail of a closed segment is skipped (it was never
        acknowledged). Records whose checksum fails are counted and skipped.
        """
        ...

    def reread(self, cut: Cut) -> Batch:
        """Exactly the records of a cut that was handed out before."""
        ...

    def trim(self, lane: str, position: Position) -> None:
        """Delete whole segments that lie before `position`."""
        ...

    def depth_bytes(self, lane: str, position: Position) -> int:
        """Bytes waiting in a lane from `position` on."""
        ...

    def has_more(self, lane: str, position: Position) -> bool:
        """Whether any bytes wait there; cheaper than to count them."""
        ...
