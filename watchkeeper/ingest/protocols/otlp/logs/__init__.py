"""OpenTelemetry logs as log lines."""

from watchkeeper.ingest.protocols.otlp.logs.signal import LogsSignal

__all__ = ["LogsSignal"]
