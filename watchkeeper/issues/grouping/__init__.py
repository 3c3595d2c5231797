"""Which events are the same problem. Versions are frozen modules; a project names its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from watchkeeper.issues.grouping import v1
from watchkeeper.issues.grouping.shape import (
    ExceptionValue,
    Frame,
    Groupable,
    Grouping,
    Mechanism,
    Stacktrace,
)

VERSIONS: Mapping[int, Callable[[Groupable], Grouping]] = MappingProxyType({v1.VERSION: v1.group})
"""Every version that a project may still use."""

LATEST = max(VERSIONS)

__all__ = [
    "LATEST",
    "VERSIONS",
    "ExceptionValue",
    "Frame",
    "Groupable",
    "Grouping",
    "Mechanism",
    "Stacktrace",
]
