"""The SQL of logs."""

from watchkeeper.logs.repo.conditions import Condition, Values, condition_of, level_column
from watchkeeper.logs.repo.counts import (
    Count,
    Stripes,
    attribute_names,
    count_buckets,
    count_lines,
    count_matching,
    facet_counts,
    minute_counts,
    minute_facets,
    rows_to_read,
)
from watchkeeper.logs.repo.lines import (
    arrived_lines,
    lines_of_ids,
    page_of_lines,
    patterned_lines,
)
from watchkeeper.logs.repo.matches import match_counts, project_slugs
from watchkeeper.logs.repo.patterns import PatternCount, first_seen, pattern_counts, rolled_patterns
from watchkeeper.logs.repo.saved import SavedRows

__all__ = [
    "Condition",
    "Count",
    "PatternCount",
    "SavedRows",
    "Stripes",
    "Values",
    "arrived_lines",
    "attribute_names",
    "condition_of",
    "count_buckets",
    "count_lines",
    "count_matching",
    "facet_counts",
    "first_seen",
    "level_column",
    "lines_of_ids",
    "match_counts",
    "minute_counts",
    "minute_facets",
    "page_of_lines",
    "pattern_counts",
    "patterned_lines",
    "project_slugs",
    "rolled_patterns",
    "rows_to_read",
]
