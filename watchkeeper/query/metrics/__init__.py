"""The metrics of a project, to be searched: what each is, who sends it, how large it is."""

from watchkeeper.query.metrics.catalogue import (
    FRESH_MS,
    LabelFacts,
    MetricCatalogue,
    MetricDetail,
    MetricPage,
    MetricQuery,
    MetricRow,
    MetricSort,
)
from watchkeeper.query.metrics.load import MetricLoad, ProjectLoad, series_load

__all__ = [
    "FRESH_MS",
    "LabelFacts",
    "MetricCatalogue",
    "MetricDetail",
    "MetricLoad",
    "MetricPage",
    "MetricQuery",
    "MetricRow",
    "MetricSort",
    "ProjectLoad",
    "series_load",
]
