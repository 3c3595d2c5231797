"""What is asked of the room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.model import TimeRange


class TraceSort(StrEnum):
    """Order of a list of traces."""

    NEWEST = "newest"
    SLOWEST = "slowest"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """Which traces. text: the search language; the other fields narrow further, empty match all.

    service, op, route, status, environment, release: of one span. min_ms, max_ms: of the trace.
    """

    range: TimeRange
    text: str = ""
    service: str = ""
    op: str = ""
    route: str = ""
    status: str = ""
    environment: str = ""
    release: str = ""
    min_ms: float | None = None
    max_ms: float | None = None


class Category(StrEnum):
    """What a span is counted as. Values are stored in `operations_1m`."""

    ENTRY = "entry"
    """Work that enters a service."""
    DB = "db"
    HTTP = "http"
    CACHE = "cache"
    QUEUE = "queue"
    RPC = "rpc"
    CALL = "call"
    """Of one service by another: the service of a span above an entry."""

    @classmethod
    def outside(cls) -> tuple[Category, ...]:
        """Calls to others that are not databases."""
        return (cls.HTTP, cls.CACHE, cls.QUEUE, cls.RPC)


class OperationSort(StrEnum):
    """Order of a list of operations: the largest first, names from A."""

    TIME = "time"
    CALLS = "calls"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    AVG = "avg"
    ERRORS = "errors"
    ERROR_RATIO = "error_ratio"
    CHANGE = "change"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationQuery:
    """Which operations. text: words of the name, all of which must occur; name: exactly this one.

    Empty fields match all.
    """

    range: TimeRange
    categories: tuple[Category, ...]
    text: str = ""
    service: str = ""
    environment: str = ""
    system: str = ""
    name: str = ""
    method: str = ""
    sort: OperationSort = OperationSort.TIME
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileQuery:
    """Which profiles; empty fields match all. trace_id, profiler_id: of that one."""

    range: TimeRange
    transaction: str = ""
    service: str = ""
    environment: str = ""
    release: str = ""
    trace_id: str = ""
    profiler_id: str = ""
