"""The life of one alert, as a pure step. Spec: docs/spec/alert-states.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from watchkeeper.lib.clock import MINUTE_MS
from watchkeeper.model import Labels

RESOLVED_KEPT_MS = 15 * MINUTE_MS
"""How long a resolved alert is still listed."""


class Phase(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """One alert of one rule. Its labels are its identity.

    active_ms: since when the condition holds. keep_firing_ms: when the condition was first seen
    gone while keep_firing_for holds the alert up. Times are Unix ms UTC.
    """

    labels: Labels
    annotations: Mapping[str, str]
    phase: Phase
    value: float
    active_ms: int
    fired_ms: int | None = None
    resolved_ms: int | None = None
    keep_firing_ms: int | None = None

    @property
    def is_active(self) -> bool:
        return self.phase is not Phase.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A series for which the condition holds now, as labels, annotations and value of an alert."""

    labels: Labels
    annotations: Mapping[str, str]
    value: float


def advance(
    state: AlertState | None, seen: Seen | None, *, now_ms: int, hold_ms: int, keep_firing_ms: int
) -> AlertState | None:
    """The alert after one evaluation; None if there is none (any more).

    hold_ms: how long the condition must hold before the alert fires; 0 fires at once.
    keep_firing_ms: how long a firing alert outlives its condition.
    Equal to `state` if nothing changed.
    """
    if seen is not None:
        return _present(state, seen, now_ms=now_ms, hold_ms=hold_ms)
    if state is None or state.phase is Phase.PENDING:
        return None
    if state.phase is Phase.RESOLVED:
        is_old = now_ms - (state.resolved_ms or 0) > RESOLVED_KEPT_MS
        return None if is_old else state
    return _absent(state, now_ms=now_ms, keep_firing_ms=keep_firing_ms)


def _present(state: AlertState | None, seen: Seen, *, now_ms: int, hold_ms: int) -> AlertState:
    if state is None or state.phase is Phase.RESOLVED:
        state = AlertState(
            labels=seen.labels,
            annotations=seen.annotations,
            phase=Phase.PENDING,
            value=seen.value,
            active_ms=now_ms,
        )
    is_held = now_ms - state.active_ms >= hold_ms
    phase = Phase.FIRING if is_held else Phase.PENDING
    fired_ms = (state.fired_ms or now_ms) if is_held else None
    return replace(
        state,
        annotations=seen.annotations,
        value=seen.value,
        phase=phase,
        fired_ms=fired_ms,
        keep_firing_ms=None,
    )


def _absent(state: AlertState, *, now_ms: int, keep_firing_ms: int) -> AlertState:
    if keep_firing_ms:
        since_ms = now_ms if state.keep_firing_ms is None else state.keep_firing_ms
        if now_ms - since_ms < keep_firing_ms:
            return replace(state, keep_firing_ms=since_ms)
    return replace(state, phase=Phase.RESOLVED, resolved_ms=now_ms, keep_firing_ms=None)
