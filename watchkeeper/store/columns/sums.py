"""Takes one person out of sums that count people: sets of hashes of their keys.

Sums whose rows are still there are made anew of the rows that stay. Where those have expired, the
set is exchanged for one of as many people less one, who are nobody. Sets of more than 4,096 people
hold no hashes, only what their estimate needs, and nobody can be found in those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.store.columns.envelope_tables import SESSIONS, SESSIONS_1H, SESSIONS_1H_VIEW
from watchkeeper.store.columns.port import Columns, Params
from watchkeeper.store.columns.schema import local_name, on_cluster
from watchkeeper.store.columns.table import Table, View
from watchkeeper.store.columns.tables import (
    ERROR_TOTALS_1H,
    ERROR_TOTALS_1H_VIEW,
    ERRORS,
    ERRORS_1D,
    ERRORS_1D_VIEW,
    ERRORS_1H,
    ERRORS_1H_VIEW,
)

MOST_IN_A_SET = 4_096
"""Beyond, uniqCombined64 keeps an estimate instead of hashes."""
NO_HURRY = {"mutations_sync": 2, "max_execution_time": 0}
_STATE = "AggregateFunction(uniqCombined64"
_SIMPLE = "SimpleAggregateFunction(sum"
_TOUCHED, _ANEW = "erase_touched", "erase_anew"
_IN_PROJECT = "(empty({projects:Array(UInt32)}) OR has({projects:Array(UInt32)}, project_id))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A table of sums. bucket: its column of time; of_row: what that is of a row of the source.

    same: columns that stand in both as they are. people: sets of people, the widest first.
    """

    table: Table
    view: View
    source: Table
    bucket: str
    of_row: str
    same: tuple[str, ...]
    people: tuple[str, ...]

    @property
    def key(self) -> str:
        """Of a row of sums, as far as a row of the source tells it."""
        return ", ".join((*self.same, self.bucket))

    @property
    def key_of_row(self) -> str:
        return ", ".join((*self.same, self.of_row))

    @property
    def rows(self) -> str:
        """The source, each of its things once."""
        is_replacing = self.source.engine.startswith("Replacing")
        return f"{self.source.name} FINAL" if is_replacing else self.source.name


_HOUR, _DAY = "toStartOfHour(toDateTime(ts, 'UTC'))", "toDate(ts, 'UTC')"
_ISSUE, _RELEASE = ("project_id", "grouping_hash"), ("project_id", "release", "environment")
SUMS = (
    Sum(table=ERRORS_1H, view=ERRORS_1H_VIEW, source=ERRORS, bucket="bucket", of_row=_HOUR,
        same=_ISSUE, people=("users",)),
    Sum(table=ERRORS_1D, view=ERRORS_1D_VIEW, source=ERRORS, bucket="day", of_row=_DAY,
        same=_ISSUE, people=("users",)),
    Sum(table=ERROR_TOTALS_1H, view=ERROR_TOTALS_1H_VIEW, source=ERRORS, bucket="bucket",
        of_row=_HOUR, same=("project_id",), people=("users",)),
    Sum(table=SESSIONS_1H, view=SESSIONS_1H_VIEW, source=SESSIONS, bucket="bucket", of_row=_HOUR,
        same=_RELEASE, people=("users", "crashed_users")),
)  # fmt: skip


