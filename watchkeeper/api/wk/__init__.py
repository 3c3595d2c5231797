"""The JSON API of the web UI under /api/wk: a file a room, each parse → call → serialise."""

from __future__ import annotations

from watchkeeper.api.wk import (
    alerts,
    attachments,
    audit,
    cardinality,
    channels,
    data_health,
    erasures,
    errors,
    feedback,
    first_run,
    forecasts,
    home,
    issue_acts,
    issue_facts,
    issue_searches,
    issues,
    keys,
    live,
    log_queries,
    log_streams,
    logs,
    members,
    metrics,
    monitors,
    performance,
    pools,
    privacy,
    profiles,
    projects,
    release_health,
    releases,
    retention,
    rule_preview,
    rules,
    scrape,
    session,
    setup,
    tokens,
    traces,
)
from watchkeeper.api.wk.late import PREFIX, LateRoute

_ROOMS = (
    session, first_run, projects, setup, keys, tokens, members, audit, home, issues, issue_acts,
    issue_facts, issue_searches, errors, feedback, release_health, releases, alerts, rules,
    rule_preview, channels, scrape, pools, metrics, cardinality, forecasts, live, data_health,
    attachments, traces, performance, profiles, log_queries, log_streams, logs, privacy, retention,
    erasures, monitors,
)  # fmt: skip


def wk_routes() -> list[LateRoute]:
    """Every route of the JSON API, in the order in which they are tried."""
    return [route for room in _ROOMS for route in room.router.routes]


__all__ = ["PREFIX", "LateRoute", "wk_routes"]
