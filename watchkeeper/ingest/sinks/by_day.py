"""Rows of one cut as inserts that touch few days each: an insert into too many is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from watchkeeper.ingest.digest import Insert
from watchkeeper.model import Record
from watchkeeper.store.columns import Table, encode_rows

DAYS_AN_INSERT = 50

Row = tuple[object, ...]


def inserts_by_day(
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Row, Record]],
    day: Callable[[Row], int],
) -> Iterator[Insert]:
    """One insert for each 50 days; rows keep their order within it.

    rows: values of `columns`, each with the record that it came in. day: of one row.
    """
    days = sorted({day(row) for row, _record in rows})
    first_row = 0
    for part, first in enumerate(range(0, len(days), DAYS_AN_INSERT)):
        group = days[first : first + DAYS_AN_INSERT]
        is_all = len(group) == len(days)
        chosen = [p for p in rows if is_all or group[0] <= day(p[0]) <= group[-1]]
        yield _insert(table, columns, chosen, part=part, first_row=first_row)
        first_row += len(chosen)


def _insert(
    table: Table,
    columns: tuple[str, ...],
    chosen: Sequence[tuple[Row, Record]],
    *,
    part: int,
    first_row: int,
) -> Insert:
    return Insert(
        table=table.name,
        columns=columns,
        rows=len(chosen),
        encode=lambda start, end: encode_rows(
            table, columns, [row for row, _record in chosen[start:end]]
        ),
        record_of=lambda row: chosen[row][1],
        part=part,
        first_row=first_row,
    )
