"""The web API of sentry-cli, bundler plugins and release scripts. Spec: docs/wire/sentry-api.md."""

from watchkeeper.api.compat.sentry.desk import Desk
from watchkeeper.api.compat.sentry.routes import sentry_api_routes

__all__ = ["Desk", "sentry_api_routes"]
