"""What a reading is, and the files that most of them come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

OwnLabels = tuple[tuple[str, str], ...]
Reading = tuple[str, OwnLabels, float]
"""Metric name, its own labels, value."""

PROC = Path("/proc")


def proc_text(name: str) -> str:
    """A file below /proc. Raises OSError where there is none."""
    return (PROC / name).read_text(encoding="utf-8", errors="replace")


def pairs(text: str) -> Iterator[tuple[str, list[str]]]:
    """The first word of each line, without a colon at its end, and the others."""
    for line in text.splitlines():
        first, *rest = line.split() or [""]
        if first:
            yield first.removesuffix(":"), rest
