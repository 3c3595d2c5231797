"""OpenTelemetry traces as spans."""

from watchkeeper.ingest.protocols.otlp.traces.signal import TracesSignal

__all__ = ["TracesSignal"]
