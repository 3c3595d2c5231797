"""Takes the rows of one person out of every column table, and out of the files behind them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.model import key_forms
from watchkeeper.store.columns.port import Columns, Params
from watchkeeper.store.columns.schema import local_name, on_cluster
from watchkeeper.store.columns.table import Table
from watchkeeper.store.columns.tables import (
    ERROR_TOTALS_1H,
    ERRORS,
    ERRORS_1D,
    ERRORS_1D_VIEW,
    ERRORS_1H,
    ERRORS_1H_VIEW,
    SERIES,
    TABLES,
)

SHORTEST_DISTINCTIVE = 6
"""An id of fewer characters may stand in any text by chance: it only counts as a whole value."""
GONE_WITHIN_S = 900.0
_USER_ATTRIBUTES = ("user.id", "user.email", "user.name", "enduser.id", "user_id", "userId", "user")
_TEXT = re.compile(
    r"(LowCardinality\(|FixedString\(|Nullable\(|SimpleAggregateFunction\(\w+, |\A)String"
)
_TEXTS = re.compile(r"Array\((LowCardinality\()?String")
_NO_HURRY = {"mutations_sync": 2, "max_execution_time": 0}
_SOUGHT = "erase_sought"
_TOUCHED = "erase_touched"
"""Which issues had errors of the person in which hours."""
_SUMS = (
    (ERRORS_1H, ERRORS_1H_VIEW, "bucket", "toStartOfHour(toDateTime(ts, 'UTC'))"),
    (ERRORS_1D, ERRORS_1D_VIEW, "toDate(bucket, 'UTC')", "toDate(ts, 'UTC')"),
)
"""Sums of errors, with the bucket as the touched hours and as a row of `errors` tell it."""
_PARAMETERS = {
    "ids": "Array(String)",
    "parts": "Array(String)",
    "word": "String",
    "projects": "Array(UInt32)",
}
_INACTIVE = """
SELECT DISTINCT table FROM system.parts
WHERE NOT active AND database = currentDatabase() AND table IN {tables:Array(String)}
"""

_NO_PARTITION = "none"
"""The id of no partition: all of them are dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A person, by every id under which rows may name them. projects: where; empty: everywhere."""

    ids: tuple[str, ...]
    projects: tuple[int, ...] = ()

    @property
    def distinctive(self) -> tuple[str, ...]:
        """The ids that are looked for inside texts too."""
        return tuple(each for each in self.ids if len(each) >= SHORTEST_DISTINCTIVE)

    @property
    def whole(self) -> tuple[str, ...]:
        """What a value as a whole may be: each id, bare and as the key of a person."""
        return tuple(dict.fromkeys(form for each in self.ids for form in key_forms(each)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many rows of a table are about the person."""

    table: str
    rows: int


