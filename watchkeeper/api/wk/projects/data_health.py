"""What Watchkeeper knows of itself."""

from __future__ import annotations

from watchkeeper.api import repo
from watchkeeper.api.auth import OrgMember, RoomsHere
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.spool_state import spool_state
from watchkeeper.api.wk.charts import by_label
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer

router = LateRouter(tags=["data health"], responses=ERRORS)


class SpoolState(Answer):
    """lag_ms: age of the oldest record that is not in the store yet."""

    depth_bytes: int
    limit_bytes: int
    lag_ms: int


class AcceptedSignal(Answer):
    """signal: kind of record; records: since the server started; per_s: over 5 minutes."""

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
    """restarts: of the process by its supervisor; started_ms: null when it is not known."""

    name: str
    rss_bytes: int
    restarts: int
    started_ms: int | None


class DataHealthAnswer(Answer):
    """The page Data health. dead_letters: records that no store would take."""

    spool: SpoolState
    accepted: list[AcceptedSignal]
    drops: list[DropCount]
    stores: list[StoreSize]
    processes: list[ProcessState]
    dead_letters: int


@router.get("/orgs/{org}/data-health")
def get_data_health(rooms: RoomsHere, member: OrgMember) -> DataHealthAnswer:
    """Queues, drops by reason, sizes and processes of this server. Needs role member.

    Counters are those that the server's processes wrote about themselves, at most 30 s old.
    """
    state = spool_state(rooms)
    with rooms.meta.read() as conn:
        buried = repo.dead_letters(conn, member.project_ids)
    return DataHealthAnswer(
        spool=SpoolState(
            depth_bytes=state.depth_bytes,
            limit_bytes=rooms.options.spool_limit_bytes,
            lag_ms=state.lag_ms,
        ),
        accepted=_accepted(rooms),
        drops=_drops(rooms),
        stores=[
            StoreSize(table=each.table, rows=each.rows, bytes_on_disk=each.bytes_on_disk)
            for each in rooms.columns.sizes()
        ],
        processes=_processes(rooms),
        dead_letters=buried,
    )


def _own(rooms: Rooms, query: str, label: str) -> dict[str, float]:
    """What our processes last said of themselves, by one label."""
    return by_label(rooms.engine, rooms.built_in, query, rooms.clock(), label)


def _accepted(rooms: Rooms) -> list[AcceptedSignal]:
    counts = _own(rooms, "sum by (kind) (watchkeeper_ingest_accepted_total)", "kind")
    rates = _own(rooms, "sum by (kind) (rate(watchkeeper_ingest_accepted_total[5m]))", "kind")
    return [
        AcceptedSignal(signal=kind, records=int(count), per_s=rates.get(kind, 0.0))
        for kind, count in sorted(counts.items())
    ]


def _drops(rooms: Rooms) -> list[DropCount]:
    counts = _own(rooms, "sum by (reason) (watchkeeper_ingest_dropped_total) > 0", "reason")
    worst_first = sorted(counts.items(), key=lambda each: -each[1])
    return [DropCount(reason=reason, count=int(count)) for reason, count in worst_first]


def _processes(rooms: Rooms) -> list[ProcessState]:
    of_us = '{job="watchkeeper"}'
    memory = _own(rooms, f"process_resident_memory_bytes{of_us}", "instance")
    started_s = _own(rooms, f"process_start_time_seconds{of_us}", "instance")
    restarts = {"engine": _own(rooms, "sum(watchkeeper_engine_restarts_total)", "").get("", 0.0)}
    return [
        ProcessState(
            name=name,
            rss_bytes=int(size),
            restarts=int(restarts.get(name, 0)),
            started_ms=int(started_s[name] * 1000) if name in started_s else None,
        )
        for name, size in sorted(memory.items())
    ]
