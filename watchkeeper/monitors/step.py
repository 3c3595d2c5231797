"""How a job's state goes on: (state, check-in or instant) → state. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from watchkeeper.monitors.schedule import MonitorConfig
from watchkeeper.monitors.types import CheckIn, RunStatus, State

MOST_MISSED = 100
"""Runs that one step tells as missed; after a long pause the rest is passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A run that never came, or did not end. at_ms: when it was due, or began."""

    check_in_id: str
    status: RunStatus
    at_ms: int


def after_check_in(state: State, config: MonitorConfig, one: CheckIn) -> State:
    """The state once a message has come. What we told ourselves changes nothing again."""
    if one.status in {RunStatus.MISSED, RunStatus.TIMEOUT}:
        return state
    if one.status is RunStatus.IN_PROGRESS:
        if state.last_ms is not None and one.ts_ms < state.last_ms:
            return state  # of a run before the last one
        begun = replace(state, run_id=one.check_in_id, run_ms=one.ts_ms)
        return _begun(begun, config, one.ts_ms, RunStatus.IN_PROGRESS)
    is_of_run = bool(state.run_id) and one.check_in_id == state.run_id
    began_ms = state.run_ms if is_of_run and state.run_ms is not None else _began(one)
    if not is_of_run and state.last_ms is not None and one.ts_ms < state.last_ms:
        return state
    # Who tells an end without the id of its beginning means the run that goes on.
    ended = replace(state, run_id="", run_ms=None, status=one.status)
    after = ended if is_of_run else _begun(ended, config, began_ms, one.status)
    if one.status is RunStatus.OK:
        return replace(after, last_ok_ms=began_ms, failures=0)
    return replace(after, failures=state.failures + 1)


def due(state: State, config: MonitorConfig, now_ms: int) -> tuple[State, Sequence[Told]]:
    """The state at an instant, and the runs that are told as failed then."""
    told: list[Told] = []
    if state.run_ms is not None and now_ms >= state.run_ms + config.max_runtime_ms:
        told.append(Told(check_in_id=state.run_id, status=RunStatus.TIMEOUT, at_ms=state.run_ms))
        state = replace(
            state,
            status=RunStatus.TIMEOUT,
            run_id="",
            run_ms=None,
            failures=state.failures + 1,
        )
    while state.next_ms is not None and now_ms >= state.next_ms + config.margin_ms:
        if len(told) >= MOST_MISSED:
            return replace(state, next_ms=config.next_ms(now_ms)), told
        told.append(Told(check_in_id="", status=RunStatus.MISSED, at_ms=state.next_ms))
        state = replace(
            state,
            status=RunStatus.MISSED,
            next_ms=config.next_ms(state.next_ms),
            failures=state.failures + 1,
        )
    return state, told


def missed_id(project_id: int, monitor: str, environment: str, due_ms: int) -> str:
    """The id of a run that never came: the same however often it is told."""
    named = f"{project_id}\n{monitor}\n{environment}\n{due_ms}"
    return blake2b(named.encode(), digest_size=16).hexdigest()


def _began(one: CheckIn) -> int:
    return max(0, one.ts_ms - one.duration_ms)


def _begun(state: State, config: MonitorConfig, began_ms: int, status: RunStatus) -> State:
    """A run that begins a little early is the one that is due: no other is waited for then."""
    due_ms = state.next_ms
    next_ms = config.next_ms(began_ms)
    if due_ms is not None and next_ms is not None:
        is_early = next_ms == due_ms and due_ms - began_ms <= _early_ms(config, due_ms)
        next_ms = config.next_ms(due_ms) if is_early else max(next_ms, due_ms)
    return replace(state, status=status, last_ms=max(began_ms, state.last_ms or 0), next_ms=next_ms)


def _early_ms(config: MonitorConfig, due_ms: int) -> int:
    """How much too early a clock may let a run begin. An interval counts from any beginning."""
    after_ms = config.next_ms(due_ms)
    if after_ms is None or not config.is_crontab:
        return -1
    return min(config.margin_ms, (after_ms - due_ms) // 2)


def passed_over(state: State, config: MonitorConfig, now_ms: int) -> State:
    """The state after a time in which nobody could hear a check-in: none of it was missed."""
    if state.next_ms is None or now_ms < state.next_ms + config.margin_ms:
        return state
    return replace(state, next_ms=config.next_ms(now_ms))
