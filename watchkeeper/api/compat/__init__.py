"""APIs of other systems that foreign tools speak to us."""

from watchkeeper.api.compat.federation import federation_routes
from watchkeeper.api.compat.prometheus import Params, PrometheusViews, prometheus_routes, refused
from watchkeeper.api.compat.remote_read import remote_read_routes

__all__ = [
    "Params",
    "PrometheusViews",
    "federation_routes",
    "prometheus_routes",
    "refused",
    "remote_read_routes",
]
