"""The recent past of the metrics that are asked for, decoded and in memory.

Why and how: docs/adr/0008-hot-lattices.md.
"""

from watchkeeper.query.hot.metrics import HotMetrics
from watchkeeper.query.hot.source import HotSource
from watchkeeper.query.hot.store import HotStore

__all__ = ["HotMetrics", "HotSource", "HotStore"]
