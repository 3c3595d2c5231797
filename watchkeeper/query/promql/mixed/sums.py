"""Sum and mean of many histograms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.model import Histogram, ResetHint
from watchkeeper.query.promql.histograms import Sum, added, divided, multiplied
from watchkeeper.query.promql.mixed.notes import AGGREGATION, note_collision, note_reconciled
from watchkeeper.query.promql.run import Notes


@dataclass(frozen=True, slots=True)
class Combined:
    """value; and whether hints contradicted each other, and whether custom bounds differed."""

    value: Histogram
    collided: bool
    reconciled: bool

    def note(self, notes: Notes, position: int) -> None:
        if self.collided:
            note_collision(notes, AGGREGATION, position)
        if self.reconciled:
            note_reconciled(notes, AGGREGATION, position)


def summed(samples: Sequence[Histogram]) -> Combined:
    """The sum of at least one. Raises MixedSchemas."""
    total = Sum(samples[0])
    for sample in samples[1:]:
        total.add(sample)
    return Combined(total.total(), _contradictory(samples), total.reconciled)


def averaged(samples: Sequence[Histogram]) -> Combined:
    """The mean of at least one; it does not overflow where the sum would. Raises MixedSchemas."""
    combined = summed(samples)
    if _overflows(combined.value) and not any(map(_overflows, samples)):
        return _running_mean(samples)
    value = divided(combined.value, len(samples))
    return Combined(value, combined.collided, combined.reconciled)


def _running_mean(samples: Sequence[Histogram]) -> Combined:
    mean, reconciled = samples[0], False
    for count, sample in enumerate(samples[1:], start=2):
        step = added(multiplied(mean, (count - 1) / count), divided(sample, count))
        mean, reconciled = step.total(), reconciled or step.reconciled
    return Combined(mean, _contradictory(samples), reconciled)


def _contradictory(samples: Sequence[Histogram]) -> bool:
    hints = {sample.reset_hint for sample in samples}
    return {ResetHint.RESET, ResetHint.NOT_RESET} <= hints


def _overflows(histogram: Histogram) -> bool:
    numbers = (
        histogram.count,
        histogram.sum,
        histogram.zero_count,
        *histogram.positive.counts,
        *histogram.negative.counts,
    )
    return any(map(math.isinf, numbers))
