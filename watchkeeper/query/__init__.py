"""Reading what was stored. `budget` bounds a query; `promql` is the language of metrics."""

from watchkeeper.query.budget import Cancellation, QueryLimits
from watchkeeper.query.forecast import BackTest, Forecast, Outlook, foresee
from watchkeeper.query.language import EngineOptions
from watchkeeper.query.options import QueryOptions

__all__ = [
    "BackTest",
    "Cancellation",
    "EngineOptions",
    "Forecast",
    "Outlook",
    "QueryLimits",
    "QueryOptions",
    "foresee",
]
