"""Prometheus remote write. docs/wire/remote-write.md."""

from watchkeeper.ingest.protocols.remote_write.endpoint import RemoteWriteEndpoint
from watchkeeper.ingest.protocols.remote_write.messages import (
    are_valid,
    metric_type,
    read_histogram,
    read_sample,
)
from watchkeeper.ingest.protocols.remote_write.wire import MalformedWrite

__all__ = [
    "MalformedWrite",
    "RemoteWriteEndpoint",
    "are_valid",
    "metric_type",
    "read_histogram",
    "read_sample",
]
