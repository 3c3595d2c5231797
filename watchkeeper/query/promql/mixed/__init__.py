"""Vectors in which floats and native histograms stand side by side."""

from watchkeeper.query.promql.mixed.aggregation import (
    aggregable,
    combine_groups,
    described_values,
)
from watchkeeper.query.promql.mixed.extended import Reach, smoothed_histograms
from watchkeeper.query.promql.mixed.grids import (
    floats_only,
    histogram_cells,
    merged,
    negated,
    no_histograms,
    stacked,
)
from watchkeeper.query.promql.mixed.operators import (
    TRIMS,
    Outcome,
    Side,
    pairs_with_histograms,
)
from watchkeeper.query.promql.mixed.over_time import call_with_histograms, holds_histograms
from watchkeeper.query.promql.mixed.rates import changes_between, resets_between

__all__ = [
    "TRIMS",
    "Outcome",
    "Reach",
    "Side",
    "aggregable",
    "call_with_histograms",
    "changes_between",
    "combine_groups",
    "described_values",
    "floats_only",
    "histogram_cells",
    "holds_histograms",
    "merged",
    "negated",
    "no_histograms",
    "pairs_with_histograms",
    "resets_between",
    "smoothed_histograms",
    "stacked",
]
