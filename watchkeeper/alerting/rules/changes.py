"""What one evaluation changed in a rule's alerts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from watchkeeper.alerting.rules.evaluate_rule import States
from watchkeeper.alerting.rules.state import AlertState, Phase
from watchkeeper.alerting.rules.types import AlertingRule
from watchkeeper.model import Labels

INACTIVE = "inactive"
"""The phase that history shows for a pending alert whose condition went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One alert that entered a phase: pending, firing, resolved or inactive."""

    phase: str
    state: AlertState


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A rule's alerts after an evaluation, and how they differ from before.

    gone: alerts to forget. expr: for links; empty if the rule is gone.
    is_quiet: nothing differs, values included.
    """

    project_id: int
    rule_key: str
    rule_name: str
    expr: str
    after: Mapping[Labels, AlertState]
    gone: tuple[Labels, ...]
    transitions: tuple[Change, ...]
    is_quiet: bool

    @property
    def tells(self) -> bool:
        """True if an alert began or ceased to fire."""
        return any(change.phase in (Phase.FIRING, Phase.RESOLVED) for change in self.transitions)


def changes_between(project_id: int, rule: AlertingRule, before: States, after: States) -> Changes:
    """How an evaluation changed a rule's alerts."""
    transitions = [
        Change(phase=state.phase.value, state=state)
        for labels, state in after.items()
        if labels not in before or _entered(before[labels], state)
    ]
    transitions += [
        Change(phase=INACTIVE, state=state)
        for labels, state in before.items()
        if labels not in after and state.is_active
    ]
    return Changes(
        project_id=project_id,
        rule_key=rule.key,
        rule_name=rule.name,
        expr=rule.expr,
        after=after,
        gone=tuple(labels for labels in before if labels not in after),
        transitions=tuple(transitions),
        is_quiet=before == after,
    )


def _entered(before: AlertState, after: AlertState) -> bool:
    return before.phase is not after.phase or before.active_ms != after.active_ms


def all_ended(project_id: int, key: str, states: States, *, now_ms: int) -> Changes:
    """The end of all alerts of a rule: firing ones resolve, then all are forgotten."""
    ended = {
        labels: replace(state, phase=Phase.RESOLVED, resolved_ms=now_ms)
        for labels, state in states.items()
        if state.phase is Phase.FIRING
    }
    pending = [state for state in states.values() if state.phase is Phase.PENDING]
    names = [dict(state.labels).get("alertname", "") for state in states.values()]
    return Changes(
        project_id=project_id,
        rule_key=key,
        rule_name=next(iter(names), ""),
        expr="",
        after={},
        gone=tuple(states),
        transitions=(
            *(Change(phase=Phase.RESOLVED.value, state=state) for state in ended.values()),
            *(Change(phase=INACTIVE, state=state) for state in pending),
        ),
        is_quiet=False,
    )
