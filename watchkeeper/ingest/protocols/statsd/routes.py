"""From a line to the slots it adds to: names, tags, mapping rules, kinds. Asked once a new line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.statsd.mapping import MappingRules, Shape
from watchkeeper.ingest.protocols.statsd.naming import TagPolicy, metric_name
from watchkeeper.ingest.protocols.statsd.observers import NativeHistogram, new_observer
from watchkeeper.ingest.protocols.statsd.parse import OBSERVED, BadLine, MetricType, Tags
from watchkeeper.ingest.protocols.statsd.table import Keeping, SeriesTable
from watchkeeper.ingest.rows import MetadataRow
from watchkeeper.ingest.series import is_reserved
from watchkeeper.model import METRIC_NAME, labels_of

AUTO_HELP = "Received by StatsD."
CONTAINER_LABEL = "container_id"
LONGEST_LABELS = 32 * 1024
"""Characters of a series' labels together."""


class Refusal(StrEnum):
    """Why a value that could be read was not taken. Also a label of our own metric."""

    NEGATIVE_COUNTER = "negative_counter"
    """A counter only grows."""
    CONFLICTING_TYPE = "conflicting_type"
    """The metric is of another type already; see `match_metric_type` of the mapping file."""
    DROPPED_BY_MAPPING = "dropped_by_mapping"
    """A rule with `action: drop` matched."""
    EMPTY_NAME = "empty_name"
    """The mapping makes an empty name of it."""
    RESERVED_NAME = "reserved_name"
    """Only this server writes `up`, `scrape_*`, `watchkeeper_*` and `ALERTS*`."""
    TOO_MANY_SERIES = "too_many_series"
    """The bound `statsd.max_series` is reached; series that end make room."""
    LABELS_TOO_LONG = "labels_too_long"
    """Over 32 KiB of labels."""
    TOO_MANY_MEMBERS = "too_many_members"
    """The sets have more different members in one window than are held at once."""
    TOO_MANY_MESSAGES = "too_many_messages"
    """More events wait to be written than are held at once."""


DROP_OF: dict[str, Drop] = {
    **{each.value: Drop.MALFORMED for each in BadLine},
    Refusal.NEGATIVE_COUNTER: Drop.MALFORMED,
    Refusal.CONFLICTING_TYPE: Drop.MALFORMED,
    Refusal.EMPTY_NAME: Drop.INVALID_LABELS,
    Refusal.RESERVED_NAME: Drop.RESERVED_NAME,
    Refusal.TOO_MANY_SERIES: Drop.TOO_MANY_SERIES,
    Refusal.LABELS_TOO_LONG: Drop.INVALID_LABELS,
    Refusal.TOO_MANY_MEMBERS: Drop.TOO_MANY_SERIES,
    Refusal.TOO_MANY_MESSAGES: Drop.SPOOL_FULL,
}
"""The general reason of each of ours; what a mapping drops is dropped as its owner wished."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where values of a line go. factor: a value is multiplied by it. weight: what it counts."""

    slot: int
    keeping: Keeping
    factor: float = 1.0
    weight: float = 1.0


