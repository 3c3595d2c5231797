"""Which events are the same problem. Versions are frozen modules; a project names its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from watchkeeper.issues.grouping import v1, v2, v3
from watchkeeper.issues.grouping.repeated import Repeated
from watchkeeper.issues.grouping.shape import (
    ExceptionValue,
    Frame,
    Groupable,
    Grouping,
    Mechanism,
    Stacktrace,
)

VERSIONS: Mapping[int, Callable[[Groupable], Grouping]] = MappingProxyType(
    {v1.VERSION: v1.group, v2.VERSION: v2.group, v3.VERSION: v3.group}
)
"""Every version that a project may use."""

LATEST = v3.VERSION
"""What a new project uses, see docs/adr/0010-grouping-by-place-is-the-default.md."""

__all__ = [
    "LATEST",
    "VERSIONS",
    "ExceptionValue",
    "Frame",
    "Groupable",
    "Grouping",
    "Mechanism",
    "Repeated",
    "Stacktrace",
]
