"""OTLP metrics as Prometheus series. docs/wire/otlp.md."""

from watchkeeper.ingest.protocols.otlp.metrics.signal import MetricsSignal

__all__ = ["MetricsSignal"]
