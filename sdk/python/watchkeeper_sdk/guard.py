"""The line between telemetry and the app: what fails on this side stays on it."""

from __future__ import annotations

import logging
from types import TracebackType

_log = logging.getLogger(__name__)


class Guard:
    """Keeps an error within its block from the app; the debug log tells `what` came of it.

    KeyboardInterrupt and SystemExit pass: they are not telemetry's.
    """

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        _log.debug(self._what, exc_info=error)
        return True
