"""Writes this process's own metrics, logs and errors into the built-in project."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter

from watchkeeper.lib.clock import Clock
from watchkeeper.lib.telemetry.capture import OwnLog, OwnLogs
from watchkeeper.lib.telemetry.registry import OwnSample, snapshot

INTERVAL_S = 30.0
JOB = "watchkeeper"


class OwnSink(Protocol):
    """Where rows about ourselves go: the internal road into the built-in project. May block."""

    def samples(self, rows: Sequence[OwnSample], at_ms: int) -> None: ...

    def logs(self, rows: Sequence[OwnLog]) -> None: ...

    def error(self, event_json: bytes) -> None:
        """One event in Sentry's form."""
        ...


class SelfWatch:
    """Run `run_once` every INTERVAL_S seconds, in every process, each with its own registry.

    process: the `instance` label of all that is written. release: the program's version.
    """

    def __init__(
        self, *, registry: CollectorRegistry, logs: OwnLogs, sink: OwnSink, clock: Clock,
        process: str, release: str,
    ) -> None:  # fmt: skip
        self._registry = registry
        self._logs = logs
        self._sink = sink
        self._clock = clock
        self._process = process
        self._release = release
        dropped = Counter(
            "watchkeeper_own_logs_dropped_total",
            "Own log lines that found the buffer full.",
            registry=registry,
        )
        self._dropped = dropped
        self._dropped_seen = 0

    def run_once(self) -> int:
        """Write what there is; returns the rows written. What could not be written is kept."""
        self._count_dropped()
        now_ms = self._clock()
        rows = snapshot(self._registry, {"job": JOB, "instance": self._process})
        self._sink.samples([*rows, self._up()], now_ms)
        return len(rows) + 1 + self._write_logs()

    def _write_logs(self) -> int:
        lines = self._logs.take()
        if not lines:
            return 0
        try:
            self._sink.logs(lines)
        except Exception:
            self._logs.put_back(lines)
            raise
        for line in lines:
            if line.error is not None:
                self._sink.error(self._event(line, line.error))
        return len(lines)

    def _up(self) -> OwnSample:
        labels = (("__name__", "up"), ("instance", self._process), ("job", JOB))
        return OwnSample(labels, 1.0)

    def _event(self, line: OwnLog, exception: object) -> bytes:
        event = {
            "event_id": uuid.uuid4().hex,
            "timestamp": line.ts_ms / 1000,
            "platform": "python",
            "level": "fatal" if line.severity == "critical" else "error",
            "logger": line.logger,
            "logentry": {"formatted": line.body},
            "exception": exception,
            "release": self._release,
            "server_name": self._process,
            "tags": dict(line.attributes),
        }
        return json.dumps(event, ensure_ascii=False).encode()

    def _count_dropped(self) -> None:
        now = self._logs.dropped
        self._dropped.inc(now - self._dropped_seen)
        self._dropped_seen = now
