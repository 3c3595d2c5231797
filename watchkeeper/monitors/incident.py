"""When a job that fails has an issue, and when that is over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b

import orjson

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.monitors.schedule import MonitorConfig
from watchkeeper.monitors.types import Pending, RunStatus, State

_WHY = {
    RunStatus.ERROR: "The run failed.",
    RunStatus.MISSED: "No run came when it was due.",
    RunStatus.TIMEOUT: "The run did not end in time.",
}
_TRACE_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A run that was no success. began_ms: when it began, or should have."""

    monitor: str
    environment: str
    status: RunStatus
    began_ms: int
    release: str = ""
    trace_id: str = ""


def after_failure(
    state: State, config: MonitorConfig, *, event_id: str, at_ms: int
) -> tuple[State, bool]:
    """The state after a run that was no success; True if it is told to the issue as an event.

    state: with this failure counted. The issue opens with as many failures in a row as the config
    wants; while it is open each further one is told.
    """
    state = replace(state, recoveries=0)
    if state.incident_ms is not None:
        return replace(state, incident_event=event_id), True
    if state.failures < config.failures:
        return state, False
    pending = Pending.ASSIGN if config.owner_email else Pending.NOTHING
    return (
        replace(
            state,
            incident_ms=at_ms,
            incident_event=event_id,
            pending=pending,
            pending_ms=at_ms,
        ),
        True,
    )


def after_success(state: State, config: MonitorConfig, *, at_ms: int) -> State:
    """The state after a run that was well: with enough of them in a row the issue is resolved."""
    if state.incident_ms is None:
        return state
    state = replace(state, recoveries=state.recoveries + 1)
    if state.recoveries < config.recoveries:
        return state
    return replace(state, incident_ms=None, recoveries=0, pending=Pending.RESOLVE, pending_ms=at_ms)


def event_id_of(named: Sequence[str | int]) -> str:
    """The id of the event of a failure: the same however often it is told."""
    text = "\n".join(str(one) for one in named)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def event_json(state: State, config: MonitorConfig, run: FailedRun, *, at_ms: int) -> bytes:
    """A failure as an error event. All failures of a job in one environment are one issue.

    state: with `incident_event`. at_ms: of the event. The parts are scrubbed already.
    """
    contexts: dict[str, object] = {
        "monitor": {
            "slug": run.monitor,
            "status": run.status.value,
            "run_at": datetime.fromtimestamp(run.began_ms / SECOND_MS, UTC).isoformat(),
            "schedule": config.schedule.text() if config.schedule else "",
            "timezone": config.timezone,
            "margin_min": config.margin_min,
            "max_runtime_min": config.max_runtime_min,
            "failures_in_a_row": state.failures,
            "owner": config.owner,
        },
    }
    if len(run.trace_id) == _TRACE_DIGITS:
        contexts["trace"] = {"trace_id": run.trace_id}
    event: dict[str, object] = {
        "event_id": state.incident_event,
        "timestamp": at_ms / SECOND_MS,
        "platform": "other",
        "level": "error",
        "logger": "watchkeeper.monitors",
        "environment": run.environment,
        "fingerprint": ["watchkeeper.monitors", run.monitor, run.environment],
        "transaction": run.monitor,
        "exception": {
            "values": [{"type": f"Cron failure: {run.monitor}", "value": _WHY[run.status]}],
        },
        "tags": {"monitor.slug": run.monitor, "monitor.status": run.status.value},
        "contexts": contexts,
    }
    if run.release:
        event["release"] = run.release
    return orjson.dumps(event)
