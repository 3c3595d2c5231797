"""How slow the endpoints of a project may be."""

from __future__ import annotations

from typing import get_args

from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope
from watchkeeper.store.meta import Meta
from watchkeeper.traces.performance_types import LatencyBudget, LatencyPreset, PresetName, StatName
from watchkeeper.traces.repo import budgets as repo

_PRESETS: tuple[tuple[PresetName, StatName, int, int, str], ...] = (
    ("strict", "p95", 500, 10, "95 of 100 calls within half a second: a budget to aim at"),
    ("average", "avg", 500, 10, "half a second on average"),
    ("brisk", "p95", 1_000, 10, "95 of 100 calls within a second for ten minutes"),
    ("calm", "p95", 2_000, 10, "95 of 100 calls within two seconds"),
    ("patient", "p95", 3_000, 10, "95 of 100 calls within three seconds for ten minutes"),
)
_SERIES = "watchkeeper_span_duration_seconds_{part}"
_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def _expression(stat: StatName, limit_ms: int, minutes: int) -> str:
    """The budget as an alert's PromQL over the derived series of entry spans."""
    if stat == "avg":
        sums = (
            f"sum by (service, operation) (rate({_SERIES.format(part=part)}[{minutes}m]))"
            for part in ("sum", "count")
        )
        return f"{' / '.join(sums)} > {limit_ms / 1000:g}"
    rate = f"sum by (service, operation, le) (rate({_SERIES.format(part='bucket')}[{minutes}m]))"
    return f"histogram_quantile({_QUANTILES[stat]}, {rate}) > {limit_ms / 1000:g}"


PRESETS = tuple(
    LatencyPreset(
        name=name,
        stat=stat,
        limit_ms=limit_ms,
        for_minutes=minutes,
        expression=_expression(stat, limit_ms, minutes),
        doc=doc,
    )
    for name, stat, limit_ms, minutes, doc in _PRESETS
)
_DEFAULT = LatencyBudget(
    preset="strict",
    stat="p95",
    limit_ms=500,
    for_minutes=10,
    satisfied_ms=500,
    slow_query_ms=1_000,
)


class Budgets:
    """The latency budget of each project."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def get(self, scope: Scope) -> LatencyBudget:
        """The project's budget; p95 within half a second if none was chosen."""
        with self._meta.read() as conn:
            return repo.budget(conn, scope.project_id) or _DEFAULT

    def of_any(self, scope: Scope) -> LatencyBudget:
        """The budget of a scope's only project; the default one for several."""
        return self.get(scope) if len(scope.project_ids) == 1 else _DEFAULT

    def put(
        self, scope: Scope, *, preset: PresetName, own: LatencyBudget, now_ms: int
    ) -> LatencyBudget:
        """Choose a preset's stat and limit, or with `own` those given. Raises Invalid."""
        if preset not in get_args(PresetName):
            raise Invalid(f"`preset` must be one of {', '.join(get_args(PresetName))}.")
        chosen = own
        offered = next((each for each in PRESETS if each.name == preset), None)
        if offered is not None:
            chosen = LatencyBudget(
                preset=offered.name,
                stat=offered.stat,
                limit_ms=offered.limit_ms,
                for_minutes=offered.for_minutes,
                satisfied_ms=own.satisfied_ms,
                slow_query_ms=own.slow_query_ms,
            )
        with self._meta.write() as conn:
            repo.put_budget(conn, scope.project_id, chosen, now_ms=now_ms)
        return chosen
