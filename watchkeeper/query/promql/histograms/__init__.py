"""Native histograms as values: arithmetic, counter resets, estimates."""

from watchkeeper.query.promql.histograms.arithmetic import (
    MixedSchemas,
    Sum,
    added,
    at_schema,
    compact,
    divided,
    multiplied,
    nothing_like,
    quotient,
    subtracted,
)
from watchkeeper.query.promql.histograms.bounds import Bucket, all_buckets, is_custom
from watchkeeper.query.promql.histograms.equality import same_histogram
from watchkeeper.query.promql.histograms.estimate import Estimate, fraction, quantile, variance
from watchkeeper.query.promql.histograms.repo import HistogramReader, SampleRows
from watchkeeper.query.promql.histograms.resets import detect_reset
from watchkeeper.query.promql.histograms.samples import (
    Sample,
    column,
    floats_of,
    hinted,
    only_floats,
    present_histograms,
    sample_columns,
    sample_value,
    weight,
    without_hints,
)
from watchkeeper.query.promql.histograms.statistics import without_buckets
from watchkeeper.query.promql.histograms.text import describe_histogram
from watchkeeper.query.promql.histograms.trim import trimmed

__all__ = [
    "Bucket",
    "Estimate",
    "HistogramReader",
    "MixedSchemas",
    "Sample",
    "SampleRows",
    "Sum",
    "added",
    "all_buckets",
    "at_schema",
    "column",
    "compact",
    "describe_histogram",
    "detect_reset",
    "divided",
    "floats_of",
    "fraction",
    "hinted",
    "is_custom",
    "multiplied",
    "nothing_like",
    "only_floats",
    "present_histograms",
    "quantile",
    "quotient",
    "same_histogram",
    "sample_columns",
    "sample_value",
    "subtracted",
    "trimmed",
    "variance",
    "weight",
    "without_buckets",
    "without_hints",
]
