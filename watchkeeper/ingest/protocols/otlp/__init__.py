"""OpenTelemetry's protocol over HTTP and gRPC. docs/wire/otlp.md.

What every signal shares lives here: requests, keys, attributes, answers. A signal is a folder.
"""

from watchkeeper.ingest.protocols.otlp.endpoint import OtlpEndpoint, Signal
from watchkeeper.ingest.protocols.otlp.grpc_port import GrpcPort
from watchkeeper.ingest.protocols.otlp.grpc_server import OtlpGrpc
from watchkeeper.ingest.protocols.otlp.logs import LogsSignal
from watchkeeper.ingest.protocols.otlp.metrics import MetricsSignal
from watchkeeper.ingest.protocols.otlp.options import OtlpOptions
from watchkeeper.ingest.protocols.otlp.traces import TracesSignal

__all__ = [
    "GrpcPort",
    "LogsSignal",
    "MetricsSignal",
    "OtlpEndpoint",
    "OtlpGrpc",
    "OtlpOptions",
    "Signal",
    "TracesSignal",
]
