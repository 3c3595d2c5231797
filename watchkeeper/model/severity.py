"""How bad an issue is, as people say it."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """Ordered from the least to the worst."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
