"""OpenTelemetry's protocol over HTTP. docs/wire/otlp.md.

What every signal shares lives here: requests, keys, attributes, answers. A signal is a folder.
"""

from watchkeeper.ingest.protocols.otlp.endpoint import OtlpEndpoint
from watchkeeper.ingest.protocols.otlp.logs import LogsSignal
from watchkeeper.ingest.protocols.otlp.metrics import MetricsSignal
from watchkeeper.ingest.protocols.otlp.options import OtlpOptions
from watchkeeper.ingest.protocols.otlp.traces import TracesSignal

__all__ = ["LogsSignal", "MetricsSignal", "OtlpEndpoint", "OtlpOptions", "TracesSignal"]
