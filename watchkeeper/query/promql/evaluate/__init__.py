"""Tree → values, columns at a time."""

from watchkeeper.query.promql.evaluate.node import Value, evaluate

__all__ = ["Value", "evaluate"]
