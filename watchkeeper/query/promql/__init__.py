"""PromQL: our own parser, evaluated over columns. Rules: docs/spec/promql.md."""

from watchkeeper.query.language import EngineOptions
from watchkeeper.query.promql.answers import Answers
from watchkeeper.query.promql.ast import (
    Expr,
    Matcher,
    MatchOp,
    Selector,
    ValueType,
    selectors_of,
)
from watchkeeper.query.promql.comparison import Comparison, comparison_of
from watchkeeper.query.promql.engine import Engine
from watchkeeper.query.promql.errors import (
    BadQuery,
    ExecutionError,
    ParseError,
    PromQLError,
    QueryCancelled,
    QueryTimeout,
    TooManyQueries,
    TooManySamples,
)
from watchkeeper.query.promql.format import format_expr, prettify
from watchkeeper.query.promql.literals import (
    format_duration,
    format_float,
    format_sample,
    format_shortest,
    parse_duration_ms,
)
from watchkeeper.query.promql.native import native_columns
from watchkeeper.query.promql.parser import parse
from watchkeeper.query.promql.planner import GridRequest
from watchkeeper.query.promql.rate_limits import RateLimit, rate_limits
from watchkeeper.query.promql.repo import ColumnsSource
from watchkeeper.query.promql.repo import condition as series_condition
from watchkeeper.query.promql.rollups import ColumnsRollups, RollupOptions
from watchkeeper.query.promql.source import (
    Cardinality,
    MatcherSets,
    MemorySource,
    MetricMetadata,
    SeriesSource,
    metric_of,
    satisfies,
)
from watchkeeper.query.promql.tree_json import describe
from watchkeeper.query.promql.types import (
    F64,
    I64,
    STALE_BITS,
    STALE_NAN,
    Bools,
    Grid,
    Matrix,
    Result,
    Scalar,
    SeriesBlock,
    Stats,
    String,
    Vector,
    value_of,
)

__all__ = [
    "F64",
    "I64",
    "STALE_BITS",
    "STALE_NAN",
    "Answers",
    "BadQuery",
    "Bools",
    "Cardinality",
    "ColumnsRollups",
    "ColumnsSource",
    "Comparison",
    "Engine",
    "EngineOptions",
    "ExecutionError",
    "Expr",
    "Grid",
    "GridRequest",
    "MatchOp",
    "Matcher",
    "MatcherSets",
    "Matrix",
    "MemorySource",
    "MetricMetadata",
    "ParseError",
    "PromQLError",
    "QueryCancelled",
    "QueryTimeout",
    "RateLimit",
    "Result",
    "RollupOptions",
    "Scalar",
    "Selector",
    "SeriesBlock",
    "SeriesSource",
    "Stats",
    "String",
    "TooManyQueries",
    "TooManySamples",
    "ValueType",
    "Vector",
    "comparison_of",
    "describe",
    "format_duration",
    "format_expr",
    "format_float",
    "format_sample",
    "format_shortest",
    "metric_of",
    "native_columns",
    "parse",
    "parse_duration_ms",
    "prettify",
    "rate_limits",
    "satisfies",
    "selectors_of",
    "series_condition",
    "value_of",
]
