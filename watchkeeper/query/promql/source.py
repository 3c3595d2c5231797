"""Where samples come from: the port, and a source in memory for tests and back-tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Protocol

import numpy as np

from watchkeeper.lib.go_regex import compile_anchored
from watchkeeper.model import METRIC_NAME, Histogram, Labels, Scope
from watchkeeper.query.promql.ast import Matcher, MatchOp
from watchkeeper.query.promql.histograms import hinted, sample_columns
from watchkeeper.query.promql.types import I64, SeriesBlock, empty_block, value_of

MatcherSets = Sequence[Sequence[Matcher]]
"""Alternatives: a series is meant if it satisfies every matcher of one of them. Empty: all."""


@dataclass(frozen=True, slots=True)
class MetricMetadata:
    """What an exporter says about a metric."""

    type: str
    help: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cardinality:
    """Where the series are. The rankings: (name, count), largest first."""

    series: int
    label_pairs: int
    by_metric: list[tuple[str, int]]
    values_by_label: list[tuple[str, int]]
    by_pair: list[tuple[str, int]]


class SeriesSource(Protocol):
    """Reads series of one scope. Times are Unix ms UTC, both ends in.

    What lists series or labels may bring in some from outside the range, never leave one out.
    """

    def select(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> SeriesBlock:
        """The samples of all series that satisfy every matcher; series without any are left out.

        Of samples with equal time one stands. Staleness markers are included.
        """
        ...

    def series(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[Labels]:
        """Label sets seen in the range, sorted."""
        ...

    def label_names(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        """Sorted names of labels seen in the range."""
        ...

    def label_values(
        self, scope: Scope, name: str, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        """Sorted values of one label seen in the range."""
        ...

    def metadata(self, scope: Scope, metric: str | None) -> Mapping[str, list[MetricMetadata]]:
        """What is known of each metric, or of one."""
        ...

    def cardinality(self, scope: Scope, *, start_ms: int, end_ms: int, top: int) -> Cardinality:
        """How many series the range has, and the `top` metrics, labels and pairs by count."""
        ...


def satisfies(labels: Labels, matcher: Matcher) -> bool:
    """True if the label set meets the condition."""
    value = value_of(labels, matcher.name)
    if matcher.op is MatchOp.EQUAL:
        return value == matcher.value
    if matcher.op is MatchOp.NOT_EQUAL:
        return value != matcher.value
    matched = compile_anchored(matcher.value).matches(value)
    return matched is (matcher.op is MatchOp.REGEX)


class MemorySource:
    """Series held in memory, the same for every scope of one project.

    Only the first append of a time counts, as in a database that refuses duplicates.
    """

    def __init__(self, metadata: Mapping[str, list[MetricMetadata]] | None = None) -> None:
        self._samples: dict[Labels, dict[int, float | Histogram]] = {}
        self._starts: dict[Labels, dict[int, int]] = {}
        self._metadata = dict(metadata or {})

    def append(
        self,
        labels: Labels,
        samples: Iterable[tuple[int, float | Histogram]],
        starts: Mapping[int, int] | None = None,
    ) -> None:
        """Add (ts_ms, value) pairs to a series. starts: start timestamp (Unix ms) by ts_ms."""
        kept = self._samples.setdefault(labels, {})
        for ts_ms, value in samples:
            kept.setdefault(ts_ms, value)
        if starts:
            self._starts.setdefault(labels, {}).update(starts)

    def select(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> SeriesBlock:
        del scope
        chosen = sorted(s for s in self._samples if all(satisfies(s, m) for m in matchers))
        pieces: list[tuple[Labels, list[tuple[int, float | Histogram]]]] = []
        for labels in chosen:
            samples = hinted(sorted(self._samples[labels].items(), key=itemgetter(0)))
            inside = [p for p in samples if start_ms <= p[0] <= end_ms]
            if inside:
                pieces.append((labels, inside))
        block = _block(pieces)
        return replace(block, starts=self._starts_of(block)) if self._starts else block

    def _starts_of(self, block: SeriesBlock) -> I64:
        starts = np.zeros(block.samples, np.int64)
        for row, labels in enumerate(block.labels):
            known = self._starts.get(labels, {})
            for index in range(int(block.offsets[row]), int(block.offsets[row + 1])):
                starts[index] = known.get(int(block.ts[index]), 0)
        return starts

    def series(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[Labels]:
        sets = matcher_sets or [[]]
        blocks = (self.select(scope, m, start_ms=start_ms, end_ms=end_ms) for m in sets)
        return sorted({labels for block in blocks for labels in block.labels})

    def label_names(
        self, scope: Scope, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        found = self.series(scope, matcher_sets, start_ms=start_ms, end_ms=end_ms)
        return sorted({name for labels in found for name, _ in labels})

    def label_values(
        self, scope: Scope, name: str, matcher_sets: MatcherSets, *, start_ms: int, end_ms: int
    ) -> list[str]:
        found = self.series(scope, matcher_sets, start_ms=start_ms, end_ms=end_ms)
        return sorted({value_of(labels, name) for labels in found} - {""})

    def metadata(self, scope: Scope, metric: str | None) -> Mapping[str, list[MetricMetadata]]:
        del scope
        if metric is None:
            return self._metadata
        return {name: known for name, known in self._metadata.items() if name == metric}

    def cardinality(self, scope: Scope, *, start_ms: int, end_ms: int, top: int) -> Cardinality:
        found = self.series(scope, [], start_ms=start_ms, end_ms=end_ms)
        pairs = Counter(pair for labels in found for pair in labels)
        return Cardinality(
            series=len(found),
            label_pairs=len(pairs),
            by_metric=_top(Counter(value_of(labels, METRIC_NAME) for labels in found), top),
            values_by_label=_top(Counter(name for name, _ in pairs), top),
            by_pair=_top(Counter({f"{k}={v}": count for (k, v), count in pairs.items()}), top),
        )


def _top(counts: Counter[str], top: int) -> list[tuple[str, int]]:
    """The most frequent; equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]


def _block(pieces: Sequence[tuple[Labels, list[tuple[int, float | Histogram]]]]) -> SeriesBlock:
    if not pieces:
        return empty_block()
    counts = np.array([len(samples) for _, samples in pieces], dtype=np.int64)
    flat = [pair for _, samples in pieces for pair in samples]
    values, histograms = sample_columns([value for _, value in flat])
    return SeriesBlock(
        [labels for labels, _ in pieces],
        np.concatenate((np.zeros(1, np.int64), np.cumsum(counts))),
        np.array([ts_ms for ts_ms, _ in flat], dtype=np.int64),
        values,
        histograms=histograms,
    )


def metric_of(matchers: Sequence[Matcher]) -> str:
    """The metric name that the matchers demand, "" if they leave it open."""
    for matcher in matchers:
        if matcher.name == METRIC_NAME and matcher.op is MatchOp.EQUAL:
            return matcher.value
    return ""
