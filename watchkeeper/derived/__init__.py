"""Series that are computed from stored rows, so that one rule engine alerts on everything.

Rule: docs/spec/derived-series.md.
"""

from watchkeeper.derived.counters import INTERVAL_MS, OTHER, Burst, Group, Growth, group_of
from watchkeeper.derived.logs import LogsSource
from watchkeeper.derived.repo import SourceTable
from watchkeeper.derived.series import Derived, Source
from watchkeeper.derived.sessions import SessionsSource
from watchkeeper.derived.spans import SpansSource

__all__ = [
    "INTERVAL_MS",
    "OTHER",
    "Burst",
    "Derived",
    "Group",
    "Growth",
    "LogsSource",
    "SessionsSource",
    "Source",
    "SourceTable",
    "SpansSource",
    "group_of",
]
