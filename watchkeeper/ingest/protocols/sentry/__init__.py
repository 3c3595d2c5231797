"""Sentry's ingest protocol. docs/wire/sentry.md."""

from watchkeeper.ingest.protocols.sentry.categories import Category, limited_as
from watchkeeper.ingest.protocols.sentry.endpoint import SentryEndpoint, SentryOptions

__all__ = ["Category", "SentryEndpoint", "SentryOptions", "limited_as"]
