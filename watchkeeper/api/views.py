"""What other rooms show through the Prometheus API: rules, alerts, targets, the scrape config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from watchkeeper.alerting import alerts_answer, rules_answer
from watchkeeper.api.compat import (
    Params,
    PrometheusViews,
    metadata_answer,
    page_of_groups,
    targets_answer,
)
from watchkeeper.api.rooms import Rooms
from watchkeeper.model import Scope


def prometheus_views(rooms: Rooms) -> PrometheusViews:
    """The views of these rooms."""

    scraper = rooms.scraper

    def targets(scope: Scope, params: Params) -> Mapping[str, object]:
        return targets_answer(scraper.targets(scope), scraper.dropped_targets(scope), params)

    def target_metadata(scope: Scope, params: Params) -> list[dict[str, object]]:
        return metadata_answer(scraper.metadata(scope), params)

    def alerts(scope: Scope) -> list[object]:
        return cast(list[object], alerts_answer(rooms.evaluator, scope)["alerts"])

    def rules(scope: Scope, params: Params) -> Mapping[str, object]:
        groups = rules_answer(
            rooms.evaluator,
            scope,
            kind=params.text("type"),
            names=params.all("rule_name[]"),
            groups=params.all("rule_group[]"),
            files=params.all("file[]"),
            matchers=params.matcher_sets(),
            exclude_alerts=params.flag("exclude_alerts"),
        )
        return page_of_groups(groups, params)

    return PrometheusViews(
        rules=rules,
        alerts=alerts,
        targets=targets,
        target_metadata=target_metadata,
        scrape_pools=scraper.pools,
        is_config_good=scraper.is_config_good,
        config_yaml=rooms.scrape_configs.shown,
        configured_ms=scraper.configured_ms,
    )
