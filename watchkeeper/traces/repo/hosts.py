"""Reads of the hosts that calls went to, and of the services that answered them."""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import HOST_CALLED, Columns
from watchkeeper.traces.repo.calls import within

CALLS_LOOKED_AT = 2_000

_HOSTS = f"""
SELECT called, callee
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


def services_behind(
    columns: Columns, scope: Scope, samples: Sequence[TimeRange], *, environment: str
) -> dict[str, set[str]]:
    """By host: the services that answered calls to it, in 2,000 of the calls in the samples."""
    times, params = within(samples)
    chosen = f"project_id IN {{projects:Array(UInt32)}} AND {times}"
    if environment:
        chosen += " AND environment = {environment:String}"
    params |= {
        "projects": list(scope.project_ids),
        "environment": environment,
        "most": CALLS_LOOKED_AT,
    }
    found: dict[str, set[str]] = {}
    for host, callee in columns.rows(_HOSTS.format(chosen=chosen), params):
        found.setdefault(str(host), set()).add(str(callee))
    return found
