"""Logs: search, counts, patterns, context, the live tail, and searches that become counters."""

from watchkeeper.logs.completion import Completion, Completions, completions
from watchkeeper.logs.counts import CountBounds, LogCounts
from watchkeeper.logs.language import (
    Always,
    Field,
    Node,
    attribute_field,
    field_named,
    parse_search,
    words_of,
)
from watchkeeper.logs.patterns import LogPatterns, Pattern, Patterns, clustered
from watchkeeper.logs.repo.saved import SavedRow
from watchkeeper.logs.saved import (
    MATCHES_TOTAL,
    MOST_QUERIES,
    LogMatches,
    LogQueries,
    MatchSample,
    TooManyQueries,
)
from watchkeeper.logs.search import LogSearches
from watchkeeper.logs.tail import ASKED, Batch, Tail
from watchkeeper.logs.types import (
    Context,
    CursorInvalid,
    Facet,
    Histogram,
    Line,
    LogPage,
    LogSearch,
    Spot,
)

__all__ = [
    "ASKED",
    "MATCHES_TOTAL",
    "MOST_QUERIES",
    "Always",
    "Batch",
    "Completion",
    "Completions",
    "Context",
    "CountBounds",
    "CursorInvalid",
    "Facet",
    "Field",
    "Histogram",
    "Line",
    "LogCounts",
    "LogMatches",
    "LogPage",
    "LogPatterns",
    "LogQueries",
    "LogSearch",
    "LogSearches",
    "MatchSample",
    "Node",
    "Pattern",
    "Patterns",
    "SavedRow",
    "Spot",
    "Tail",
    "TooManyQueries",
    "attribute_field",
    "clustered",
    "completions",
    "field_named",
    "parse_search",
    "words_of",
]
