"""What all formats are read into."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, MutableSet
from dataclasses import dataclass, field

from watchkeeper.model import Histogram

Pairs = tuple[tuple[str, str], ...]
"""Label pairs as a target wrote them, `__name__` first; not sorted, empty ones included."""

DROPPED = -1
"""Number of a series that is known and not wanted."""

Learn = Callable[[Pairs], int]
"""Gives a new series its number, or DROPPED."""

Key = bytes | tuple[str, int, str, tuple[bytes, ...]]
"""How a series looks on the wire: its text before the value; in protobuf family, type, suffix and
labels."""


class BadExposition(ValueError):
    """A target's answer is not what its format allows; the sentence shows the place."""


@dataclass(frozen=True, slots=True)
class HistogramSample:
    """One native histogram. ts_ms: Unix ms, None if the target sent none."""

    number: int
    histogram: Histogram
    ts_ms: int | None


@dataclass(frozen=True, slots=True)
class ExemplarSample:
    """One exemplar of a series. ts_ms: Unix ms, None if the target sent none."""

    number: int
    labels: dict[str, str]
    value: float
    ts_ms: int | None


@dataclass(slots=True)
class Exposition:
    """One parsed body. numbers and values: columns of equal length.

    numbers: what `learn` gave each series. timestamps: Unix ms by position, only where sent.
    exemplars: those that were not in the body before. quoted: the body was one JSON string that
    holds the text.
    """

    numbers: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    timestamps: dict[int, int] = field(default_factory=dict)
    histograms: list[HistogramSample] = field(default_factory=list)
    exemplars: list[ExemplarSample] = field(default_factory=list)
    quoted: bool = False


@dataclass(slots=True)
class Memory:
    """What one target's earlier bodies taught: text before the value to number, comments seen.

    exemplars: the last one of each series as it was written, so that it is told once.
    metadata: metric name to (type, help, unit), changed as comments are read.
    """

    known: MutableMapping[Key, int] = field(default_factory=dict)
    comments: MutableSet[bytes] = field(default_factory=set)
    exemplars: MutableMapping[Key, bytes] = field(default_factory=dict)
    metadata: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def type_of(self, metric: str) -> str:
        """The type that was told of a metric family; empty if none was."""
        return self.metadata.get(metric, ("", "", ""))[0]
