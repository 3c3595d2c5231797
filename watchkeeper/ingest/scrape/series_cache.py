"""What a target's last scrapes looked like, so that the next one costs little."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.ingest.exposition import (
    DROPPED,
    BadExposition,
    Exposition,
    Format,
    HistogramSample,
    Memory,
    Pairs,
    fitted,
    read_exposition,
)
from watchkeeper.ingest.scrape.custom_buckets import ClassicHistograms
from watchkeeper.ingest.scrape.errors import LimitExceeded
from watchkeeper.ingest.scrape.relabel import LABEL_NAME, relabel
from watchkeeper.ingest.scrape.types import Limits, ScrapeJob
from watchkeeper.model import METRIC_NAME, Histogram, Labels, labels_of

_ROUNDS_KEPT = 10
"""A series' text is forgotten when it was in none of this many good scrapes."""
_MOST_METADATA = 10_000
"""From so many metric names on, what they are is forgotten and read again."""
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapedHistograms:
    """Native histograms of an answer, as columns. ts_ms: None where the target sent none."""

    series: list[Labels]
    histograms: list[Histogram]
    ts_ms: list[int | None]


@dataclass(frozen=True, slots=True)
class ScrapedExemplar:
    """An exemplar of one series. ts_ms: None if the target sent none."""

    series: Labels
    labels: dict[str, str]
    value: float
    ts_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scraped:
    """A good answer after relabelling; series, values: columns of equal length.

    timestamps: Unix ms by position where the target sent one and it is honoured.
    vanished: series of the scrape before that this one has not. samples: as the target sent them;
    kept: after relabelling, histograms included.
    """

    series: list[Labels]
    values: list[float]
    timestamps: dict[int, int]
    vanished: list[Labels]
    histograms: ScrapedHistograms
    vanished_histograms: list[Labels]
    exemplars: list[ScrapedExemplar]
    samples: int
    kept: int
    added: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Series that end here, by kind."""

    samples: list[Labels]
    histograms: list[Labels]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which series a plain scrape had. wanted: the positions that are kept, None for all."""

    numbers: list[int]
    series: list[Labels]
    wanted: list[int] | None


_NO_SHAPE = _Shape([], [], None)


