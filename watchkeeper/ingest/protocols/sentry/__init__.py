"""Sentry's ingest protocol. docs/wire/sentry.md."""

from watchkeeper.ingest.protocols.sentry.endpoint import SentryEndpoint, SentryOptions

__all__ = ["SentryEndpoint", "SentryOptions"]
