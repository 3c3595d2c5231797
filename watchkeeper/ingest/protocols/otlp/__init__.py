"""OpenTelemetry's protocol over HTTP. docs/wire/otlp.md.

What every signal shares lives here: requests, keys, attributes, answers. A signal is a folder.
"""

from watchkeeper.ingest.protocols.otlp.endpoint import OtlpEndpoint
from watchkeeper.ingest.protocols.otlp.metrics import MetricsSignal
from watchkeeper.ingest.protocols.otlp.options import OtlpOptions

__all__ = ["MetricsSignal", "OtlpEndpoint", "OtlpOptions"]
