"""What is told to open pages as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class LiveTopic(StrEnum):
    """What changed. Pages refetch what they show of it."""

    SAMPLES = "samples"
    ISSUES = "issues"
    ALERTS = "alerts"
    TARGETS = "targets"
    LOGS = "logs"
    SPANS = "spans"
    ENVELOPES = "envelopes"
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One change in one project; `facts` is small and JSON-ready, e.g. {"issue_id": 3}."""

    project_id: int
    topic: LiveTopic
    facts: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
