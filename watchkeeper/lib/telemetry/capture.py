"""Keeps this process's own warnings and errors until a loop writes them to the store."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

MAX_KEPT = 1_000
MAX_TEXT = 4_000

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLog:
    """One line of our own log. error: a Sentry event's `exception` part when one was logged."""

    ts_ms: int
    severity: str
    logger: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, object] | None = None


class OwnLogs(logging.Handler):
    """A bounded buffer of log lines at WARNING and above. Thread-safe.

    dropped: lines that found the buffer full since the start.
    """

    def __init__(self, *, max_kept: int = MAX_KEPT) -> None:
        super().__init__(level=logging.WARNING)
        self._kept: deque[OwnLog] = deque()
        self._max_kept = max_kept
        self._guard = threading.Lock()
        self.dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        line = _own_log(record)
        with self._guard:
            if len(self._kept) >= self._max_kept:
                self.dropped += 1
            else:
                self._kept.append(line)

    def take(self) -> list[OwnLog]:
        """Everything kept so far, oldest first; the buffer is empty afterwards."""
        with self._guard:
            taken = list(self._kept)
            self._kept.clear()
        return taken

    def put_back(self, lines: list[OwnLog]) -> None:
        """Return lines that could not be written; those that do not fit are dropped and counted."""
        with self._guard:
            room = self._max_kept - len(self._kept)
            kept = lines[len(lines) - room :] if room < len(lines) else lines
            self.dropped += len(lines) - len(kept)
            self._kept.extendleft(reversed(kept))


def log_unhandled() -> None:
    """Send exceptions that nobody caught, in any thread, to the log instead of bare stderr."""
    logger = logging.getLogger("watchkeeper")

    def of_main(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            logger.critical("unhandled exception", exc_info=(kind, error, trace))

    def of_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            name = args.thread.name if args.thread else "?"
            logger.critical(
                "unhandled exception in thread %s", name,
                exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            )  # fmt: skip

    sys.excepthook = of_main
    threading.excepthook = of_thread


def _own_log(record: logging.LogRecord) -> OwnLog:
    fields = _fields(record)
    exc_info = record.exc_info or fields.pop("exc_info", None)
    body = str(fields.pop("event", "")) or record.getMessage()
    error = _exc_info(exc_info)
    return OwnLog(
        ts_ms=int(record.created * 1000),
        severity=record.levelname.lower(),
        logger=record.name,
        body=body[:MAX_TEXT],
        attributes={
            key: str(value)[:MAX_TEXT] for key, value in fields.items() if not key.startswith("_")
        },
        error=exception_part(error) if error else None,
    )


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """structlog hands its event over as a dict in `msg`; plain loggers send text."""
    return dict(record.msg) if isinstance(record.msg, dict) else {}


def _exc_info(value: object) -> ExcInfo | None:
    if value is True:
        value = sys.exc_info()
    if isinstance(value, BaseException):
        return type(value), value, value.__traceback__
    if isinstance(value, tuple) and len(value) == 3 and isinstance(value[1], BaseException):
        return value[0], value[1], value[2]
    return None


def exception_part(exc_info: ExcInfo) -> dict[str, object]:
    """The `exception` part of a Sentry event: no local values, so no secrets of a request."""
    kind, error, trace = exc_info
    frames = [
        {
            "filename": frame.filename.rpartition("/watchkeeper/")[2],
            "abs_path": frame.filename,
            "function": frame.name,
            "lineno": frame.lineno,
            "context_line": frame.line or "",
            "in_app": "/watchkeeper/" in frame.filename,
        }
        for frame in traceback.extract_tb(trace)
    ]
    value = {"type": kind.__name__, "value": str(error)[:MAX_TEXT], "module": kind.__module__}
    return {"values": [{**value, "stacktrace": {"frames": frames}}]}
