"""What may be told about the language itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """How the language behaves. Set in section [promql]."""

    lookback_ms: int = 5 * 60 * 1000
    """How old a sample may be and still stand for "now"; exclusive."""
    default_subquery_step_ms: int = 60 * 1000
    """Step of `[5m:]`."""
    delayed_name_removal: bool = False
    """Drop metric names at the end of the query instead of at each operation."""
    experimental_functions: bool = True
    """Allow what Prometheus calls experimental: functions, duration arithmetic, modifiers."""
    use_start_timestamps: bool = False
    """Let `rate` and its kin see counter resets in the start timestamps of samples."""
    type_and_unit_labels: bool = False
    """Tell counters by the label `__type__` instead of the metric's name."""

    def __post_init__(self) -> None:
        if self.lookback_ms < 1 or self.default_subquery_step_ms < 1:
            raise ValueError("lookback_ms and default_subquery_step_ms must be >= 1")
