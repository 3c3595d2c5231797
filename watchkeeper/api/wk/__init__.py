"""The JSON API of the web UI under /api/wk: a file a room, each parse → call → serialise."""

from __future__ import annotations

from fastapi import APIRouter

from watchkeeper.api.wk import (
    alerts,
    audit,
    cardinality,
    channels,
    data_health,
    first_run,
    forecasts,
    home,
    issues,
    keys,
    live,
    members,
    metrics,
    pools,
    privacy,
    projects,
    retention,
    rule_preview,
    rules,
    scrape,
    session,
    setup,
    tokens,
)

PREFIX = "/api/wk"
_ROOMS = (
    session, first_run, projects, setup, keys, tokens, members, audit, home, issues, alerts,
    rules, rule_preview, channels, scrape, pools, metrics, cardinality, forecasts, live,
    data_health, privacy, retention,
)  # fmt: skip


def wk_router() -> APIRouter:
    """Every route of the JSON API."""
    router = APIRouter(prefix=PREFIX)
    for room in _ROOMS:
        router.include_router(room.router)
    return router


__all__ = ["PREFIX", "wk_router"]
