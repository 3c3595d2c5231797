"""The road of what a process tells about itself into the built-in project."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from watchkeeper.app.loops import Loop
from watchkeeper.ingest import Acceptor, SampleBatch
from watchkeeper.ingest.pipeline import SentLog, finish_log
from watchkeeper.lib.clock import NS_A_MS, SECOND_MS, Clock
from watchkeeper.lib.telemetry import OwnLog, OwnSample, SelfWatch
from watchkeeper.lib.telemetry.selfwatch import INTERVAL_S
from watchkeeper.privacy import Scrubber

SELF_WATCH_MS = round(INTERVAL_S * SECOND_MS)


def self_watch_loop(watch: SelfWatch, clock: Clock) -> Loop:
    """Writes at the same instants in every process, so that it is digested in few pieces."""

    def run() -> float:
        watch.run_once()
        return (SELF_WATCH_MS - clock() % SELF_WATCH_MS) / SECOND_MS

    return Loop(name="self-watch", period_s=SELF_WATCH_MS / SECOND_MS, run=run)


class OwnRoad:
    """Implements `OwnSink`: our own rows take the same way as everybody's, scrubbing included."""

    def __init__(self, acceptor: Acceptor, scrubber: Scrubber, *, project_id: int) -> None:
        self._acceptor = acceptor
        self._scrubber = scrubber
        self._project_id = project_id

    def samples(self, rows: Sequence[OwnSample], at_ms: int) -> None:
        """One sample of each series, all at one instant."""
        batch = SampleBatch(
            series=[row.labels for row in rows],
            ts_ms=np.full(len(rows), at_ms, np.int64),
            values=np.array([row.value for row in rows], np.float64),
        )
        self._acceptor.accept_samples_blocking(self._project_id, batch)

    def logs(self, rows: Sequence[OwnLog]) -> None:
        """Our own log lines."""
        lines = [
            finish_log(
                SentLog(
                    body=row.body,
                    source="watchkeeper",
                    ts_ns=row.ts_ms * NS_A_MS,
                    severity=row.severity,
                    service="watchkeeper",
                    attributes={**row.attributes, "logger": row.logger},
                ),
                received_ms=row.ts_ms,
                scrubber=self._scrubber,
            )
            for row in rows
        ]
        self._acceptor.accept_logs_blocking(self._project_id, lines)

    def error(self, event_json: bytes) -> None:
        """One of our own errors, in Sentry's form."""
        event = self._scrubber.scrub_event(json.loads(event_json))
        self._acceptor.accept_error_blocking(self._project_id, json.dumps(event).encode())
