"""Expired days are dropped, and what outlives its policy is seen, on either form of the store."""

from __future__ import annotations

import pytest

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, system_clock
from watchkeeper.store.columns import Columns, Retention, samples_block

NOW_MS = system_clock() // DAY_MS * DAY_MS + 5 * HOUR_MS
"""Of today: the engine itself drops what is older than the table's own policy."""
KEPT_DAYS = 30
COLUMNS = ["project_id", "series_id", "ts", "value"]


@pytest.fixture
def retention(columns: Columns) -> Retention:
    columns.execute("TRUNCATE TABLE samples")
    return Retention(columns, {"samples": KEPT_DAYS})


def write(columns: Columns, project: int, *days_old: int) -> None:
    times = [NOW_MS - days * DAY_MS for days in days_old]
    count = len(times)
    block = samples_block([project] * count, [project] * count, times, [1.0] * count)
    columns.insert("samples", COLUMNS, block, token=None)


def ages(columns: Columns) -> list[int]:
    rows = columns.rows("SELECT toUnixTimestamp64Milli(ts) FROM samples ORDER BY ts DESC")
    return [(NOW_MS - int(at_ms)) // DAY_MS for (at_ms,) in rows]


def test_only_whole_expired_days_go(columns: Columns, retention: Retention) -> None:
    write(columns, 1, 0, KEPT_DAYS, KEPT_DAYS + 1, KEPT_DAYS + 2)
    write(columns, 2, 1, KEPT_DAYS + 9)

    dropped = retention.drop_expired(NOW_MS)

    assert [each.table for each in dropped] == ["samples"] * 3
    assert ages(columns) == [0, 1, KEPT_DAYS]
    assert retention.drop_expired(NOW_MS) == []


def test_what_outlives_its_policy_is_seen(columns: Columns, retention: Retention) -> None:
    write(columns, 1, 0, KEPT_DAYS)
    write(columns, 2, KEPT_DAYS + 3)

    found = {k.project_id: k for k in retention.verify(NOW_MS) if k.table == "samples"}

    assert (found[1].days, found[1].rows, found[1].late_ms) == (KEPT_DAYS, 2, 0)
    assert found[1].oldest_ms == NOW_MS - KEPT_DAYS * DAY_MS
    assert found[2].late_ms == 2 * DAY_MS - 2 * HOUR_MS
    retention.drop_expired(NOW_MS)
    assert not any(each.late_ms for each in retention.verify(NOW_MS))
