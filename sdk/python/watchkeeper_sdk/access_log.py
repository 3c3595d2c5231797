"""One log line an answered request."""

from __future__ import annotations

import logging
import time

from sentry_sdk.integrations.logging import ignore_logger

from watchkeeper_sdk.request_context import RequestContext

_log = logging.getLogger("watchkeeper_sdk.requests")
ignore_logger(_log.name)  # its lines are logs, not issues: the error itself is reported


def log_request(request: RequestContext, *, status: int, route: str, start_s: float) -> None:
    """WARNING for a caller's fault, ERROR for the app's. start_s: of `time.perf_counter`."""
    level = logging.INFO if status < 400 else logging.WARNING
    took_ms = round((time.perf_counter() - start_s) * 1000, 2)
    _log.log(
        logging.ERROR if status >= 500 else level,
        "%s %s %s",
        request.method,
        request.path,
        status,
        extra={"status": status, "route": route, "duration_ms": took_ms},
    )