class PeopleInSums:
    """Blocks. cluster: of the tables, empty on one node."""

    def __init__(self, columns: Columns, *, cluster: str = "") -> None:
        self._columns, self._cluster = columns, cluster
        self._on = on_cluster(cluster)

    def count(self, one: Sum, params: Params) -> int:
        """How many sums count the person. params: `ids` and `projects`."""
        sql = f"SELECT count() FROM ({_holding(one)})"
        settings = {"max_execution_time": 0}
        return int(self._columns.rows(sql, params, settings=settings)[0][0])

    def hold_touched(self, one: Sum, condition: str) -> None:
        """Remember which sums count rows of the source, before those go."""
        name = f"{_TOUCHED}_{one.table.name}"
        picked = f"SELECT DISTINCT {one.key_of_row} FROM {one.source.name} WHERE {condition}"
        self._columns.execute(f"DROP TABLE IF EXISTS {name}{self._on} SYNC")
        self._columns.execute(f"CREATE TABLE {name}{self._on} ({_typed(one)}) ENGINE = Memory")
        self._columns.execute(f"INSERT INTO {name} {picked}")

    def sum_anew(self, one: Sum) -> None:
        """Make the touched sums anew of the rows that stay."""
        name = f"{_TOUCHED}_{one.table.name}"
        among = f"IN (SELECT * FROM {name})"
        self._delete(one, f"({one.key}) {among}")
        rows = f"(SELECT * FROM {one.rows} WHERE ({one.key_of_row}) {among})"
        self._columns.execute(
            f"INSERT INTO {one.table.name} ({_names(one)}) {one.view.select.format(source=rows)}"
        )
        self._columns.execute(f"DROP TABLE {name}{self._on} SYNC")

    def exchange(self, params: Params) -> Iterator[str]:
        """Exchange the sets that still hold the person; yields each table when that is done."""
        for one in SUMS:
            if not self.count(one, params):
                continue
            self._columns.execute(f"DROP TABLE IF EXISTS {_ANEW}{self._on} SYNC")
            self._columns.execute(
                f"CREATE TABLE {_ANEW}{self._on} ENGINE = Memory AS "
                f"SELECT {_names(one)} FROM {one.table.name} WHERE 0"
            )
            self._columns.execute(f"INSERT INTO {_ANEW} ({_names(one)}) {_exchanged(one)}", params)
            keys = ", ".join(one.table.order_by)
            self._delete(one, f"({keys}) IN (SELECT {keys} FROM {_ANEW})")
            names = _names(one)
            self._columns.execute(
                f"INSERT INTO {one.table.name} ({names}) SELECT {names} FROM {_ANEW}"
            )
            self._columns.execute(f"DROP TABLE {_ANEW}{self._on} SYNC")
            yield one.table.name

    def _delete(self, one: Sum, condition: str) -> None:
        local = local_name(one.table.name, self._cluster)
        self._columns.execute(
            f"ALTER TABLE {local}{self._on} DELETE WHERE {condition}", settings=NO_HURRY
        )


def _names(one: Sum) -> str:
    return ", ".join(column.name for column in one.table.columns)


def _typed(one: Sum) -> str:
    kinds = {column.name: column.type for column in one.table.columns}
    return ", ".join(f"{name} {kinds[name]}" for name in (*one.same, one.bucket))


def _holding(one: Sum) -> str:
    """Keys of sums whose people the person is among."""
    keys, people = ", ".join(one.table.order_by), one.people[0]
    merged = f"""
    SELECT {keys}, uniqCombined64MergeState({people}) AS them
    FROM {one.table.name} WHERE {_IN_PROJECT} GROUP BY {keys}
    """
    return f"""
    SELECT DISTINCT {keys} FROM ({merged}) ARRAY JOIN {{ids:Array(String)}} AS id
    WHERE {_holds(one, people, "them")}
    """


def _holds(one: Sum, people: str, state: str) -> str:
    """A set that does not grow when the person is added has them already."""
    added = f"arrayReduce('uniqCombined64State', [{_person(one, people)}])"
    both = f"finalizeAggregation(arrayReduce('uniqCombined64MergeState', [{state}, {added}]))"
    size = f"finalizeAggregation({state})"
    return f"{size} BETWEEN 1 AND {MOST_IN_A_SET} AND {both} = {size}"


def _person(one: Sum, people: str, text: str = "id") -> str:
    kind = next(column.type for column in one.table.columns if column.name == people)
    return f"toNullable({text})" if "Nullable" in kind else text


def _exchanged(one: Sum) -> str:
    """The sums that hold the person, with sets of nobody in their place."""
    keys = ", ".join(one.table.order_by)
    shown = []
    for column in one.table.columns:
        name = column.name
        if name in one.table.order_by:
            shown.append(name)
        elif name in one.people:
            nobody = f"concat('erased ', toString(cityHash64({keys})), ' ', toString(n))"
            size = f"uniqCombined64Merge({name})"
            less = "1" if name == one.people[0] else f"toUInt64({size} > 0)"
            shown.append(
                f"arrayReduce('uniqCombined64State', arrayMap(n -> "
                f"{_person(one, name, nobody)}, range({size} - {less}))) AS {name}"
            )
        elif column.type.startswith(_SIMPLE):
            shown.append(f"sum({name}) AS {name}")
        elif column.type.startswith(_STATE):
            shown.append(f"uniqCombined64MergeState({name}) AS {name}")
    return f"""
    SELECT {", ".join(shown)} FROM {one.table.name}
    WHERE ({keys}) IN ({_holding(one)}) GROUP BY {keys}
    """
