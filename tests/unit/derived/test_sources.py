from __future__ import annotations

import pytest

from watchkeeper.derived import LogsSource, SessionsSource, Source, SpansSource
from watchkeeper.issues import ErrorsSource
from watchkeeper.monitors import CheckInsSource
from watchkeeper.store.columns import TABLES

SOURCES: list[Source] = [
    ErrorsSource(),
    SpansSource(),
    LogsSource(),
    SessionsSource(),
    CheckInsSource(),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_table_of_a_source_says_of_each_row_when_it_was_received(source: Source) -> None:
    (table,) = [table for table in TABLES if table.name == source.table]

    assert {"project_id", "received"} <= {column.name for column in table.columns}
