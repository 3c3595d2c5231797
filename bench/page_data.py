"""A data directory as a team's would be after a month: made in the engine, kept for later runs.

Shapes: services that call each other in a tree, traces of 2 to 150 spans, few routes with most
calls, a day's ebb and flow, two releases at a time, 5,000 issues of which some have most events.
Spans, lines and errors of one instant carry the same trace ids.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from sqlalchemy import insert, update

from bench.page_shapes import ERRORS_SQL, LOGS_SQL, PAYLOADS, PROFILE, PROFILES_SQL, SPANS_SQL
from bench.server import Server
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.store.columns import TABLES, Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded
from watchkeeper.store.meta import Meta, open_meta, tables

ERROR_DAYS, SPAN_DAYS, LOG_DAYS = 30, 14, 7
SPANS_A_TRACE = 9.6
"""What the sizes in page_shapes come to on average."""
PROFILE_COUNT = 2_000
KEPT_DAYS = 3_650
FACTS = "bench.json"
_MERGED_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many rows of each kind."""

    errors: int = 1_000_000
    issues: int = 5_000
    spans: int = 10_000_000
    logs: int = 10_000_000

    @property
    def traces(self) -> int:
        return int(self.spans / SPANS_A_TRACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a data directory holds. end_ms: its newest record."""

    end_ms: int
    project_id: int
    org: str
    api_token: str
    errors: int
    issues: int
    spans: int
    logs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One table's rows, `total` of them, made `at_once` in one insert."""

    name: str
    sql: str
    total: int
    at_once: int
    days: int


def prepared(directory: Path, sizes: Sizes) -> Filled:
    """The data directory, filled first if it is not. Raises ValueError for another one."""
    facts = directory / FACTS
    if facts.exists():
        found = Filled(**json.loads(facts.read_text()))
        if asdict(found) | asdict(sizes) != asdict(found):
            raise ValueError(f"{directory} holds other sizes; remove it or name another directory")
        return found
    if directory.exists() and any(directory.iterdir()):
        raise ValueError(f"{directory} holds something else, or part of a fill; remove it")
    directory.mkdir(parents=True, exist_ok=True)
    made = fill(directory, sizes, end_ms=int(time.time()) * 1_000 // HOUR_MS * HOUR_MS)
    facts.write_text(json.dumps(asdict(made)))
    return made


def fill(directory: Path, sizes: Sizes, *, end_ms: int) -> Filled:
    """Make everything, ending at `end_ms`."""
    made = Server(directory).setup(org="acme", project="shop")
    project = int(str(made["project_id"]))
    columns = opened(directory)
    meta = open_meta(f"sqlite:///{directory / 'meta.sqlite'}")
    try:
        insert_all(columns, _kinds(sizes), project=project, end_ms=end_ms, issues=sizes.issues)
        note_issues(columns, meta, project, end_ms)
        settled(columns)
    finally:
        columns.close()
        meta.close()
    return Filled(
        end_ms=end_ms,
        project_id=project,
        org=str(made["organisation"]),
        api_token=str(made["api_token"]),
        **asdict(sizes),
    )


def opened(directory: Path) -> Columns:
    """The column store of a data directory, which then keeps rows of any age."""
    keep = {table.name: KEPT_DAYS for table in TABLES if table.ttl_column}
    columns = open_embedded(
        directory / "columns", options=EmbeddedOptions(retention_days=keep, memory_bytes=4 << 30)
    )
    columns.migrate()
    return columns


def _kinds(sizes: Sizes) -> list[_Kind]:
    return [
        _Kind(name="spans", sql=SPANS_SQL, total=sizes.traces, at_once=25_000, days=SPAN_DAYS),
        _Kind(name="logs", sql=LOGS_SQL, total=sizes.logs, at_once=250_000, days=LOG_DAYS),
        _Kind(name="errors", sql=ERRORS_SQL, total=sizes.errors, at_once=25_000, days=ERROR_DAYS),
        _Kind(
            name="profiles", sql=PROFILES_SQL, total=PROFILE_COUNT, at_once=1_000, days=SPAN_DAYS
        ),
    ]


def insert_all(
    columns: Columns, kinds: Sequence[_Kind], *, project: int, end_ms: int, issues: int
) -> None:
    """Each kind in slices, oldest first, with a bar for each."""
    traces = next((kind.total for kind in kinds if kind.name == "spans"), 1)
    fixed: dict[str, object] = {
        "project": project,
        "issues": issues,
        "traces": traces,
        "trace_start": end_ms - SPAN_DAYS * DAY_MS,
        "trace_length": SPAN_DAYS * DAY_MS,
        "payloads": PAYLOADS,
        "profile": PROFILE,
    }
    settings = {"max_execution_time": 0, "max_memory_usage": 0, "max_threads": 2}
    with Progress(
        "{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    ) as bar:
        for kind in kinds:
            task = bar.add_task(kind.name, total=kind.total)
            for first, count in _slices(kind):
                own = {
                    "first": first,
                    "count": count,
                    "total": kind.total,
                    "start": end_ms - kind.days * DAY_MS,
                    "length": kind.days * DAY_MS,
                }
                columns.execute(kind.sql, _used(kind.sql, fixed | own), settings=settings)
                bar.advance(task, count)


def _slices(kind: _Kind) -> Iterator[tuple[int, int]]:
    for first in range(0, kind.total, kind.at_once):
        yield first, min(kind.at_once, kind.total - first)


def _used(sql: str, params: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in params.items() if f"{{{name}:" in sql}


def settled(columns: Columns) -> None:
    """Wait until the engine has merged what it means to merge."""
    deadline = time.monotonic() + _MERGED_WITHIN_S
    while time.monotonic() < deadline:
        if not columns.rows("SELECT 1 FROM system.merges LIMIT 1"):
            time.sleep(3)  # a merge that follows from the last one begins within that time
            if not columns.rows("SELECT 1 FROM system.merges LIMIT 1"):
                return
        time.sleep(1)


_GROUPS = """
SELECT grouping_hash, count(), min(toUnixTimestamp64Milli(ts)), max(toUnixTimestamp64Milli(ts)),
       argMin(release, ts), argMax(release, ts), argMax(type, ts), argMax(value, ts),
       argMax(culprit, ts), argMax(platform, ts), argMax(level, ts), argMax(environment, ts),
       min(handled)
FROM errors GROUP BY grouping_hash ORDER BY min(ts), grouping_hash
"""
_STATUSES = ("unresolved", "unresolved", "unresolved", "resolved", "unresolved", "ignored")
_SEVERITIES = {"fatal": "critical", "error": "high", "warning": "medium"}


def note_issues(columns: Columns, meta: Meta, project: int, end_ms: int) -> None:
    """Issues, their hashes, releases and environments in the relational store."""
    groups = columns.rows(_GROUPS, settings={"max_execution_time": 0, "max_memory_usage": 0})
    issues = [_issue(row, number, project, end_ms) for number, row in enumerate(groups, 1)]
    hashes = [
        {"project_id": project, "grouping_hash": f"{int(row[0]):016x}", "issue_id": number}
        for number, row in enumerate(groups, 1)
    ]
    t = tables
    with meta.write() as conn:
        conn.execute(insert(t.issues), issues)
        conn.execute(insert(t.issue_hashes), hashes)
        conn.execute(insert(t.releases), _releases(columns, project))
        conn.execute(
            insert(t.environments),
            [
                {"project_id": project, "name": name, "first_seen_ms": end_ms - 30 * DAY_MS}
                for name in ("production", "staging", "development")
            ],
        )
        following = update(t.projects).where(t.projects.c.id == project)
        conn.execute(following.values(next_issue_number=len(issues) + 1))


def _issue(row: Sequence[object], number: int, project: int, end_ms: int) -> dict[str, object]:
    _hash, events, first, last, born, latest, kind, value, culprit, platform, level, *rest = row
    return {
        "id": number,
        "project_id": project,
        "number": number,
        "grouping_version": 1,
        "title": f"{kind}: {value}"[:300],
        "type": kind,
        "value": value,
        "culprit": culprit,
        "platform": platform,
        "level": level,
        "severity": _SEVERITIES.get(str(level), "low"),
        "status": _STATUSES[number % len(_STATUSES)],
        "is_handled": bool(rest[1]),
        "first_seen_ms": first,
        "last_seen_ms": last,
        "events": int(str(events)),
        "first_release": born,
        "last_release": latest,
        "environment": rest[0],
        "status_changed_ms": end_ms - DAY_MS,
    }


def _releases(columns: Columns, project: int) -> list[dict[str, object]]:
    found = columns.rows(
        "SELECT release, min(toUnixTimestamp64Milli(ts)), max(toUnixTimestamp64Milli(ts)) "
        "FROM errors GROUP BY release",
        settings={"max_execution_time": 0},
    )
    return [
        {
            "project_id": project,
            "version": version,
            "created_ms": first,
            "first_seen_ms": first,
            "last_seen_ms": last,
            "url": "",
            "ref": "",
            "commits": 0,
        }
        for version, first, last in found
    ]
