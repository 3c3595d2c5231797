"""What the server tells of itself: metrics, logs, and loops that do not die silently."""

from watchkeeper.lib.telemetry.capture import OwnLog, OwnLogs
from watchkeeper.lib.telemetry.loops import LoopGuard
from watchkeeper.lib.telemetry.registry import OwnSample, new_registry, snapshot
from watchkeeper.lib.telemetry.selfwatch import OwnSink, SelfWatch
from watchkeeper.lib.telemetry.setup import LogFormat, Telemetry, start_telemetry

__all__ = [
    "LogFormat",
    "LoopGuard",
    "OwnLog",
    "OwnLogs",
    "OwnSample",
    "OwnSink",
    "SelfWatch",
    "Telemetry",
    "new_registry",
    "snapshot",
    "start_telemetry",
]
