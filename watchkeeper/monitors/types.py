"""The nouns of monitors. Times are Unix ms UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.monitors.schedule import MonitorConfig


class Pending(StrEnum):
    """What is still to be done to the issue of a job, once its event is stored."""

    NOTHING = ""
    ASSIGN = "assign"
    RESOLVE = "resolve"


class RunStatus(StrEnum):
    """How far a run is, in the words of the SDKs; the last two are ours."""

    IN_PROGRESS = "in_progress"
    OK = "ok"
    ERROR = "error"
    MISSED = "missed"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """One message about one run. ts_ms: when it says it was; config: empty if none was told."""

    project_id: int
    monitor: str
    environment: str
    check_in_id: str
    status: RunStatus
    ts_ms: int
    duration_ms: int = 0
    config: bytes = b""
    release: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a job stands in one environment.

    last_ms: of its last run's beginning; last_ok_ms: of the last that was well; next_ms: when the
    next is due, None without a schedule. run_id, run_ms: of the run that goes on, if one does.
    failures: how many runs in a row were no success.

    incident_ms: since when the job has an open issue, None: it has none; recoveries: runs in a row
    that were well since. incident_event: id of the newest event of its issue. pending, pending_ms:
    what is still to be done to the issue, and since when.
    """

    status: RunStatus = RunStatus.OK
    last_ms: int | None = None
    last_ok_ms: int | None = None
    next_ms: int | None = None
    run_id: str = ""
    run_ms: int | None = None
    failures: int = 0
    incident_ms: int | None = None
    incident_event: str = ""
    recoveries: int = 0
    pending: Pending = Pending.NOTHING
    pending_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorEnvironment:
    """A job in one environment. is_late: due, and not yet missed."""

    environment: str
    state: State
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """Runs of a range by what became of them."""

    ok: int = 0
    error: int = 0
    missed: int = 0
    timeout: int = 0
    in_progress: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A scheduled job. runs: of the asked range; ok_ratios: by equal slots of it, None: no run."""

    slug: str
    config: MonitorConfig
    created_ms: int
    environments: Sequence[MonitorEnvironment]
    runs: RunCounts
    ok_ratios: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a job. ts_ms: when it began, or should have. duration_ms: None if unknown."""

    check_in_id: str
    status: RunStatus
    ts_ms: int
    duration_ms: int | None
    environment: str
    release: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorPage:
    """A job and its last runs in the range, newest first."""

    monitor: Monitor
    runs: Sequence[Run]
