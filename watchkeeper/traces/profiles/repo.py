"""Reads of the table `profiles`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.profiles.types import ProfiledTransaction, ProfileItem
from watchkeeper.traces.queries import ProfileQuery

_OURS = "project_id IN {projects:Array(UInt32)}"
_ITEM = """profile_id, profiler_id, trace_id, span_id, toUnixTimestamp64Milli(ts), duration_ns,
    transaction, service, platform, environment, release, host, format"""


@dataclass(frozen=True, slots=True)
class Sized:
    """A profile and how many bytes its payload has."""

    item: ProfileItem
    payload_bytes: int


def newest(
    columns: Columns,
    scope: Scope,
    query: ProfileQuery,
    *,
    before: tuple[int, str] | None,
    limit: int,
) -> list[Sized]:
    """Profiles that match, the newest first. before: time in ms and id of the last one shown."""
    where, params = _where(scope, query)
    if before is not None:
        where += " AND (toUnixTimestamp64Milli(ts), profile_id) < ({before:Int64}, {last:String})"
        params |= {"before": before[0], "last": before[1]}
    sql = f"""
    SELECT {_ITEM}, length(payload) FROM profiles WHERE {where}
    ORDER BY ts DESC, profile_id DESC LIMIT 1 BY profile_id LIMIT {{limit:UInt32}}
    """
    rows = columns.rows(sql, params | {"limit": limit})
    return [Sized(_item(row), int(row[13])) for row in rows]


def count(columns: Columns, scope: Scope, query: ProfileQuery) -> int:
    """How many match."""
    where, params = _where(scope, query)
    return int(columns.rows(f"SELECT count() FROM profiles WHERE {where}", params)[0][0])


def transactions(columns: Columns, scope: Scope, query: ProfileQuery) -> list[ProfiledTransaction]:
    """What has profiles, those with most first."""
    where, params = _where(scope, query)
    sql = f"""
    SELECT transaction, service, count() AS n, max(toUnixTimestamp64Milli(ts)),
           quantile(0.95)(duration_ns) / 1e6
    FROM profiles WHERE {where} GROUP BY transaction, service
    ORDER BY n DESC, transaction LIMIT 200
    """
    return [
        ProfiledTransaction(
            transaction=row[0],
            service=row[1],
            profiles=int(row[2]),
            last_ms=int(row[3]),
            p95_ms=float(row[4]),
        )
        for row in columns.rows(sql, params)
    ]


def payloads(
    columns: Columns, scope: Scope, items: Sequence[ProfileItem]
) -> list[tuple[ProfileItem, bytes]]:
    """The profiles with their payloads, in the order given."""
    if not items:
        return []
    times = [item.ts_ms for item in items]
    sql = f"""
    SELECT profile_id, base64Encode(payload) FROM profiles
    WHERE {_OURS} AND ts >= fromUnixTimestamp64Milli({{start:Int64}})
      AND ts <= fromUnixTimestamp64Milli({{end:Int64}})
      AND has({{ids:Array(String)}}, profile_id) LIMIT 1 BY profile_id
    """
    params: dict[str, object] = {
        "projects": list(scope.project_ids),
        "ids": [item.profile_id for item in items],
        "start": min(times),
        "end": max(times),
    }
    found = {row[0]: base64.b64decode(row[1]) for row in columns.rows(sql, params)}
    return [(item, found[item.profile_id]) for item in items if item.profile_id in found]


def one(columns: Columns, scope: Scope, profile_id: str) -> ProfileItem | None:
    """The profile of this id, at any time."""
    sql = f"SELECT {_ITEM} FROM profiles WHERE {_OURS} AND profile_id = {{id:String}} LIMIT 1"
    rows = columns.rows(sql, {"projects": list(scope.project_ids), "id": profile_id})
    return _item(rows[0]) if rows else None


def _where(scope: Scope, query: ProfileQuery) -> tuple[str, dict[str, object]]:
    claims = [_OURS]
    params: dict[str, object] = {"projects": list(scope.project_ids)}
    if not (query.trace_id or query.profiler_id):
        claims += [
            "ts >= fromUnixTimestamp64Milli({start:Int64})",
            "ts < fromUnixTimestamp64Milli({end:Int64})",
        ]
        params |= {"start": query.range.start_ms, "end": query.range.end_ms}
    for name in (
        "transaction", "service", "environment", "release", "trace_id", "profiler_id",
    ):  # fmt: skip
        if value := getattr(query, name):
            claims.append(f"{name} = {{{name}:String}}")
            params[name] = value
    return " AND ".join(claims), params


def _item(row: Sequence[str]) -> ProfileItem:
    return ProfileItem(
        profile_id=row[0],
        profiler_id=row[1],
        trace_id=row[2],
        span_id=row[3],
        ts_ms=int(row[4]),
        duration_ns=int(row[5]),
        transaction=row[6],
        service=row[7],
        platform=row[8],
        environment=row[9],
        release=row[10],
        host=row[11],
        format=row[12],
    )
