"""Firing alerts, rules and their preview, channels, jobs that check in."""

from __future__ import annotations

from watchkeeper.api.wk.alerts import alerts, channels, monitors, rule_preview, rules
from watchkeeper.api.wk.alerts.alerts import fingerprint_of
from watchkeeper.api.wk.late import LateRouter

ROUTERS: tuple[LateRouter, ...] = (
    alerts.router,
    rules.router,
    rule_preview.router,
    channels.router,
    monitors.router,
)

__all__ = ["ROUTERS", "fingerprint_of"]
