"""APIs of other systems that foreign tools speak to us."""

from watchkeeper.api.compat.prometheus import Params, PrometheusViews, prometheus_routes, refused

__all__ = ["Params", "PrometheusViews", "prometheus_routes", "refused"]
