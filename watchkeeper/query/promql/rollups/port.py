"""What the evaluator needs of whoever keeps roll-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Scope
from watchkeeper.query.promql.ast import Matcher
from watchkeeper.query.promql.rollups.buckets import Buckets
from watchkeeper.store.columns import Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupOptions:
    """long_ms: from this range on, queries with steps of an hour or more read roll-ups; 0: never.

    Where samples are gone, roll-ups are read in any case.
    """

    long_ms: int = 7 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupSpan:
    """What is there, Unix ms. Each instant is the begin of a day.

    samples_ms: since when there are samples; before, roll-ups are all there is.
    hours_ms, days_ms: since when there are roll-ups of that width.
    """

    samples_ms: int
    hours_ms: int
    days_ms: int


class RollupSource(Protocol):
    """Reads roll-ups of one scope. Thread-safe."""

    @property
    def options(self) -> RollupOptions: ...

    def span(self) -> RollupSpan:
        """What is there now, or was a moment ago. Cheap."""
        ...

    def done_ms(self) -> int:
        """Up to when the roll-ups are what the samples say, Unix ms. May block for a moment."""
        ...

    def has_histograms(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> bool:
        """True if there are native histograms in the range: roll-ups know of none."""
        ...

    def read(
        self,
        scope: Scope,
        matchers: Sequence[Matcher],
        resolution: Resolution,
        *,
        first_ms: int,
        last_ms: int,
        columns: Sequence[str],
    ) -> Buckets:
        """The buckets that lie in (first_ms, last_ms], both multiples of the bucket's width.

        Series without any are left out. Raises TooManySamples.
        """
        ...
