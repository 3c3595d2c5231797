"""Metrics: the catalogue, targets, limits of series, forecasts."""

from __future__ import annotations

from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.metrics import cardinality, catalogue, forecasts, pools, scrape

ROUTERS: tuple[LateRouter, ...] = (
    scrape.router,
    pools.router,
    catalogue.router,
    cardinality.router,
    forecasts.router,
)

__all__ = ["ROUTERS"]
