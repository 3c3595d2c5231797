"""What other rooms show through the Prometheus API: rules, alerts, targets, the scrape config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from watchkeeper.alerting import alerts_answer, rules_answer
from watchkeeper.api.compat import Params, PrometheusViews
from watchkeeper.api.rooms import Rooms
from watchkeeper.model import Scope


def prometheus_views(rooms: Rooms) -> PrometheusViews:
    """The views of these rooms."""

    def targets(scope: Scope, _params: Params) -> Mapping[str, object]:
        return rooms.scraper.as_prometheus(scope)

    def alerts(scope: Scope) -> list[object]:
        return cast(list[object], alerts_answer(rooms.evaluator, scope)["alerts"])

    def rules(scope: Scope, params: Params) -> list[object]:
        answer = rules_answer(
            rooms.evaluator,
            scope,
            kind=params.text("type"),
            names=params.all("rule_name[]"),
            groups=params.all("rule_group[]"),
            files=params.all("file[]"),
            exclude_alerts=params.text("exclude_alerts") in {"1", "true"},
        )
        return cast(list[object], answer["groups"])

    return PrometheusViews(
        rules=rules,
        alerts=alerts,
        targets=targets,
        config_yaml=rooms.scrape_configs.source,
    )
