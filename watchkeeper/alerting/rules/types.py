"""What a rule file says, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingRule:
    """Fires for each series of `expr`. hold_ms is `for`. labels, annotations: templates."""

    key: str
    name: str
    expr: str
    hold_ms: int
    keep_firing_ms: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """Stores the result of `expr` as series named `name`."""

    key: str
    name: str
    expr: str
    labels: Mapping[str, str]
    line: int


Rule = AlertingRule | RecordingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """Rules that are evaluated in order at one time.

    interval_ms: 0 means the project's default. query_offset_ms: how far in the past is evaluated.
    limit: most series or alerts a rule may give; 0 is no limit.
    """

    name: str
    interval_ms: int
    query_offset_ms: int
    limit: int
    rules: tuple[Rule, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A parsed rule file. name: as the store knows it."""

    name: str
    groups: tuple[RuleGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRuleFile:
    """A rule file as it is stored. origin: "file" (on disk) or "ui".

    parsed is None while `error` says why the text cannot be used.
    """

    project_id: int
    name: str
    source: str
    origin: str
    changed_ms: int
    parsed: RuleFile | None
    error: str = ""


@dataclass(slots=True, kw_only=True)
class RuleHealth:
    """How a rule's last evaluation went. health: unknown, ok or err. duration_s of it."""

    health: str = "unknown"
    last_error: str = ""
    last_evaluation_ms: int | None = None
    duration_s: float = 0.0
    note: str = ""
    warnings: tuple[str, ...] = field(default_factory=tuple)


def rule_key(*parts: str) -> str:
    """64 hex digits that name a rule through restarts and edits of its neighbours."""
    return sha256("\xff".join(parts).encode()).hexdigest()
