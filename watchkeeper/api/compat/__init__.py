"""APIs of other systems that foreign tools speak to us."""

from watchkeeper.api.compat.prometheus import Params, PrometheusViews, prometheus_routes, refused
from watchkeeper.api.compat.prometheus_targets import metadata_answer, targets_answer

__all__ = [
    "Params",
    "PrometheusViews",
    "metadata_answer",
    "prometheus_routes",
    "refused",
    "targets_answer",
]
