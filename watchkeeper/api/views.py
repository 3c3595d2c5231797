"""What other rooms show through the Prometheus API: rules, alerts, targets, the scrape config."""

from __future__ import annotations

from collections.abc import Mapping

from watchkeeper.api.compat import Params, PrometheusViews
from watchkeeper.api.rooms import Rooms
from watchkeeper.model import Scope


def prometheus_views(rooms: Rooms) -> PrometheusViews:
    """The views of these rooms."""

    def targets(scope: Scope, _params: Params) -> Mapping[str, object]:
        return rooms.scraper.as_prometheus(scope)

    return PrometheusViews(targets=targets, config_yaml=rooms.scrape_configs.source)
