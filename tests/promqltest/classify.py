"""What kind of engine a case needs."""

from __future__ import annotations

import re
from enum import StrEnum

from tests.promqltest.reader import Eval
from tests.promqltest.series import Described
from watchkeeper.model import Histogram, Labels
from watchkeeper.query.promql import ParseError, Selector, parse
from watchkeeper.query.promql.ast import EXPERIMENTAL_AGGREGATIONS, post_order
from watchkeeper.query.promql.catalogue import FUNCTIONS
from watchkeeper.query.promql.source import satisfies


class Class(StrEnum):
    """core: float data and stable functions. native: native histograms. experimental: the rest."""

    CORE = "core"
    NATIVE = "native histogram"
    EXPERIMENTAL = "experimental"


_EXPERIMENTAL_NAMES = sorted(
    {name for name, signature in FUNCTIONS.items() if signature.experimental}
    | EXPERIMENTAL_AGGREGATIONS
    | {"info", "histogram_quantiles"}
)
_EXPERIMENTAL = re.compile(
    rf"\b(?:{'|'.join(_EXPERIMENTAL_NAMES)})\s*(?:by|without)?\s*\([^)]|\b(?:step|range)\(\)"
    r"|\b(?:start|end)\(\)(?<!@ start\(\))(?<!@ end\(\))"
    r"|\b(?:anchored|smoothed|fill|fill_left|fill_right)\b|\[[^\]]*[-+*/^%(][^\]]*\]"
    r"|__type__|__unit__"
)
_NATIVE_ONLY = re.compile(r"\bhistogram_(?:avg|count|sum|stddev|stdvar)\b|\{\{")


def classify(case: Eval, native: set[Labels]) -> Class:
    """native: the series of the storage that hold histograms."""
    expected = case.expected.series
    if _NATIVE_ONLY.search(case.text) or any(_has_histogram(d) for d in expected):
        return Class.NATIVE
    if _reads(case.text, native):
        return Class.NATIVE
    if _EXPERIMENTAL.search(case.text):
        return Class.EXPERIMENTAL
    return Class.CORE


def _has_histogram(series: Described) -> bool:
    return any(isinstance(item, Histogram) for item in series.items)


def _reads(text: str, series: set[Labels]) -> bool:
    """True if a selector of the query matches one of the series."""
    try:
        nodes = list(post_order(parse(text)))
    except ParseError:
        return False
    selectors = [node for node in nodes if isinstance(node, Selector)]
    return any(
        all(satisfies(labels, matcher) for matcher in selector.matchers)
        for selector in selectors
        for labels in series
    )
