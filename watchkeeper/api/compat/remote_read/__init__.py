"""Prometheus remote read: another Prometheus asks for our samples. docs/wire/remote-read.md."""

from watchkeeper.api.compat.remote_read.endpoint import remote_read_routes

__all__ = ["remote_read_routes"]
