"""Rule files: what is evaluated, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from watchkeeper.alerting import GroupStatus, RuleFileInvalid, StoredRuleFile, rule_state
from watchkeeper.alerting.rules import (
    AlertingRule,
    RuleGroup,
    RuleHealth,
    lint_rates,
    lint_selectors,
)
from watchkeeper.alerting.rules import Rule as AnyRule
from watchkeeper.api.auth import Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.trail import note
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, example
from watchkeeper.model import Scope

router = LateRouter(tags=["rules"], responses=ERRORS)


class RuleAnswer(Answer):
    """state: null for a recording rule. for_s: seconds it must hold before it fires."""

    name: str
    type: Literal["alerting", "recording"]
    expr: str
    for_s: float
    labels: dict[str, str]
    annotations: dict[str, str]
    state: Literal["inactive", "pending", "firing"] | None
    health: Literal["ok", "err", "unknown"]
    last_error: str
    last_evaluation_ms: int | None
    evaluation_ms: float | None


class GroupAnswer(Answer):
    """Rules evaluated in order every interval_s seconds; null: the default, not running yet."""

    name: str
    interval_s: float | None
    rules: list[RuleAnswer]


class RuleFileAnswer(Answer):
    """origin `file`: it is changed on disk. error: why it is not in force, or empty."""

    name: str
    origin: Literal["file", "ui"]
    source: str
    changed_ms: int
    error: str
    groups: list[GroupAnswer]


class RulesAnswer(Answer):
    """The project's rule files. problems: of files on disk that are not in force, as sentences."""

    files: list[RuleFileAnswer]
    problems: list[str]


class RuleSourceBody(Body):
    """A Prometheus rule file."""

    model_config = example(
        source="groups:\n- name: shop\n  rules:\n  - alert: Down\n    expr: up == 0\n    for: 1m\n"
    )
    source: str = Field(max_length=1_000_000)


class Problem(Answer):
    """line: 1 is the first; null when the fault has no place."""

    line: int | None
    message: str


class RuleHint(Answer):
    """A remark on one rule of a file that is right. line: of the rule."""

    level: Literal["warning", "info"]
    rule: str
    line: int
    message: str


class RuleCheckAnswer(Answer):
    """groups, rules: how many the file has when it is right. hints: what may surprise."""

    ok: bool
    problems: list[Problem]
    hints: list[RuleHint]
    groups: int
    rules: int


@router.get("/projects/{project_id}/rules")
def list_rules(rooms: RoomsHere, scope: ViewerScope) -> RulesAnswer:
    """Every rule file of the project with the state of its rules."""
    running = _running(rooms, scope)
    return RulesAnswer(
        files=[_file(each, running) for each in rooms.rules.list(scope)],
        problems=list(rooms.rules.disk_errors(scope)),
    )


@router.post("/projects/{project_id}/rules/check")
def check_rules(rooms: RoomsHere, scope: ViewerScope, body: RuleSourceBody) -> RuleCheckAnswer:
    """Read a rule file without keeping it. Answers 200 with the first problem it has.

    Hints tell of rates that are read as shares and of selectors that select nothing.
    """
    try:
        parsed = rooms.rules.check(body.source)
    except RuleFileInvalid as error:
        problem = Problem(line=error.line or None, message=str(error))
        return RuleCheckAnswer(ok=False, problems=[problem], hints=[], groups=0, rules=0)
    rules = sum(len(group.rules) for group in parsed.groups)
    hints = [
        *lint_rates(parsed),
        *lint_selectors(parsed, scope, rooms.source, now_ms=rooms.clock()),
    ]
    return RuleCheckAnswer(
        ok=True,
        problems=[],
        hints=[
            RuleHint(level=each.level.value, rule=each.rule, line=each.line, message=each.message)
            for each in hints
        ],
        groups=len(parsed.groups),
        rules=rules,
    )


@router.put("/projects/{project_id}/rules/{file}")
def put_rules(
    rooms: RoomsHere, scope: MemberScope, caller: Caller, file: str, body: RuleSourceBody
) -> RuleFileAnswer:
    """Keep a rule file under a name. 400 names the line of the first fault. Role member."""
    rooms.rules.put(scope, file, body.source)
    note(rooms, scope, caller, "rules.changed", file)
    return _file(rooms.rules.get(scope, file), _running(rooms, scope))


@router.delete("/projects/{project_id}/rules/{file}")
def delete_rules(rooms: RoomsHere, scope: MemberScope, caller: Caller, file: str) -> Done:
    """Delete a rule file; its firing alerts resolve. Needs role member."""
    rooms.rules.delete(scope, file)
    note(rooms, scope, caller, "rules.deleted", file)
    return Done()


Running = Mapping[tuple[str, str], GroupStatus]
"""Groups as they are evaluated, by file and group name."""


def _running(rooms: Rooms, scope: Scope) -> Running:
    return {(each.file, each.group.name): each for each in rooms.evaluator.groups(scope)}


def _file(file: StoredRuleFile, running: Running) -> RuleFileAnswer:
    groups = file.parsed.groups if file.parsed else ()
    return RuleFileAnswer(
        name=file.name,
        origin="file" if file.origin == "file" else "ui",
        source=file.source,
        changed_ms=file.changed_ms,
        error=file.error,
        groups=[_group(each, running.get((file.name, each.name))) for each in groups],
    )


def _group(group: RuleGroup, status: GroupStatus | None) -> GroupAnswer:
    interval_ms = status.interval_ms if status else group.interval_ms
    return GroupAnswer(
        name=group.name,
        interval_s=interval_ms / 1000 if interval_ms else None,
        rules=[_rule(each, status) for each in group.rules],
    )


def _rule(rule: AnyRule, status: GroupStatus | None) -> RuleAnswer:
    is_alert = isinstance(rule, AlertingRule)
    health = (status.health.get(rule.key) if status else None) or RuleHealth()
    states = status.alerts.get(rule.key, {}).values() if status else ()
    return RuleAnswer.model_validate(
        {
            "name": rule.name,
            "type": "alerting" if is_alert else "recording",
            "expr": rule.expr,
            "for_s": rule.hold_ms / 1000 if isinstance(rule, AlertingRule) else 0.0,
            "labels": dict(rule.labels),
            "annotations": dict(rule.annotations) if isinstance(rule, AlertingRule) else {},
            "state": rule_state(states) if is_alert else None,
            "health": health.health,
            "last_error": health.last_error,
            "last_evaluation_ms": health.last_evaluation_ms,
            "evaluation_ms": health.duration_s * 1000 if health.last_evaluation_ms else None,
        }
    )
