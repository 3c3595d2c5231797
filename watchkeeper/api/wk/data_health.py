"""What Watchkeeper knows of itself."""

from __future__ import annotations

from fastapi import APIRouter

from watchkeeper.api.wk.shapes import ERRORS, Answer

router = APIRouter(tags=["data health"], responses=ERRORS)


class SpoolState(Answer):
    """lag_ms: age of the oldest record that is not in the store yet."""

    depth_bytes: int
    limit_bytes: int
    lag_ms: int


class AcceptedSignal(Answer):
    """records: since the server started; per_s: over the last 5 min."""

    signal: str
    records: int
    per_s: float


class DropCount(Answer):
    """records that were refused since the server started."""

    reason: str
    count: int


class StoreSize(Answer):
    """What one table takes, active parts only."""

    table: str
    rows: int
    bytes_on_disk: int


class ProcessState(Answer):
    """restarts: of the process by its supervisor."""

    name: str
    rss_bytes: int
    restarts: int
    started_ms: int


class DataHealthAnswer(Answer):
    """The page Data health. dead_letters: records that no store would take."""

    spool: SpoolState
    accepted: list[AcceptedSignal]
    drops: list[DropCount]
    stores: list[StoreSize]
    processes: list[ProcessState]
    dead_letters: int


@router.get("/orgs/{org}/data-health")
def get_data_health(org: str) -> DataHealthAnswer:
    """Queues, drops by reason, sizes and processes of this server. Needs role admin."""
    raise NotImplementedError