@dataclass(slots=True)
class _Family:
    kind: str
    slots: int = 0
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class RouteFinder:
    """Finds or makes the slot of what a line names. default_ttl_ms: 0 for never."""

    table: SeriesTable
    rules: MappingRules
    policy: TagPolicy
    default_ttl_ms: int
    metadata: dict[str, MetadataRow] = field(default_factory=dict)
    """What the metrics made since the last flush are."""
    _families: dict[str, _Family] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)

    def find(
        self, name: str, tags: Tags, kind: MetricType, *, rate: float, now_ms: int
    ) -> Route | Refusal:
        """The route of values of one type under one name with these tags as sent."""
        mapped = self.rules.find(name, kind)
        rule = mapped.rule if mapped is not None else None
        if rule is not None and rule.is_drop:
            return Refusal.DROPPED_BY_MAPPING
        metric = metric_name(mapped.name if mapped is not None else name)
        if not metric:
            return Refusal.EMPTY_NAME
        if is_reserved(metric):
            return Refusal.RESERVED_NAME
        labels = self.policy.labels(tags)
        if mapped is not None:
            for label, value in mapped.labels.items():
                if not (mapped.rule.honor_labels and label in labels):
                    labels[label] = value
        shape = rule.shape if rule is not None else self.rules.defaults
        slot = self._slot(metric, labels, kind, shape, rule.help if rule else "", now_ms)
        if isinstance(slot, Refusal):
            return slot
        scale = rule.scale if rule is not None else 1.0
        return self._route(slot, kind, scale=scale, rate=rate)

    def forget(self, slot: int) -> None:
        """A slot has ended: its metric's name is free again once no other slot has it."""
        key = self.table.keys[slot]
        if key is None:
            return
        family = self._families[key[0]]
        family.slots -= 1
        self.table.remove(slot)
        if not family.slots:
            del self._families[key[0]]
            for name in family.names:
                del self._taken[name]

    def _route(self, slot: int, kind: MetricType, *, scale: float, rate: float) -> Route:
        keeping = Keeping(int(self.table.keeping[slot]))
        if kind is MetricType.COUNTER:
            return Route(slot, keeping, factor=scale / rate)
        if kind in OBSERVED:
            unit = scale / 1000 if kind is MetricType.TIMER else scale  # timers become seconds
            return Route(slot, keeping, factor=unit, weight=float(max(1, int(1 / rate))))
        return Route(slot, keeping, factor=scale)

    def _slot(
        self, metric: str, labels: dict[str, str], kind: MetricType, shape: Shape, text: str,
        now_ms: int,
    ) -> int | Refusal:  # fmt: skip
        key = (metric, labels_of({**labels, METRIC_NAME: metric}))
        word = _word(kind, shape)
        family = self._families.get(metric)
        if family is not None and family.kind != word:
            return Refusal.CONFLICTING_TYPE
        slot = self.table.find(key)
        if slot is not None:
            return slot
        names = _names(metric, word)
        if family is None and any(name in self._taken for name in names):
            return Refusal.CONFLICTING_TYPE
        if sum(len(name) + len(value) for name, value in key[1]) > LONGEST_LABELS:
            return Refusal.LABELS_TOO_LONG
        ttl_ms = self.default_ttl_ms if shape.ttl_ms is None else shape.ttl_ms
        observer = new_observer(metric, labels, shape, now_ms) if kind in OBSERVED else None
        keeping = _KEEPING.get(kind, Keeping.OBSERVER)
        if isinstance(observer, NativeHistogram):
            keeping = Keeping.NATIVE
        slot = self.table.add(key, keeping, ttl_ms=ttl_ms, now_ms=now_ms, observer=observer)
        if slot is None:
            return Refusal.TOO_MANY_SERIES
        self._remember(metric, word, names, text)
        return slot

    def _remember(self, metric: str, word: str, names: tuple[str, ...], text: str) -> None:
        family = self._families.get(metric)
        if family is None:
            family = self._families[metric] = _Family(word, names=names)
            self._taken.update(dict.fromkeys(names, metric))
            row = MetadataRow(metric, "gauge" if word == "set" else word, text or AUTO_HELP)
            self.metadata[metric] = row
        family.slots += 1


_KEEPING = {
    MetricType.COUNTER: Keeping.COUNTER,
    MetricType.GAUGE: Keeping.GAUGE,
    MetricType.SET: Keeping.SET,
}


def _word(kind: MetricType, shape: Shape) -> str:
    """Prometheus's word for what the metric is; a set of members is no gauge that can be set."""
    if kind is MetricType.COUNTER:
        return "counter"
    if kind in {MetricType.GAUGE, MetricType.SET}:
        return "gauge" if kind is MetricType.GAUGE else "set"
    return shape.observer.value


def _names(metric: str, word: str) -> tuple[str, ...]:
    """Every metric name that a family writes."""
    endings = {"summary": ("_sum", "_count"), "histogram": ("_sum", "_count", "_bucket")}
    return (metric, *(metric + ending for ending in endings.get(word, ())))
