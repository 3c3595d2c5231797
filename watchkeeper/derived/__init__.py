"""Series that are computed from stored rows, so that one rule engine alerts on everything; and
what of traces can only be told once all of them has come.

Rule: docs/spec/derived-series.md.
"""

from watchkeeper.derived.counters import INTERVAL_MS, OTHER, Burst, Group, Growth, group_of
from watchkeeper.derived.logs import LogsSource
from watchkeeper.derived.repo import SourceTable
from watchkeeper.derived.series import Derived, Source
from watchkeeper.derived.service_calls import ServiceCalls
from watchkeeper.derived.sessions import SessionsSource
from watchkeeper.derived.spans import SpansSource
from watchkeeper.derived.torn_traces import TornTraceMetrics, TornTraces

__all__ = [
    "INTERVAL_MS",
    "OTHER",
    "Burst",
    "Derived",
    "Group",
    "Growth",
    "LogsSource",
    "ServiceCalls",
    "SessionsSource",
    "Source",
    "SourceTable",
    "SpansSource",
    "TornTraceMetrics",
    "TornTraces",
    "group_of",
]
