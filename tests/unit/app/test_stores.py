"""Which tables a signal lies in, so that its days hold for all of them."""

from __future__ import annotations

from watchkeeper.app.config import Config
from watchkeeper.app.stores import SIGNAL_TABLES, retention_days
from watchkeeper.store.columns import TABLES

_KEPT_BY_THEMSELVES = {
    "samples_1h", "samples_1d",  # roll-ups, with settings of their own
    "errors_1h", "errors_1d", "error_totals_1h",  # counts outlive what they count
    "operations_1m", "operations_1h", "operations_1d",  # so do these
    "series", "check_ins", "session_states",
}  # fmt: skip


def test_every_table_that_ends_belongs_to_one_signal_or_is_known_to_be_kept_by_itself() -> None:
    of_signals = [name for names in SIGNAL_TABLES.values() for name in names]
    ending = {table.name for table in TABLES if table.ttl_days}

    assert len(of_signals) == len(set(of_signals))
    assert set(of_signals) == ending - _KEPT_BY_THEMSELVES


def test_all_that_spans_and_lines_lie_in_is_kept_for_the_days_that_are_set() -> None:
    days = retention_days(Config())

    assert {days[name] for name in SIGNAL_TABLES["spans"]} == {14}
    assert {days[name] for name in SIGNAL_TABLES["logs"]} == {7}