class ColumnErasure:
    """Finds and erases rows. cluster: of the tables, empty on one node. Blocks."""

    def __init__(self, columns: Columns, *, cluster: str = "") -> None:
        self._columns = columns
        self._cluster = cluster

    def find(self, sought: Sought) -> list[Found]:
        """Every table that has rows of the person. Reads all text: minutes on a large store."""
        counted = (
            Found(table=table.name, rows=self._count(table, sought)) for table in _personal()
        )
        return [found for found in counted if found.rows]

    def blob_keys(self, sought: Sought) -> list[str]:
        """Keys of the blobs that the person's rows name."""
        keys: list[str] = []
        for table in _personal():
            if any(column.name == "blob" for column in table.columns):
                sql = f"SELECT DISTINCT blob FROM {table.name} WHERE blob != '' AND {_where(table)}"
                keys += [str(key) for (key,) in self._columns.rows(sql, _params(sought))]
        return keys

    def erase(self, sought: Sought, found: Sequence[Found]) -> Iterator[str]:
        """Erase the rows that were found; yields each table when its rows are gone.

        Samples go before the series that say whose they are. Hourly and daily sums of errors are
        made anew of the errors that stay.
        """
        wanted = {each.table for each in found}
        self._hold_in_memory(sought)
        if ERRORS.name in wanted:
            self._hold_touched()
        tables = sorted(
            (table for table in _personal() if table.name in wanted),
            key=lambda table: table is SERIES,
        )
        for table in tables:
            local = local_name(table.name, self._cluster)
            delete = f"DELETE WHERE {_out_of_memory(table)}"
            self._columns.execute(
                f"ALTER TABLE {local}{on_cluster(self._cluster)} {delete}", settings=_NO_HURRY
            )
            yield table.name
        if ERRORS.name in wanted:
            yield from self._sum_anew()
            tables += [ERRORS_1H, ERRORS_1D, ERROR_TOTALS_1H]
        self._columns.execute(f"DROP TABLE {_SOUGHT}{on_cluster(self._cluster)} SYNC")
        self._wait_until_gone([local_name(table.name, self._cluster) for table in tables])

    def _count(self, table: Table, sought: Sought) -> int:
        sql = f"SELECT count() FROM {table.name} WHERE {_where(table)}"
        settings = {"max_execution_time": 0}
        return int(self._columns.rows(sql, _params(sought), settings=settings)[0][0])

    def _hold_in_memory(self, sought: Sought) -> None:
        """The engine keeps the text of deletions on disk: it must not name the person."""
        on = on_cluster(self._cluster)
        self._columns.execute(f"DROP TABLE IF EXISTS {_SOUGHT}{on} SYNC")
        columns = ", ".join(f"{name} {kind}" for name, kind in _PARAMETERS.items())
        self._columns.execute(f"CREATE TABLE {_SOUGHT}{on} ({columns}) ENGINE = Memory")
        values = ", ".join(f"{{{name}:{kind}}}" for name, kind in _PARAMETERS.items())
        self._columns.execute(f"INSERT INTO {_SOUGHT} SELECT {values}", _params(sought))

    def _hold_touched(self) -> None:
        """Remember which sums count the person, before the errors that tell it are gone."""
        on = on_cluster(self._cluster)
        self._columns.execute(f"DROP TABLE IF EXISTS {_TOUCHED}{on} SYNC")
        self._columns.execute(
            f"CREATE TABLE {_TOUCHED}{on} (project_id UInt32, grouping_hash UInt64, "
            "bucket DateTime('UTC')) ENGINE = Memory"
        )
        self._columns.execute(
            f"INSERT INTO {_TOUCHED} SELECT DISTINCT project_id, grouping_hash, "
            "toStartOfHour(toDateTime(ts, 'UTC')) "
            f"FROM {ERRORS.name} WHERE {_out_of_memory(ERRORS)}"
        )

    def _sum_anew(self) -> Iterator[str]:
        """Replace the sums that counted the person; yields each table when that is done."""
        on = on_cluster(self._cluster)
        for table, view, touched, of_row in _SUMS:
            key = table.order_by[2]
            among = f"IN (SELECT project_id, grouping_hash, {touched} FROM {_TOUCHED})"
            self._columns.execute(
                f"ALTER TABLE {local_name(table.name, self._cluster)}{on} "
                f"DELETE WHERE (project_id, grouping_hash, {key}) {among}",
                settings=_NO_HURRY,
            )
            rows = (
                f"(SELECT * FROM {ERRORS.name} WHERE (project_id, grouping_hash, {of_row}) {among})"
            )
            names = ", ".join(column.name for column in table.columns)
            made = view.select.format(source=rows)
            self._columns.execute(f"INSERT INTO {table.name} ({names}) {made}")
            yield table.name
        yield self._totals_anew()
        self._columns.execute(f"DROP TABLE {_TOUCHED}{on} SYNC")

    def _totals_anew(self) -> str:
        """Replace the sums of projects, by the sums of their issues; returns the table."""
        table = ERROR_TOTALS_1H
        among = f"(project_id, bucket) IN (SELECT project_id, bucket FROM {_TOUCHED})"
        self._columns.execute(
            f"ALTER TABLE {local_name(table.name, self._cluster)}{on_cluster(self._cluster)} "
            f"DELETE WHERE {among}",
            settings=_NO_HURRY,
        )
        names = ", ".join(column.name for column in table.columns)
        self._columns.execute(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {ERRORS_1H.name} WHERE {among}"
        )
        return table.name

    def _wait_until_gone(self, tables: list[str]) -> None:
        """Deleted values stay in inactive parts until the engine removes those.

        By itself it looks every half to five minutes; to drop a partition makes it look now.
        """
        deadline = time.monotonic() + GONE_WITHIN_S
        while tables and time.monotonic() < deadline:
            found = self._columns.rows(_INACTIVE, {"tables": tables})
            if not found:
                return
            for (table,) in found:
                self._columns.execute(f"ALTER TABLE {table} DROP PARTITION ID '{_NO_PARTITION}'")
            time.sleep(1.0)


