"""Prometheus remote read: another Prometheus asks for our samples. docs/wire/remote-read.md."""

from watchkeeper.api.compat.remote_read.endpoint import remote_read_routes
from watchkeeper.api.compat.remote_read.native import bucket_fields

__all__ = ["bucket_fields", "remote_read_routes"]
