"""Every function's signature. What it computes lives in `functions/`."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.query.promql.ast import ValueType

S, V, M, T = ValueType.SCALAR, ValueType.VECTOR, ValueType.MATRIX, ValueType.STRING
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Signature:
    """args: types in order; variadic: how many at the end are optional (UNLIMITED: and repeat)."""

    args: tuple[ValueType, ...]
    returns: ValueType = V
    variadic: int = 0
    experimental: bool = False

    @property
    def at_least(self) -> int:
        return len(self.args) - (1 if self.variadic else 0)

    def arg_type(self, index: int) -> ValueType:
        return self.args[min(index, len(self.args) - 1)]


_VECTOR_FUNCTIONS = (
    "abs", "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh",
    "deg", "exp", "floor", "histogram_avg", "histogram_count", "histogram_stddev",
    "histogram_stdvar", "histogram_sum", "ln", "log10", "log2", "rad", "sgn", "sin", "sinh",
    "sort", "sort_desc", "sqrt", "tan", "tanh", "timestamp",
)  # fmt: skip
_RANGE_FUNCTIONS = (
    "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv",
    "idelta", "increase", "irate", "last_over_time", "max_over_time", "min_over_time",
    "present_over_time", "rate", "resets", "stddev_over_time", "stdvar_over_time",
    "sum_over_time",
)  # fmt: skip
_EXPERIMENTAL_RANGE_FUNCTIONS = (
    "first_over_time", "mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time",
    "ts_of_max_over_time", "ts_of_min_over_time",
)  # fmt: skip
_TIME_FUNCTIONS = (
    "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month",
    "year",
)  # fmt: skip

FUNCTIONS: dict[str, Signature] = {
    **{name: Signature((V,)) for name in _VECTOR_FUNCTIONS},
    **{name: Signature((M,)) for name in _RANGE_FUNCTIONS},
    **{name: Signature((M,), experimental=True) for name in _EXPERIMENTAL_RANGE_FUNCTIONS},
    **{name: Signature((V,), variadic=1) for name in _TIME_FUNCTIONS},
    **{name: Signature((), S, experimental=True) for name in ("start", "end", "step", "range")},
    **{name: Signature((S, S), S, experimental=True) for name in ("min_of", "max_of")},
    "clamp": Signature((V, S, S)),
    "clamp_max": Signature((V, S)),
    "clamp_min": Signature((V, S)),
    "double_exponential_smoothing": Signature((M, S, S), experimental=True),
    "histogram_fraction": Signature((S, S, V)),
    "histogram_quantile": Signature((S, V)),
    "histogram_quantiles": Signature((V, T, S, S), variadic=UNLIMITED, experimental=True),
    "info": Signature((V, V), variadic=1, experimental=True),
    "label_join": Signature((V, T, T, T), variadic=UNLIMITED),
    "label_replace": Signature((V, T, T, T, T)),
    "pi": Signature((), S),
    "predict_linear": Signature((M, S)),
    "quantile_over_time": Signature((S, M)),
    "round": Signature((V, S), variadic=1),
    "scalar": Signature((V,), S),
    "sort_by_label": Signature((V, T), variadic=UNLIMITED, experimental=True),
    "sort_by_label_desc": Signature((V, T), variadic=UNLIMITED, experimental=True),
    "start_timestamp": Signature((V,), experimental=True),
    "time": Signature((), S),
    "vector": Signature((S,)),
}

STEP_DEPENDENT = frozenset(_TIME_FUNCTIONS) | {
    "timestamp", "start_timestamp", "predict_linear", "time", "start", "end", "step", "range",
    "absent", "absent_over_time",
}  # fmt: skip
"""Functions whose answer depends on the step even when all their selectors are pinned by `@`.

The absent functions stand here because they are cheap and make series of their own.
"""
