"""Reads of calls between services: spans joined with their parents, in samples of the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import HOST_CALLED, Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What one service called of another, in the samples."""

    caller: str
    callee: str
    calls: int
    errors: int
    p50_ms: float
    p95_ms: float


def between_services(
    columns: Columns,
    scope: Scope,
    samples: Sequence[TimeRange],
    *,
    environment: str,
    spans_at_most: int,
) -> tuple[int, list[Calls]]:
    """How many spans were looked at, and the calls among them.

    A call is an entry span whose parent is of another service; its caller is looked for in the
    same stretch of time.
    """
    chosen, params = _chosen(scope, samples, environment)
    params["most"] = spans_at_most
    sql = f"""
    SELECT caller, callee, count() AS n, countIf(status = 'error'),
           quantile(0.5)(duration_ns) / 1e6, quantile(0.95)(duration_ns) / 1e6
    FROM (SELECT cityHash64(trace_id, span_id) AS id, service AS caller FROM spans WHERE {chosen})
      AS parent
    INNER JOIN (
        SELECT cityHash64(trace_id, parent_id) AS id, service AS callee, status, duration_ns
        FROM spans WHERE {chosen} AND is_entry = 1 AND parent_id != '' LIMIT {{most:UInt64}}
    ) AS child USING (id)
    WHERE caller != callee GROUP BY caller, callee ORDER BY n DESC LIMIT 1000
    """
    rows = columns.rows(sql, params)
    looked_at = int(columns.rows(f"SELECT count() FROM spans WHERE {chosen}", params)[0][0])
    return looked_at, [
        Calls(
            caller=row[0],
            callee=row[1],
            calls=int(row[2]),
            errors=int(row[3]),
            p50_ms=float(row[4]),
            p95_ms=float(row[5]),
        )
        for row in rows
    ]


_HOSTS = f"""
SELECT called, callee, count()
FROM (
    SELECT cityHash64(trace_id, span_id) AS id, {HOST_CALLED} AS called FROM spans
    WHERE {{chosen}} AND kind = 'client' AND (trace_id, span_id) GLOBAL IN (
        SELECT trace_id, parent_id FROM spans
        WHERE {{chosen}} AND is_entry = 1 AND parent_id != '' LIMIT {{{{most:UInt64}}}}
    ) AND called != ''
) AS parent
INNER JOIN (
    SELECT cityHash64(trace_id, parent_id) AS id, service AS callee FROM spans
    WHERE {{chosen}} AND is_entry = 1 AND parent_id != ''
) AS child USING (id)
GROUP BY called, callee ORDER BY count() DESC LIMIT 1000
"""

HOSTS_FROM_CALLS = 2_000


def services_behind(
    columns: Columns, scope: Scope, samples: Sequence[TimeRange], *, environment: str
) -> dict[str, set[str]]:
    """By host: the services that answered calls to it, in 2,000 of the calls in the samples."""
    chosen, params = _chosen(scope, samples, environment)
    params["most"] = HOSTS_FROM_CALLS
    found: dict[str, set[str]] = {}
    for host, callee, _calls in columns.rows(_HOSTS.format(chosen=chosen), params):
        found.setdefault(str(host), set()).add(str(callee))
    return found


def _chosen(
    scope: Scope, samples: Sequence[TimeRange], environment: str
) -> tuple[str, dict[str, object]]:
    """The condition of spans in the samples, and its parameters."""
    times = " OR ".join(
        f"(ts >= fromUnixTimestamp64Milli({{a{at}:Int64}}) "
        f"AND ts < fromUnixTimestamp64Milli({{b{at}:Int64}}))"
        for at in range(len(samples))
    )
    chosen = f"project_id IN {{projects:Array(UInt32)}} AND ({times})"
    params: dict[str, object] = {"projects": list(scope.project_ids), "environment": environment}
    if environment:
        chosen += " AND environment = {environment:String}"
    for at, sample in enumerate(samples):
        params |= {f"a{at}": sample.start_ms, f"b{at}": sample.end_ms}
    return chosen, params
