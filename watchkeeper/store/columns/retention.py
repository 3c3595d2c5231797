"""What each table keeps and for how long: expired days are dropped, and it can be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, SECOND_MS
from watchkeeper.store.columns.port import Columns
from watchkeeper.store.columns.table import Table
from watchkeeper.store.columns.tables import TABLES

DROPS_WITHIN_MS = 2 * HOUR_MS
"""How long after its end an expired partition may still be there: the upkeep runs each hour."""

_LONGEST_MONTH_MS = 31 * DAY_MS
_DAYS_THERE = """
SELECT DISTINCT partition_id FROM system.parts
WHERE active AND database = currentDatabase() AND table IN ({name:String}, {local:String})
  AND partition_id < {before:String} ORDER BY partition_id
"""
_OLDEST = """
SELECT project_id, count(), toUnixTimestamp(toDateTime(min({column}), 'UTC'))
FROM {table} GROUP BY project_id ORDER BY project_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one project has in one table.

    days: how long a row is kept. oldest_ms: Unix ms of its oldest row. late_ms: by how much that
    row has outlived its policy, a partition's length and the time until it is dropped; 0: kept.
    """

    table: str
    project_id: int
    days: int
    rows: int
    oldest_ms: int
    late_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """One day, YYYYMMDD, of a table that was dropped because its time was over."""

    table: str
    day: str


class Retention:
    """Keeps the policy of each table. days: table → days, over the table's own."""

    def __init__(self, columns: Columns, days: Mapping[str, int]) -> None:
        self._columns = columns
        self._days = days

    def drop_expired(self, now_ms: int) -> list[Dropped]:
        """Drop every day that has expired as a whole. The engine's own TTL does the same, later."""
        dropped = []
        for table in _bounded():
            if table.is_daily:
                for day in self._expired(table, now_ms):
                    self._columns.drop_partition(table.name, day)
                    dropped.append(Dropped(table=table.name, day=day))
        return dropped

    def verify(self, now_ms: int) -> list[Kept]:
        """Reads the oldest row of each project in each table. Takes seconds on a large store."""
        return [kept for table in _bounded() for kept in self._kept(table, now_ms)]

    def _expired(self, table: Table, now_ms: int) -> list[str]:
        """Days all of whose rows are older than the policy."""
        first_kept = datetime.fromtimestamp((now_ms - self._keep_ms(table)) / SECOND_MS, UTC)
        params = {
            "name": table.name,
            "local": f"{table.name}_local",
            "before": first_kept.strftime("%Y%m%d"),
        }
        return [str(day) for (day,) in self._columns.rows(_DAYS_THERE, params)]

    def _kept(self, table: Table, now_ms: int) -> list[Kept]:
        sql = _OLDEST.format(column=table.ttl_column, table=table.name)
        length_ms = DAY_MS if table.is_daily else _LONGEST_MONTH_MS
        due_ms = now_ms - self._keep_ms(table) - length_ms - DROPS_WITHIN_MS
        return [
            Kept(
                table=table.name,
                project_id=int(project_id),
                days=self._keep_ms(table) // DAY_MS,
                rows=int(rows),
                oldest_ms=int(oldest_s) * SECOND_MS,
                late_ms=max(0, due_ms - int(oldest_s) * SECOND_MS),
            )
            for project_id, rows, oldest_s in self._columns.rows(sql)
        ]

    def _keep_ms(self, table: Table) -> int:
        return self._days.get(table.name, table.ttl_days) * DAY_MS


def _bounded() -> list[Table]:
    """Tables whose rows end."""
    return [table for table in TABLES if table.ttl_column and table.ttl_days]
