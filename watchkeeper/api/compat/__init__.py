"""APIs of other systems that foreign tools speak to us."""

from watchkeeper.api.compat.federation import federation_routes
from watchkeeper.api.compat.history import history_answer, history_routes
from watchkeeper.api.compat.prometheus import Params, PrometheusViews, prometheus_routes, refused
from watchkeeper.api.compat.prometheus_rules import page_of_groups
from watchkeeper.api.compat.prometheus_targets import metadata_answer, targets_answer
from watchkeeper.api.compat.pushgateway import pushgateway_routes
from watchkeeper.api.compat.remote_read import remote_read_routes

__all__ = [
    "Params",
    "PrometheusViews",
    "federation_routes",
    "history_answer",
    "history_routes",
    "metadata_answer",
    "page_of_groups",
    "prometheus_routes",
    "pushgateway_routes",
    "refused",
    "remote_read_routes",
    "targets_answer",
]
