"""Sets up the process's log: one line an event on standard error, JSON or text."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

import structlog
from prometheus_client import CollectorRegistry
from structlog.typing import Processor

from watchkeeper.lib.telemetry.capture import OwnLogs, log_unhandled
from watchkeeper.lib.telemetry.loops import LoopGuard
from watchkeeper.lib.telemetry.registry import new_registry

LIBRARY_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access")
"""They may have been given handlers of their own; here they write as everybody does."""
QUIET_LOGGERS = ("uvicorn.access", "httpx", "httpcore", "asyncio", "alembic")


class LogFormat(StrEnum):
    """AUTO: text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """One process's registry, its captured log lines, and the guard of its loops."""

    registry: CollectorRegistry
    logs: OwnLogs
    loops: LoopGuard
    process: str
    version: str


def start_telemetry(
    *, process: str, version: str, level: str = "info", log_format: str = LogFormat.AUTO,
    stream: TextIO | None = None,
) -> Telemetry:  # fmt: skip
    """Configure logging for this process, once, and return what its rooms are handed.

    process: a short name such as `edge`; it is on every log line and every metric.
    """
    logs = OwnLogs()
    _configure_logs(process, level, LogFormat(log_format), stream or sys.stderr, logs)
    log_unhandled()
    registry = new_registry(version=version)
    return Telemetry(
        registry=registry, logs=logs, loops=LoopGuard(registry), process=process, version=version
    )


def _configure_logs(
    process: str, level: str, log_format: LogFormat, stream: TextIO, logs: OwnLogs
) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _process_name(process),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(log_format, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler, logs]
    root.setLevel(level.upper())
    for name in LIBRARY_LOGGERS:
        library = logging.getLogger(name)
        library.handlers, library.propagate, library.disabled = [], True, False
        library.setLevel(logging.NOTSET)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderers(log_format: LogFormat, stream: TextIO) -> list[Processor]:
    if log_format is LogFormat.JSON or (log_format is LogFormat.AUTO and not stream.isatty()):
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=stream.isatty())]


def _process_name(process: str) -> Processor:
    def add(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event.setdefault("process", process)
        return event

    return add
