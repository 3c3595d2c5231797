"""What a person is told where floats and histograms do not go together, as Prometheus words it."""

from __future__ import annotations

from watchkeeper.model import METRIC_NAME, Labels
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.run import Notes
from watchkeeper.query.promql.types import value_of

ADDITION, SUBTRACTION, AGGREGATION = "addition", "subtraction", "aggregation"


class SeriesNotes:
    """Notes on one series of the expression at a position of the text."""

    def __init__(self, notes: Notes, labels: Labels, position: int) -> None:
        self._notes = notes
        self._labels = labels
        self._position = position

    def _name(self) -> str:
        return quote(value_of(self._labels, METRIC_NAME))

    def floats_and_histograms(self) -> None:
        self._notes.warn(
            f"encountered a mix of histograms and floats for metric name {self._name()}",
            self._position,
        )

    def histograms_ignored(self) -> None:
        self._notes.inform(
            "ignored histograms in a range containing both floats and histograms for metric name "
            + self._name(),
            self._position,
        )

    def not_a_counter(self) -> None:
        self._notes.warn(
            f"this native histogram metric is not a counter: {self._name()}", self._position
        )

    def not_a_gauge(self) -> None:
        self._notes.warn(
            f"this native histogram metric is not a gauge: {self._name()}", self._position
        )

    def mixed_schemas(self) -> None:
        self._notes.warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas for "
            f"metric name {self._name()}",
            self._position,
        )

    def reconciled(self, operation: str) -> None:
        note_reconciled(self._notes, operation, self._position)

    def collided(self, operation: str) -> None:
        note_collision(self._notes, operation, self._position)


def note_reconciled(notes: Notes, operation: str, position: int) -> None:
    """Custom bounds differed and were reduced to those that both sides have."""
    notes.inform(f"mismatched custom buckets were reconciled during {operation}", position)


def note_collision(notes: Notes, operation: str, position: int) -> None:
    """One histogram starts a counter, the other goes on with one."""
    notes.warn(f"conflicting counter resets during histogram {operation}", position)
