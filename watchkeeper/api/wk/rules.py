"""Rule files: what is evaluated, and how it went."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, example

router = APIRouter(tags=["rules"], responses=ERRORS)


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
    """Rules that are evaluated one after the other every interval_s seconds."""

    name: str
    interval_s: float
    rules: list[RuleAnswer]


class RuleFileAnswer(Answer):
    """origin: `file` is read from disk and cannot be changed here. source: YAML as written."""

    name: str
    origin: Literal["file", "ui"]
    source: str
    groups: list[GroupAnswer]


class RulesAnswer(Answer):
    """The project's rule files."""

    files: list[RuleFileAnswer]


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


class RuleCheckAnswer(Answer):
    """groups, rules: how many the file has when it is right."""

    ok: bool
    problems: list[Problem]
    groups: int
    rules: int


@router.get("/projects/{project_id}/rules")
def list_rules(project_id: int) -> RulesAnswer:
    """Every rule file of the project with the state of its rules."""
    raise NotImplementedError


@router.post("/projects/{project_id}/rules/check")
def check_rules(project_id: int, body: RuleSourceBody) -> RuleCheckAnswer:
    """Read a rule file without keeping it. Answers 200 with the problems it has."""
    raise NotImplementedError


@router.put("/projects/{project_id}/rules/{file}")
def put_rules(project_id: int, file: str, body: RuleSourceBody) -> RuleFileAnswer:
    """Keep a rule file under a name. 400 names the line of the first fault. Role member."""
    raise NotImplementedError


@router.delete("/projects/{project_id}/rules/{file}")
def delete_rules(project_id: int, file: str) -> Done:
    """Delete a rule file; its firing alerts resolve. Needs role member."""
    raise NotImplementedError
