"""Prometheus remote write. docs/wire/remote-write.md."""

from watchkeeper.ingest.protocols.remote_write.endpoint import RemoteWriteEndpoint

__all__ = ["RemoteWriteEndpoint"]
