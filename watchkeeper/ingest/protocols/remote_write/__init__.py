"""Prometheus remote write. docs/wire/remote-write.md."""

from watchkeeper.ingest.protocols.remote_write.endpoint import RemoteWriteEndpoint
from watchkeeper.ingest.protocols.remote_write.options import RemoteWriteOptions

__all__ = ["RemoteWriteEndpoint", "RemoteWriteOptions"]
