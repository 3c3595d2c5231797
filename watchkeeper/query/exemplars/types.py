"""What a reader of exemplars gets, and the port it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from watchkeeper.model import Labels, Scope
from watchkeeper.query.promql import MatcherSets


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """One observation. ts_ms: Unix ms. labels: usually trace_id and span_id."""

    ts_ms: int
    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesExemplars:
    """A series and its exemplars, oldest first."""

    series: Labels
    exemplars: Sequence[Exemplar]


class ExemplarSource(Protocol):
    """Reads exemplars of one scope."""

    def exemplars(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[SeriesExemplars]:
        """Those of all series that satisfy one of the sets, in [start_ms, end_ms].

        Sorted by series. No sets: none. Raises TooManySamples beyond the source's bound.
        """
        ...
