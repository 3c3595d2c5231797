"""What each table keeps and for how long: expired days are dropped, and it can be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, SECOND_MS
from watchkeeper.store.columns import schema
from watchkeeper.store.columns.port import Columns, Params
from watchkeeper.store.columns.schema import SchemaOptions
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


_DAYS_A_RUN = 4
_OVERDUE = """
SELECT DISTINCT {day} AS day FROM {table} WHERE {overdue} ORDER BY day
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

    def __init__(
        self,
        columns: Columns,
        days: Mapping[str, int],
        projects: Mapping[int, Mapping[str, int]] | None = None,
        *,
        cluster: str = "",
    ) -> None:
        self._columns = columns
        self._days = days
        self._projects = projects or {}
        self._cluster = cluster

    def set_ttls(self) -> None:
        """Have the engine keep each table for as long as the project with the longest policy."""
        for table in _bounded():
            days = {table.name: self._longest_days(table)}
            options = SchemaOptions(cluster=self._cluster, retention_days=days)
            self._columns.execute(schema.modify_ttl(table, options))

    def delete_expired(self, now_ms: int) -> list[Dropped]:
        """Delete what is older than its own project keeps it, where others keep theirs longer.

        Whole days, the oldest first, at most `_DAYS_A_RUN` partitions of a table: each rewrites its
        parts.
        """
        done = []
        for table in _bounded():
            if self._is_kept_by_project(table):
                for day in self._overdue_days(table, now_ms)[:_DAYS_A_RUN]:
                    self._delete_day(table, day, now_ms)
                    done.append(Dropped(table=table.name, day=day))
        return done

    def _is_kept_by_project(self, table: Table) -> bool:
        """Of a table by months only if some project keeps it for days of its own: that rewrites a
        month a day, and without it the month goes as a whole.
        """
        is_own = any(table.name in days for days in self._projects.values())
        return is_own or (table.is_daily and bool(self._projects))

    def _overdue_days(self, table: Table, now_ms: int) -> list[str]:
        sql = _OVERDUE.format(table=table.name, day=_day_of(table), overdue=_overdue(table))
        return [str(day) for (day,) in self._columns.rows(sql, self._cutoffs(table, now_ms))]

    def _delete_day(self, table: Table, day: str, now_ms: int) -> None:
        local = schema.local_name(table.name, self._cluster)
        self._columns.execute(
            f"ALTER TABLE {local}{schema.on_cluster(self._cluster)} DELETE IN PARTITION ID '{day}' "
            f"WHERE {_overdue(table)}",
            self._cutoffs(table, now_ms),
            settings={"mutations_sync": 2, "max_execution_time": 0},
        )

    def _cutoffs(self, table: Table, now_ms: int) -> Params:
        """Before which day's start (Unix s) rows go: of projects by their policy, of all others."""
        own = {
            project_id: days[table.name]
            for project_id, days in self._projects.items()
            if table.name in days
        }

        def before_s(days: int) -> int:
            return (now_ms - days * DAY_MS) // DAY_MS * DAY_MS // SECOND_MS

        return {
            "projects": list(own),
            "cutoffs": [before_s(days) for days in own.values()],
            "others": before_s(self._days.get(table.name, table.ttl_days)),
        }

    def _longest_days(self, table: Table) -> int:
        own = (days.get(table.name, 0) for days in self._projects.values())
        return max(self._days.get(table.name, table.ttl_days), *own, 0)

    def _days_of(self, table: Table, project_id: int) -> int:
        default = self._days.get(table.name, table.ttl_days)
        return self._projects.get(project_id, {}).get(table.name, default)

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
        kept_ms = self._longest_days(table) * DAY_MS
        first_kept = datetime.fromtimestamp((now_ms - kept_ms) / SECOND_MS, UTC)
        params = {
            "name": table.name,
            "local": f"{table.name}_local",
            "before": first_kept.strftime("%Y%m%d"),
        }
        return [str(day) for (day,) in self._columns.rows(_DAYS_THERE, params)]

    def _kept(self, table: Table, now_ms: int) -> list[Kept]:
        sql = _OLDEST.format(column=table.ttl_column, table=table.name)
        length_ms = DAY_MS if table.is_daily else _LONGEST_MONTH_MS
        due_ms = now_ms - length_ms - DROPS_WITHIN_MS
        found = []
        for project_id, rows, oldest_s in self._columns.rows(sql):
            days, oldest_ms = self._days_of(table, int(project_id)), int(oldest_s) * SECOND_MS
            found.append(
                Kept(
                    table=table.name,
                    project_id=int(project_id),
                    days=days,
                    rows=int(rows),
                    oldest_ms=oldest_ms,
                    late_ms=max(0, due_ms - days * DAY_MS - oldest_ms),
                )
            )
        return found


def _day_of(table: Table) -> str:
    """YYYYMMDD of a row, as its partition is called."""
    by_day = table.partition_by
    return f"toYYYYMMDD({by_day})" if by_day == "day" else by_day


def _overdue(table: Table) -> str:
    """A row is older than its project keeps it. Parameters: projects, cutoffs, others."""
    return (
        f"toUnixTimestamp(toDateTime({table.ttl_column}, 'UTC')) < "
        "transform(project_id, {projects:Array(UInt32)}, {cutoffs:Array(UInt32)}, "
        "toUInt32({others:UInt32}))"
    )


def _bounded() -> list[Table]:
    """Tables whose rows end."""
    return [table for table in TABLES if table.ttl_column and table.ttl_days]
