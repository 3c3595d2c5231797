"""Scheduled jobs that check in: who is late, who never came, who failed or took too long."""

from watchkeeper.monitors.derived import CheckInsSource
from watchkeeper.monitors.desk import Monitors
from watchkeeper.monitors.types import (
    Monitor,
    MonitorEnvironment,
    MonitorPage,
    Run,
    RunCounts,
    RunStatus,
)
from watchkeeper.monitors.watch import IncidentIssues, MonitorWatch

__all__ = [
    "CheckInsSource",
    "IncidentIssues",
    "Monitor",
    "MonitorEnvironment",
    "MonitorPage",
    "MonitorWatch",
    "Monitors",
    "Run",
    "RunCounts",
    "RunStatus",
]