class SeriesCache:
    """The series of one target: numbered, relabelled once, followed from scrape to scrape."""

    def __init__(self, job: ScrapeJob, target_labels: dict[str, str]) -> None:
        self._job = job
        self._target_labels = target_labels
        self._memory = Memory()
        self._labels: list[Labels] = []
        self._numbers: dict[Labels, int] = {}
        self._classic = (
            ClassicHistograms(self._number, self._memory, classic_too=job.reading.classic_too)
            if job.reading.custom_buckets
            else None
        )
        self._seen: set[int] = set()  # in the last good scrape
        self._live: set[int] = set()  # of these: those that get a marker when they vanish
        self._live_histograms: set[int] = set()
        self._shape = _NO_SHAPE
        self._recent: set[int] = set()
        self._rounds = 0

    def read(self, body: bytes, kind: Format) -> Scraped:
        """Parse one answer. Raises BadExposition or LimitExceeded and then forgets nothing."""
        reading = self._job.reading
        found = read_exposition(
            body,
            kind,
            self._memory,
            self._learn,
            native=reading.native_histograms,
            classic_too=reading.classic_too,
        )
        samples = len(found.numbers) + len(found.histograms)
        if self._classic is not None:
            found = self._classic.converted(found)
        histograms = self._fitted_histograms(found)
        is_plain = not found.timestamps and not found.histograms
        if is_plain and found.numbers == self._shape.numbers:
            return self._as_before(found, samples)
        return self._followed(found, histograms, samples)

    def down(self) -> Ended:
        """The series that a failed scrape ends; the next good one starts them anew."""
        ended = Ended(self._of(self._live), self._of(self._live_histograms))
        self._live, self._live_histograms, self._shape = set(), set(), _NO_SHAPE
        return ended

    def live(self) -> Ended:
        """The series of the last scrape that would get a marker."""
        return Ended(self._of(self._live), self._of(self._live_histograms))

    def adopt(self, ended: Ended) -> None:
        """Take over the series of another cache: those that do not come again will end."""
        self._live |= {self._number_of(labels) for labels in ended.samples}
        self._live_histograms |= {self._number_of(labels) for labels in ended.histograms}
        self._seen |= self._live | self._live_histograms

    def metadata(self) -> dict[str, tuple[str, str, str]]:
        """Metric name to (type, help, unit) as the target last told."""
        return self._memory.metadata

    def _as_before(self, found: Exposition, samples: int) -> Scraped:
        """The scrape has the series of the one before, which is the rule."""
        shape = self._shape
        self._count_round()
        return Scraped(
            series=shape.series,
            values=_at(found.values, shape.wanted),
            timestamps={},
            vanished=[],
            histograms=ScrapedHistograms(series=[], histograms=[], ts_ms=[]),
            vanished_histograms=[],
            exemplars=self._exemplars(found),
            samples=samples,
            kept=len(shape.series),
            added=0,
            quoted=found.quoted,
        )

    def _followed(
        self, found: Exposition, histograms: list[HistogramSample], samples: int
    ) -> Scraped:
        """The scrape has other series than the one before, or times, or histograms."""
        job, labels = self._job, self._labels
        is_dense = DROPPED not in found.numbers
        wanted = [at for at, number in enumerate(found.numbers) if number != DROPPED]
        kept = len(wanted) + len(histograms)
        check_sample_limit(kept, job.limits, scraped=samples)
        timestamps = found.timestamps if job.honor_timestamps else {}
        untracked = {} if job.track_timestamps_staleness else timestamps
        live = {found.numbers[at] for at in wanted if at not in untracked}
        live_histograms = {
            sample.number
            for sample in histograms
            if sample.ts_ms is None or not job.honor_timestamps or job.track_timestamps_staleness
        }
        current = {found.numbers[at] for at in wanted} | {s.number for s in histograms}
        scraped = Scraped(
            series=[labels[found.numbers[at]] for at in wanted],
            values=_at(found.values, None if is_dense else wanted),
            timestamps=timestamps if is_dense else _moved(timestamps, wanted),
            vanished=self._of(self._live - current),
            histograms=ScrapedHistograms(
                series=[labels[sample.number] for sample in histograms],
                histograms=[sample.histogram for sample in histograms],
                ts_ms=[s.ts_ms if job.honor_timestamps else None for s in histograms],
            ),
            vanished_histograms=self._of(self._live_histograms - current),
            exemplars=self._exemplars(found),
            samples=samples,
            kept=kept,
            added=len(current - self._seen),
            quoted=found.quoted,
        )
        self._live, self._live_histograms, self._seen = live, live_histograms, current
        if found.timestamps or found.histograms:
            self._shape = _NO_SHAPE
        else:
            self._shape = _Shape(found.numbers, scraped.series, None if is_dense else wanted)
        self._recent |= current
        self._count_round()
        return scraped

    def _fitted_histograms(self, found: Exposition) -> list[HistogramSample]:
        limits = self._job.limits
        kept = [sample for sample in found.histograms if sample.number != DROPPED]
        if not limits.buckets and limits.min_bucket_factor <= 1:
            return kept
        return [self._fitted(sample) for sample in kept]

    def _fitted(self, sample: HistogramSample) -> HistogramSample:
        limits = self._job.limits
        smaller = fitted(
            sample.histogram, limit=limits.buckets, min_factor=limits.min_bucket_factor
        )
        if smaller is None:
            raise LimitExceeded("histogram bucket limit exceeded")
        return HistogramSample(sample.number, smaller, sample.ts_ms)

    def _exemplars(self, found: Exposition) -> list[ScrapedExemplar]:
        kept = [each for each in found.exemplars if each.number != DROPPED]
        return [
            ScrapedExemplar(self._labels[each.number], each.labels, each.value, each.ts_ms)
            for each in sorted(kept, key=lambda each: each.ts_ms or 0)
        ]

    def _of(self, numbers: Iterable[int]) -> list[Labels]:
        return [self._labels[number] for number in numbers]

    def _learn(self, pairs: Pairs) -> int:
        if self._classic is not None:
            return self._classic.learn(pairs)
        return self._number(pairs)

    def _number(self, pairs: Pairs) -> int:
        """The number of the series after relabelling, or DROPPED."""
        labels = merge(pairs, self._target_labels, honor=self._job.honor_labels)
        kept = relabel(labels, self._job.metric_relabel)
        if kept is None:
            return DROPPED
        if METRIC_NAME not in kept:
            raise BadExposition("missing metric name (__name__ label)")
        if not self._job.reading.utf8_names:
            check_legacy_names(kept)
        check_label_limits(kept, self._job.limits)
        return self._number_of(labels_of(kept))

    def _number_of(self, labels: Labels) -> int:
        number = self._numbers.setdefault(labels, len(self._labels))
        if number == len(self._labels):
            self._labels.append(labels)
        return number

    def _count_round(self) -> None:
        """Every few rounds, start the memory over without the series that are gone for long."""
        self._rounds += 1
        if self._rounds < _ROUNDS_KEPT:
            return
        if len(self._recent) < 0.8 * len(self._labels):
            self._forget_all_but(self._recent | self._seen | self._live | self._live_histograms)
        # Comments are read again with the next body: what they told may have been forgotten.
        self._memory.comments.clear()
        self._rounds, self._recent = 0, set(self._seen)

    def _forget_all_but(self, wanted: set[int]) -> None:
        keep = {number: new for new, number in enumerate(sorted(wanted))}
        self._labels = [self._labels[number] for number in keep]
        self._numbers = {labels: number for number, labels in enumerate(self._labels)}
        self._seen = {keep[number] for number in self._seen}
        self._live = {keep[number] for number in self._live}
        self._live_histograms = {keep[number] for number in self._live_histograms}
        self._shape = _NO_SHAPE
        memory = self._memory
        if self._classic is not None:  # its numbers point elsewhere: everything is learned anew
            self._classic.forget()
            memory.known.clear()
        else:
            memory.known = {
                text: keep.get(number, DROPPED)
                for text, number in memory.known.items()
                if number == DROPPED or number in keep
            }
        memory.exemplars = {k: text for k, text in memory.exemplars.items() if k in memory.known}
        if len(memory.metadata) > _MOST_METADATA:
            memory.metadata = {}