def _personal() -> list[Table]:
    return [table for table in TABLES if not table.impersonal]


def _params(sought: Sought) -> Params:
    words = "|".join(re.escape(each) for each in sought.distinctive)
    return {
        "ids": list(sought.whole),
        "parts": list(sought.distinctive),
        "word": rf"(^|[^A-Za-z0-9_])(?:{words})($|[^A-Za-z0-9_])" if words else r"\b\B",
        "projects": list(sought.projects),
    }


def _out_of_memory(table: Table) -> str:
    """`_where` with what is sought out of the table in memory."""
    condition = _where(table)
    for name, kind in _PARAMETERS.items():
        condition = condition.replace(f"{{{name}:{kind}}}", f"(SELECT {name} FROM {_SOUGHT})")
    return condition


def _where(table: Table) -> str:
    """The condition by which a row is the person's. Parameters: ids, parts, word, projects."""
    in_project = "(empty({projects:Array(UInt32)}) OR has({projects:Array(UInt32)}, project_id))"
    if table.of_series:
        series = f"SELECT series_id FROM {SERIES.name} WHERE {_where(SERIES)}"
        return f"{in_project} AND series_id IN ({series})"
    is_theirs = _names_them(table)
    if table.together:
        same = f"SELECT {table.together} FROM {table.name} WHERE {in_project} AND ({is_theirs})"
        return f"{in_project} AND {table.together} IN ({same})"
    return f"{in_project} AND ({is_theirs})"


def _names_them(table: Table) -> str:
    terms: list[str] = []
    for column in table.columns:
        if column.type.startswith("Map("):
            values = f"mapValues({column.name})"
            named = " OR ".join(
                f"has({{ids:Array(String)}}, {column.name}['{name}'])" for name in _USER_ATTRIBUTES
            )
            whole = f"hasAny({values}, {{ids:Array(String)}})"
            terms.append(whole if column.name in (table.person or ()) else f"({named})")
            terms.append(f"arrayExists(v -> {_holds('v')}, {values})")
        elif _TEXTS.match(column.type):
            one = _holds("CAST(v, 'String')")
            terms.append(f"arrayExists(v -> {one}, {column.name})")
        elif _TEXT.match(column.type) and column.type != "LowCardinality(String)":
            terms.append(_holds(f"toString({column.name})"))
        elif _TEXT.match(column.type):
            terms.append(_holds(f"CAST({column.name}, 'String')"))
        if column.name in (table.person or ()) and not column.type.startswith("Map("):
            terms.append(f"has({{ids:Array(String)}}, toString({column.name}))")
    return " OR ".join(terms)


def _holds(text: str) -> str:
    """A distinctive id stands in the text as a word; the cheap search comes first."""
    return f"(multiSearchAny({text}, {{parts:Array(String)}}) AND match({text}, {{word:String}}))"
