"""Prometheus remote read: another Prometheus asks for our samples. docs/wire/remote-read.md."""

from watchkeeper.api.compat.remote_read.endpoint import remote_read_routes
from watchkeeper.api.compat.remote_read.native import spans_of

__all__ = ["remote_read_routes", "spans_of"]
