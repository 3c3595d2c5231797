"""Reading what was stored. `budget` bounds a query; `promql` is the language of metrics."""

from watchkeeper.query.budget import Cancellation, QueryLimits
from watchkeeper.query.language import EngineOptions

__all__ = ["Cancellation", "EngineOptions", "QueryLimits"]
