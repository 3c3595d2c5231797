"""What each function computes. Signatures are in `catalogue`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from watchkeeper.query.promql.functions.absence import ABSENCE
from watchkeeper.query.promql.functions.elementwise import ELEMENTWISE
from watchkeeper.query.promql.functions.extended import extended_samples, require_safe
from watchkeeper.query.promql.functions.histograms import HISTOGRAMS
from watchkeeper.query.promql.functions.labels import LABELS
from watchkeeper.query.promql.functions.over_time import OVER_TIME
from watchkeeper.query.promql.functions.rates import RATES, doubt_counters
from watchkeeper.query.promql.functions.regression import REGRESSION
from watchkeeper.query.promql.functions.times import TIMES
from watchkeeper.query.promql.invocation import Invocation, Value

FUNCTION_BODIES: Mapping[str, Callable[[Invocation], Value]] = {
    **ABSENCE,
    **ELEMENTWISE,
    **HISTOGRAMS,
    **LABELS,
    **OVER_TIME,
    **RATES,
    **REGRESSION,
    **TIMES,
}

__all__ = [
    "FUNCTION_BODIES",
    "Invocation",
    "Value",
    "doubt_counters",
    "extended_samples",
    "require_safe",
]
