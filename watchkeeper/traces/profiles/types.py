"""What is told of profiles. These are also the bodies of the JSON API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileItem:
    """One stored profile. format: sentry-1, sentry-2 (a chunk), pprof."""

    profile_id: str
    profiler_id: str
    trace_id: str
    span_id: str
    ts_ms: int
    duration_ns: int
    transaction: str
    service: str
    platform: str
    environment: str
    release: str
    host: str
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledTransaction:
    """Profiles of one transaction in the range."""

    transaction: str
    service: str
    profiles: int
    last_ms: int
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage:
    """Newest first. next_cursor: null on the last page."""

    profiles: list[ProfileItem]
    transactions: list[ProfiledTransaction]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameFrames:
    """Columns: the functions. line 0: unknown. in_app: code of the project, not of a library."""

    function: list[str]
    module: list[str]
    file: list[str]
    line: list[int]
    in_app: list[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameNodes:
    """Columns: the tree, each parent before its children; row 0 is the root with frame -1.

    value: weight of the node with all below; own: without. In Flame's unit.
    """

    frame: list[int]
    parent: list[int]
    depth: list[int]
    value: list[int]
    own: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameThread:
    """A thread and its weight, all profiles taken together by name."""

    id: str
    name: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flame:
    """A flame graph. unit: nanoseconds, bytes or count; kind: what was measured (cpu, wall, …).

    kinds: what else the profiles measured. profiles: how many were merged, of `total` that match
    (the newest are merged). is_cut: small nodes were left out, their weight stays in parents.
    """

    unit: str
    kind: str
    kinds: list[str]
    profiles: int
    total: int
    samples: int
    is_cut: bool
    threads: list[FlameThread]
    frames: FlameFrames
    nodes: FlameNodes
    items: list[ProfileItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedProfile:
    """The profile was kept; it can be read within a second."""

    profile_id: str
