"""Roll-ups in place of samples: where samples are gone or too many. docs/spec/rollups.md."""

from watchkeeper.query.promql.rollups.buckets import Buckets
from watchkeeper.query.promql.rollups.plan import Plan, plan
from watchkeeper.query.promql.rollups.port import RollupOptions, RollupSource, RollupSpan
from watchkeeper.query.promql.rollups.reduce import COLUMNS, SELECTED, reduced
from watchkeeper.query.promql.rollups.repo import ColumnsRollups

__all__ = [
    "COLUMNS",
    "SELECTED",
    "Buckets",
    "ColumnsRollups",
    "Plan",
    "RollupOptions",
    "RollupSource",
    "RollupSpan",
    "plan",
    "reduced",
]
