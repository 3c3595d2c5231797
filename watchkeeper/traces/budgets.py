"""How slow the endpoints of a project may be."""

from __future__ import annotations

from watchkeeper.model import Scope
from watchkeeper.store.meta import Meta
from watchkeeper.traces.performance_types import LatencyBudget, LatencyPreset, PresetName

PRESETS: tuple[LatencyPreset, ...] = ()


class Budgets:
    """The latency budget of each project."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def get(self, scope: Scope) -> LatencyBudget:
        raise NotImplementedError

    def put(
        self, scope: Scope, *, preset: PresetName, own: LatencyBudget, now_ms: int
    ) -> LatencyBudget:
        raise NotImplementedError
