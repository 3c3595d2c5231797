"""A folder for each wire protocol: `parse.py` knows bytes, `endpoint.py` knows our side."""

from watchkeeper.ingest.protocols.remote_write import RemoteWriteEndpoint
from watchkeeper.ingest.protocols.sentry import SentryEndpoint, SentryOptions

__all__ = ["RemoteWriteEndpoint", "SentryEndpoint", "SentryOptions"]
