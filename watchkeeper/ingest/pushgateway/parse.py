"""A pushed body as families whose series carry the grouping key. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.ingest.exposition import (
    BadExposition,
    Exposition,
    Format,
    Memory,
    Pairs,
    read_exposition,
)
from watchkeeper.ingest.pushgateway.errors import BadPush
from watchkeeper.ingest.pushgateway.types import PushedFamily
from watchkeeper.ingest.series import is_reserved
from watchkeeper.model import METRIC_NAME, Histogram, Labels, labels_of

_SUFFIXES = ("_bucket", "_count", "_sum")
_COMPOUND = frozenset({"histogram", "gaugehistogram", "summary"})


@dataclass(frozen=True, slots=True)
class PushBody:
    """The body of a push. content_type: protobuf if it says so, else the text format 0.0.4."""

    content: bytes
    content_type: str = ""

    @property
    def format(self) -> Format:
        """As the Pushgateway decides it."""
        kind, *parameters = (part.strip().lower() for part in self.content_type.split(";"))
        wanted = {"proto=io.prometheus.client.metricfamily", "encoding=delimited"}
        is_protobuf = kind == "application/vnd.google.protobuf" and wanted <= set(parameters)
        return Format.PROTOBUF if is_protobuf else Format.TEXT


def read_families(body: PushBody, grouping: Labels, *, now_ms: int) -> dict[str, PushedFamily]:
    """The families by name. Raises BadPush."""
    memory, found = Memory(), list[Pairs]()

    def learn(pairs: Pairs) -> int:
        found.append(pairs)
        return len(found) - 1

    try:
        exposition = read_exposition(body.content, body.format, memory, learn)
    except BadExposition as error:
        raise BadPush(f"The body cannot be read: {error}.") from error
    if exposition.timestamps or any(each.ts_ms is not None for each in exposition.histograms):
        raise BadPush("pushed metrics must not have timestamps")
    return _families(exposition, memory, [_grouped(pairs, grouping) for pairs in found], now_ms)


def _grouped(pairs: Pairs, grouping: Labels) -> Labels:
    """A series' labels; those of the grouping key win."""
    labels = labels_of({**dict(pairs), **dict(grouping)})
    if is_reserved(dict(labels)[METRIC_NAME]):
        raise BadPush(f"only this server writes {dict(labels)[METRIC_NAME]}; name it differently")
    return labels


def _families(
    exposition: Exposition, memory: Memory, series: list[Labels], now_ms: int
) -> dict[str, PushedFamily]:
    samples: dict[str, list[tuple[Labels, float]]] = {name: [] for name in memory.metadata}
    histograms: dict[str, list[tuple[Labels, Histogram]]] = {}
    for number, value in zip(exposition.numbers, exposition.values, strict=True):
        name = _family_of(dict(series[number])[METRIC_NAME], memory)
        samples.setdefault(name, []).append((series[number], value))
    for each in exposition.histograms:
        name = dict(series[each.number])[METRIC_NAME]
        histograms.setdefault(name, []).append((series[each.number], each.histogram))
    found = {}
    for name in dict.fromkeys((*samples, *histograms)):
        kind, text, unit = memory.metadata.get(name, ("unknown", "", ""))
        family = PushedFamily(
            name=name,
            type=kind,
            help=text,
            unit=unit,
            pushed_ms=now_ms,
            samples=tuple(samples.get(name, ())),
            histograms=tuple(histograms.get(name, ())),
        )
        _check_distinct(family)
        if family.samples or family.histograms:
            found[name] = family
    return found


def _family_of(metric: str, memory: Memory) -> str:
    """The family of a sample: of a histogram or summary, the name without what it ends in."""
    if metric in memory.metadata:
        return metric
    for suffix in _SUFFIXES:
        base = metric.removesuffix(suffix)
        if base != metric and memory.type_of(base) in _COMPOUND:
            return base
    return metric


def _check_distinct(family: PushedFamily) -> None:
    seen: set[Labels] = set()
    for labels in family.series():
        if labels in seen:
            raise BadPush(
                f"metric {family.name} has two samples with the labels {dict(labels)}; "
                "labels of the grouping key replace those of the body"
            )
        seen.add(labels)
