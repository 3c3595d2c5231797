"""What a platform does: deployments, builds, function calls, API calls, domains, certificates."""

from watchkeeper.ingest.protocols.platform.endpoint import PlatformEndpoint
from watchkeeper.ingest.protocols.platform.events import (
    PlatformEvent,
    RefusedEvent,
    Subject,
    TooManyEvents,
    read_events,
)
from watchkeeper.ingest.protocols.platform.translate import Told, tell

__all__ = [
    "PlatformEndpoint",
    "PlatformEvent",
    "RefusedEvent",
    "Subject",
    "Told",
    "TooManyEvents",
    "read_events",
    "tell",
]
