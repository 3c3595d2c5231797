"""What a sink wants done with one cut: rows for columns, and one change in meta."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection

from watchkeeper.model import Cut, Kind, LiveEvent, Record
from watchkeeper.store.columns import InsertFormat

Refused = Mapping[str, frozenset[int]]
"""Row numbers, by table, that the column store refused for good. Nearly always empty."""

Apply = Callable[[Connection, Refused], Sequence[LiveEvent]]
"""Changes meta in the cut's one transaction and returns what open pages are to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Rows for one table, sent under one deduplication token.

    encode: rows [start, end) of this insert in `fmt`; equal calls give equal bytes.
    record_of: what to keep of row i when the store refuses it.
    part: number of this insert among those of the same table in the cut.
    first_row: number of this insert's row 0 among the table's rows in the cut.
    """

    table: str
    columns: tuple[str, ...]
    rows: int
    encode: Callable[[int, int], bytes]
    record_of: Callable[[int], Record]
    part: int = 0
    first_row: int = 0
    fmt: InsertFormat = "RowBinary"

    def token(self, cut: Cut) -> str:
        """The same for every replay of the cut."""
        token = cut.token(self.table)
        return f"{token}:{self.part}" if self.part else token


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that can never be stored, and why. reason: a snake_case word from a closed set."""

    record: Record
    reason: str
    detail: str


def nothing_to_apply(_conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
    """The apply step of a sink that keeps nothing in meta."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Inserts first, in order; then `apply` in the transaction that moves the offset."""

    inserts: Sequence[Insert] = ()
    apply: Apply = nothing_to_apply
    dead: Sequence[DeadLetter] = field(default=())


class Sink(Protocol):
    """Turns the records of some kinds into a plan."""

    @property
    def kinds(self) -> frozenset[Kind]: ...

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        """Plan one cut. `records` are of this sink's kinds, in the order of acceptance.

        Depends only on its arguments and on what meta held before the cut was applied, so that a
        replay plans the same rows. Raises nothing for a bad record: it becomes a dead letter.
        """
        ...
