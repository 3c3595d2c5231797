"""One call that makes an app report to Watchkeeper."""

from __future__ import annotations

import logging
import os
from typing import Any

import sentry_sdk

from watchkeeper_sdk.app_errors import AppError

_log = logging.getLogger(__name__)


def init(
    dsn: str | None = None,
    *,
    environment: str | None = None,
    release: str | None = None,
    traces_sample_rate: float = 1.0,
    **more: Any,
) -> bool:
    """Report errors, timings and logs to the project of this DSN; `more` goes to sentry-sdk.

    dsn: the default is the variable WATCHKEEPER_DSN, else SENTRY_DSN. environment, release: the
    default is WATCHKEEPER_ENVIRONMENT and WATCHKEEPER_RELEASE. Returns False, and says why in the
    log, when nothing will be sent; the app goes on either way.
    """
    address = dsn or os.environ.get("WATCHKEEPER_DSN") or os.environ.get("SENTRY_DSN")
    if not address:
        _log.warning("watchkeeper: no DSN, nothing will be sent; set WATCHKEEPER_DSN")
        return False
    options: dict[str, Any] = {"enable_logs": True, **more}
    options["before_send"] = _before_send(options.get("before_send"))
    try:
        sentry_sdk.init(
            dsn=address,
            environment=environment or os.environ.get("WATCHKEEPER_ENVIRONMENT"),
            release=release or os.environ.get("WATCHKEEPER_RELEASE"),
            traces_sample_rate=traces_sample_rate,
            **options,
        )
    except Exception as error:  # the app goes on without us
        _log.warning("watchkeeper: not started: %s", error)
        return False
    return True


def _before_send(own: Any) -> Any:
    """Errors that only tell a caller what was wrong are logged, not reported."""

    def chosen(event: Any, hint: Any) -> Any:
        raised = (hint.get("exc_info") or (None, None))[1]
        if isinstance(raised, AppError) and not raised.is_own_fault:
            return None
        return own(event, hint) if own else event

    return chosen
