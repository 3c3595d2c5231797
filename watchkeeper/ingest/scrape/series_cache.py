"""What a target's last scrapes looked like, so that the next one costs little."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.ingest.scrape.errors import LimitExceeded
from watchkeeper.ingest.scrape.parse import DROPPED, Exposition, Memory, Pairs, parse_exposition
from watchkeeper.ingest.scrape.relabel import relabel
from watchkeeper.ingest.scrape.types import Limits, ScrapeJob
from watchkeeper.model import METRIC_NAME, Labels, labels_of

_ROUNDS_KEPT = 10
"""A series' text is forgotten when it was in none of this many good scrapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scraped:
    """A good answer after relabelling, as columns of equal length.

    timestamps: Unix ms by position where the target sent one and it is honoured.
    vanished: series of the scrape before that this one has not.
    """

    series: list[Labels]
    values: list[float]
    timestamps: dict[int, int]
    vanished: list[Labels]
    samples: int
    added: int
    quoted: bool


class SeriesCache:
    """Numbers the series of one target and remembers which were in its last scrape."""

    def __init__(self, job: ScrapeJob, target_labels: dict[str, str]) -> None:
        self._job = job
        self._target_labels = target_labels
        self._memory = Memory()
        self._labels: list[Labels] = []
        self._numbers: dict[Labels, int] = {}
        self._last: set[int] = set()
        self._recent: set[int] = set()
        self._rounds = 0

    def read(self, body: bytes) -> Scraped:
        """Parse one answer. Raises BadExposition or LimitExceeded and then forgets nothing."""
        found = parse_exposition(body, self._memory, self._learn)
        wanted = self._wanted(found)
        check_sample_limit(len(wanted), self._job.limits)
        timestamps = found.timestamps if self._job.honor_timestamps else {}
        tracked = {number for at, number in enumerate(found.numbers) if at not in timestamps}
        tracked.discard(DROPPED)
        current = set(found.numbers) - {DROPPED}
        vanished = [self._labels[number] for number in self._last - current]
        added = len(current - self._last)
        self._last = tracked if timestamps else current
        self._forget_old(current)
        labels, dense = self._labels, len(wanted) == len(found.numbers)
        return Scraped(
            series=[labels[found.numbers[at]] for at in wanted],
            values=found.values if dense else [found.values[at] for at in wanted],
            timestamps=timestamps if dense else _moved(timestamps, wanted),
            vanished=vanished,
            samples=len(found.numbers),
            added=added,
            quoted=found.quoted,
        )

    def down(self) -> list[Labels]:
        """The series that a failed scrape ends; the next good one starts them anew."""
        ended = [self._labels[number] for number in self._last]
        self._last = set()
        return ended

    def metadata(self) -> dict[str, tuple[str, str, str]]:
        """Metric name to (type, help, unit) as the target last told."""
        return self._memory.metadata

    def _wanted(self, found: Exposition) -> range | list[int]:
        if DROPPED not in found.numbers:
            return range(len(found.numbers))
        return [at for at, number in enumerate(found.numbers) if number != DROPPED]

    def _learn(self, pairs: Pairs) -> int:
        labels = merge(pairs, self._target_labels, honor=self._job.honor_labels)
        kept = relabel(labels, self._job.metric_relabel)
        if kept is None or METRIC_NAME not in kept:
            return DROPPED
        check_label_limits(kept, self._job.limits)
        final = labels_of(kept)
        number = self._numbers.setdefault(final, len(self._labels))
        if number == len(self._labels):
            self._labels.append(final)
        return number

    def _forget_old(self, current: set[int]) -> None:
        """Every few rounds, start the memory over without the series that are gone for long."""
        self._recent |= current
        self._rounds += 1
        if self._rounds < _ROUNDS_KEPT:
            return
        if len(self._recent) < 0.8 * len(self._labels):
            keep = {number: new for new, number in enumerate(sorted(self._recent))}
            self._labels = [self._labels[number] for number in keep]
            self._numbers = {labels: number for number, labels in enumerate(self._labels)}
            self._last = {keep[number] for number in self._last}
            known = self._memory.known.items()
            self._memory.known = {
                text: keep.get(number, DROPPED)
                for text, number in known
                if number == DROPPED or number in keep
            }
        self._memory.comments.clear()
        self._rounds, self._recent = 0, set()


def _moved(timestamps: dict[int, int], wanted: range | list[int]) -> dict[int, int]:
    return {new: timestamps[at] for new, at in enumerate(wanted) if at in timestamps}


def merge(pairs: Pairs, target: dict[str, str], *, honor: bool) -> dict[str, str]:
    """The target's labels joined to a series' own.

    honor: the series' own win; else a clashing one is kept under `exported_<name>`.
    """
    own = dict(pairs)
    if honor:
        return {**target, **{name: value for name, value in own.items() if value or name in target}}
    merged = dict(own)
    for name, value in target.items():
        if own.get(name):
            moved = f"exported_{name}"
            while moved in own or moved in target:
                moved = f"exported_{moved}"
            merged[moved] = own[name]
        merged[name] = value
    return merged


def check_sample_limit(samples: int, limits: Limits) -> None:
    """Raises LimitExceeded if a scrape holds more samples than its job allows."""
    if limits.samples and samples > limits.samples:
        raise LimitExceeded(f"sample_limit exceeded: {samples} samples, {limits.samples} allowed")


def check_label_limits(labels: dict[str, str], limits: Limits) -> None:
    """Raises LimitExceeded if a series' labels are too many or too long."""
    if limits.labels and len(labels) > limits.labels:
        raise LimitExceeded(f"label_limit exceeded: {len(labels)} labels, {limits.labels} allowed")
    for name, value in labels.items():
        if limits.label_name_length and len(name) > limits.label_name_length:
            raise LimitExceeded(f"label_name_length_limit exceeded by label {name[:80]}")
        if limits.label_value_length and len(value) > limits.label_value_length:
            raise LimitExceeded(f"label_value_length_limit exceeded by the value of label {name}")