def _at(values: list[float], wanted: list[int] | None) -> list[float]:
    return values if wanted is None else [values[at] for at in wanted]


def _moved(timestamps: dict[int, int], wanted: list[int]) -> dict[int, int]:
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


def check_sample_limit(samples: int, limits: Limits, *, scraped: int) -> None:
    """Raises LimitExceeded if a scrape holds more samples than its job allows.

    scraped: samples before relabelling, for the report.
    """
    if limits.samples and samples > limits.samples:
        raise LimitExceeded(
            f"sample limit exceeded ({samples} samples, limit: {limits.samples})",
            scraped=scraped,
            kept=samples,
        )


def check_label_limits(labels: dict[str, str], limits: Limits) -> None:
    """Raises LimitExceeded if a series' labels are too many or too long (in bytes)."""
    metric = labels.get(METRIC_NAME, "")[:50]
    if limits.labels and len(labels) > limits.labels:
        raise LimitExceeded(
            f"label_limit exceeded (metric: {metric}, number of labels: {len(labels)}, "
            f"limit: {limits.labels})"
        )
    if not limits.label_name_length and not limits.label_value_length:
        return
    for name, value in labels.items():
        length = len(name.encode())
        if 0 < limits.label_name_length < length:
            raise LimitExceeded(
                f"label_name_length_limit exceeded (metric: {metric}, label name: {name[:50]}, "
                f"length: {length}, limit: {limits.label_name_length})"
            )
        length = len(value.encode())
        if 0 < limits.label_value_length < length:
            raise LimitExceeded(
                f"label_value_length_limit exceeded (metric: {metric}, label name: {name[:50]}, "
                f'value: "{value[:50]}", length: {length}, limit: {limits.label_value_length})'
            )


def check_legacy_names(labels: dict[str, str]) -> None:
    """Raises BadExposition if a name is no plain identifier, for jobs that want only those."""
    for name, value in labels.items():
        if not LABEL_NAME.fullmatch(name) or (name == METRIC_NAME and not _METRIC.fullmatch(value)):
            raise BadExposition(f"invalid metric name or label names: {labels}"[:300])
