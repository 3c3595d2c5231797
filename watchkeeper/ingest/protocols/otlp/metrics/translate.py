"""Messages of OTLP metrics to rows of Prometheus series. Pure but for the places it asks for."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, repeat
from typing import NamedTuple

import msgspec

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.otlp.attributes import Key, bound_text
from watchkeeper.ingest.protocols.otlp.messages import Scope
from watchkeeper.ingest.protocols.otlp.metrics.exponential import (
    BadDistribution,
    Distribution,
    native_histogram,
)
from watchkeeper.ingest.protocols.otlp.metrics.families import (
    TARGET_INFO,
    Family,
    Labelling,
    Layout,
    Pairs,
    Part,
    ResourceLabels,
    resource_labels,
    scope_labels,
)
from watchkeeper.ingest.protocols.otlp.metrics.known import FamilyKey, Known
from watchkeeper.ingest.protocols.otlp.metrics.messages import (
    ExemplarPoint,
    ExponentialHistogram,
    ExportRequest,
    HistogramPoint,
    Metric,
    NumberPoint,
    SummaryPoint,
)
from watchkeeper.ingest.protocols.otlp.metrics.naming import MetricKind, Naming
from watchkeeper.ingest.protocols.otlp.metrics.rows import INVALID, RESERVED, Mode, Rows
from watchkeeper.ingest.protocols.otlp.options import OtlpOptions
from watchkeeper.ingest.rows import Exemplar, MetadataRow
from watchkeeper.ingest.series import NO_SLOT, is_own
from watchkeeper.lib.clock import MINUTE_MS, NS_A_MS
from watchkeeper.model import METRIC_NAME, Labels
from watchkeeper.privacy import Scrubber

MAX_BOUNDS = 1_000
"""Explicit bounds, or quantiles, of one point: each is a series."""

_MAX_LABEL_BYTES = 32 * 1024
_MAX_EXEMPLAR_CHARACTERS = 128
_NO_RECORDED_VALUE = 1
_MAX_HELP = 10_000
_MAX_TARGET_INFO = 100
_TARGET_INFO_EVERY_NS = 2 * MINUTE_MS * NS_A_MS
_MODES = {
    1: Mode.DELTA, 2: Mode.CUMULATIVE,
    "AGGREGATION_TEMPORALITY_DELTA": Mode.DELTA,
    "AGGREGATION_TEMPORALITY_CUMULATIVE": Mode.CUMULATIVE,
}  # fmt: skip

Place = Callable[[Labels], int]
"""The place of a series in the registry; NO_SLOT if there is no room."""

KeyOf = Callable[[msgspec.Raw], Key]


class _Around(NamedTuple):
    """What a metric stands in."""

    resource: int
    scope: int
    common: Pairs
    promoted: Pairs


class Translator:
    """Reads one request. Every method raises MalformedOtlp where attributes cannot be read."""

    def __init__(
        self,
        options: OtlpOptions,
        known: Known,
        *,
        place: Place,
        key_of: KeyOf,
        scrubber: Scrubber,
    ) -> None:
        self._options, self._known = options, known
        self._naming = Naming.of(options.translation_strategy)
        self._labelling = Labelling(self._naming, scrubber.scrub_attributes)
        self._place, self._key_of = place, key_of
        self.rows = Rows()

    def translate(self, request: ExportRequest) -> Rows:
        """The rows of a request."""
        for resource_metrics in request.resource_metrics:
            first, firsts = len(self.rows.slots), len(self.rows.distributions)
            resource, labels = self._resource(self._key_of(resource_metrics.resource.attributes))
            for scope_metrics in resource_metrics.scope_metrics:
                around = self._around(
                    resource, labels, scope_metrics.scope, scope_metrics.schema_url
                )
                for metric in scope_metrics.metrics:
                    self._metric(metric, around)
            if labels.target:
                self._target_info(resource, labels.target, first, firsts)
        return self.rows

    def _resource(self, key: Key) -> tuple[int, ResourceLabels]:
        found = self._known.resources.get(key)
        if found is None:
            labels = resource_labels(key, self._options, self._labelling)
            found = self._known.add_resource(key, labels)
        return found

    def _around(
        self, resource: int, labels: ResourceLabels, scope: Scope, schema_url: str
    ) -> _Around:
        if not self._options.promote_scope_metadata:
            return _Around(resource, 0, labels.identity, labels.promoted)
        key = (scope.name, scope.version, schema_url, self._key_of(scope.attributes))
        found = self._known.scopes.get(key)
        if found is None:
            found = self._known.add_scope(key, scope_labels(*key, self._labelling))
        number, told = found
        return _Around(resource, number, told + labels.identity, labels.promoted)

    def _metric(self, metric: Metric, around: _Around) -> None:
        kind = metric.WhichOneof("data")
        if kind == "gauge" and metric.gauge is not None:
            family = self._family(metric, MetricKind.GAUGE, around)
            self._numbers(family, metric.gauge.data_points, Mode.LEVEL)
        elif kind == "sum" and metric.sum is not None:
            self._sum(metric, around)
        elif kind == "histogram" and metric.histogram is not None:
            points = metric.histogram.data_points
            mode = self._mode(metric, metric.histogram.aggregation_temporality, len(points))
            if mode is not None:
                self._histograms(self._family(metric, MetricKind.HISTOGRAM, around), points, mode)
        elif kind == "exponential_histogram" and metric.exponential_histogram is not None:
            self._exponential(metric, metric.exponential_histogram, around)
        elif kind == "summary" and metric.summary is not None:
            family = self._family(metric, MetricKind.SUMMARY, around)
            self._summaries(family, metric.summary.data_points)

    def _sum(self, metric: Metric, around: _Around) -> None:
        total = metric.sum
        if total is None:
            return
        mode = self._mode(metric, total.aggregation_temporality, len(total.data_points))
        if mode is None:
            return
        if total.is_monotonic:
            self._numbers(self._family(metric, MetricKind.COUNTER, around), total.data_points, mode)
            return
        family = self._family(metric, MetricKind.GAUGE, around, is_level=True)
        mode = Mode.DELTA_LEVEL if mode is Mode.DELTA else Mode.LEVEL
        self._numbers(family, total.data_points, mode)

    def _mode(self, metric: Metric, temporality: int | str, points: int) -> Mode | None:
        """The mode of a temporality; None, counted, if the sender did not say."""
        mode = _MODES.get(temporality)
        if mode is None:
            self.rows.points += points
            problem = f"metric {metric.name[:100]!r} has no aggregation temporality"
            self.rows.refuse(Drop.MALFORMED, points, problem)
        return mode

    def _family(
        self, metric: Metric, kind: MetricKind, around: _Around, *, is_level: bool = False
    ) -> Family:
        key = FamilyKey(around.resource, around.scope, metric.name, metric.unit, kind, is_level)
        family = self._known.families.get(key)
        if family is None:
            name = self._naming.metric(metric.name, metric.unit, kind, is_level=is_level)
            family = Family(name, around.common, around.promoted, self._labelling)
            self._known.families[key] = family
            self._known.hold(metric.name + metric.unit)
        if family.name and not is_own(family.name):
            self._tell(family.name, kind, metric)
        return family

    def _tell(self, name: str, kind: MetricKind, metric: Metric) -> None:
        unit = self._naming.unit(metric.unit)
        self._told(MetadataRow(name, kind.value, metric.description[:_MAX_HELP], unit))

    def _numbers(self, family: Family, points: Sequence[NumberPoint], mode: Mode) -> None:
        """Points of one value. The one loop here that is written for speed rather than shape."""
        rows = self.rows
        rows.begin(family, mode)
        first = len(rows.slots)
        places, key_of = family.places, self._key_of
        add_slot, add_nanos, add_start = rows.slots.append, rows.nanos.append, rows.starts.append
        add_value, add_origin = rows.values.append, rows.origins.append
        for point in points:
            key = key_of(point.attributes)
            slot = places.get(key)
            if slot is None:
                slot = self._new_place(family, key)
            add_slot(slot)
            add_nanos(point.time_unix_nano)
            add_start(point.start_time_unix_nano)
            add_value(point.as_double or point.as_int)
            add_origin(key)
            if point.flags & _NO_RECORDED_VALUE:
                rows.stale.append(len(rows.slots) - 1)
            if point.exemplars and mode is not Mode.LEVEL:
                self._exemplars(point.exemplars, partial(_always, family.labels(key)))
        rows.points += len(rows.slots) - first

    def _new_place(self, family: Family, key: Key) -> int:
        slot = self._place_of(family, key)
        if slot != NO_SLOT:
            family.places[key] = slot
        return slot

    def _place_of(self, family: Family, origin: Key | Part) -> int:
        """The place of a series, RESERVED or INVALID."""
        if not family.name:
            return INVALID
        labels = family.labels(origin)
        if is_own(family.name):
            return RESERVED
        if sum(len(name) + len(value) for name, value in labels) > _MAX_LABEL_BYTES:
            self._known.hold(origin.key if isinstance(origin, Part) else origin)
            return INVALID
        self._known.hold(origin if not isinstance(origin, Part) else origin.value)
        slot = self._place(labels)
        if slot != NO_SLOT:
            self.rows.fresh[slot] = labels
        return slot

    def _histograms(self, family: Family, points: Sequence[HistogramPoint], mode: Mode) -> None:
        for point in points:
            bounds = tuple(point.explicit_bounds)
            counts = point.bucket_counts
            self.rows.points += 1
            if len(bounds) > MAX_BOUNDS or (len(counts) and len(counts) != len(bounds) + 1):
                problem = f"histogram {family.name[:100]!r} has {len(counts)} bucket counts"
                problem += f" and {len(bounds)} bounds, of at most {MAX_BOUNDS:,}"
                self.rows.refuse(Drop.MALFORMED, 1, problem)
                continue
            self._histogram(family, point, bounds if len(counts) else (), mode)

    def _histogram(
        self, family: Family, point: HistogramPoint, bounds: tuple[float, ...], mode: Mode
    ) -> None:
        has_sum = point.HasField("sum")
        key = self._key_of(point.attributes)
        layout = family.layouts.get((key, bounds, has_sum))
        if layout is None:
            layout = self._laid_out(family, _histogram_parts(key, bounds, has_sum=has_sum))
            if NO_SLOT not in layout.slots:
                family.layouts[key, bounds, has_sum] = layout
        values: list[float] = []
        values += list(accumulate(point.bucket_counts))[: len(bounds)]
        values += (point.count, point.count)
        if has_sum:
            values.append(point.sum or 0.0)
        self.rows.begin(family, mode)
        self._add(layout, values, point)
        if self._options.histogram_min_max:
            self._extremes(family, point, key)
        if point.exemplars:
            self._exemplars(
                point.exemplars, lambda value: family.labels(_bucket_of(value, key, bounds))
            )

    def _extremes(self, family: Family, point: HistogramPoint, key: Key) -> None:
        """Series `_min` and `_max`, which are levels whatever the histogram is."""
        told = [
            (Part(key, f"_{name}"), float(getattr(point, name)))
            for name in ("min", "max")
            if point.HasField(name)
        ]
        self.rows.begin(family, Mode.LEVEL)
        parts = tuple(part for part, _ in told)
        layout = Layout(tuple(self._place_of(family, part) for part in parts), parts)
        self._add(layout, [value for _, value in told], point)

    def _summaries(self, family: Family, points: Sequence[SummaryPoint]) -> None:
        self.rows.begin(family, Mode.LEVEL)
        for point in points:
            self.rows.points += 1
            if len(point.quantile_values) > MAX_BOUNDS:
                problem = f"summary {family.name[:100]!r} has more than {MAX_BOUNDS:,} quantiles"
                self.rows.refuse(Drop.MALFORMED, 1, problem)
                continue
            key = self._key_of(point.attributes)
            quantiles = tuple(each.quantile for each in point.quantile_values)
            layout = family.layouts.get((key, quantiles, True))
            if layout is None:
                layout = self._laid_out(family, _summary_parts(key, quantiles))
                if NO_SLOT not in layout.slots:
                    family.layouts[key, quantiles, True] = layout
            values = [_or_nan(each.value) for each in point.quantile_values]
            self._add(layout, [*values, point.count, _or_nan(point.sum)], point)

    def _laid_out(self, family: Family, parts: tuple[Part, ...]) -> Layout:
        self._known.hold(parts[0].key)
        return Layout(tuple(self._place_of(family, part) for part in parts), parts)

    def _add(
        self, layout: Layout, values: Sequence[float], point: HistogramPoint | SummaryPoint
    ) -> None:
        """A row for each series of a layout, all of one time."""
        rows, count = self.rows, len(layout.slots)
        if point.flags & _NO_RECORDED_VALUE:
            rows.stale.extend(range(len(rows.slots), len(rows.slots) + count))
        rows.slots.extend(layout.slots)
        rows.origins.extend(layout.origins)
        rows.values.extend(values)
        rows.nanos.extend(repeat(point.time_unix_nano, count))
        rows.starts.extend(repeat(point.start_time_unix_nano, count))

    def _exponential(self, metric: Metric, sent: ExponentialHistogram, around: _Around) -> None:
        mode = self._mode(metric, sent.aggregation_temporality, len(sent.data_points))
        if mode is None:
            return
        family = self._family(metric, MetricKind.HISTOGRAM, around)
        for point in sent.data_points:
            self.rows.points += 1
            try:
                histogram = native_histogram(point)
            except BadDistribution as error:
                self.rows.refuse(Drop.MALFORMED, 1, str(error))
                continue
            series = self._series(family, self._key_of(point.attributes))
            if not series:
                continue
            self.rows.distributions.append(
                Distribution(
                    series=series,
                    ts_ms=point.time_unix_nano // NS_A_MS,
                    start_ms=point.start_time_unix_nano // NS_A_MS,
                    histogram=histogram,
                    is_delta=mode is Mode.DELTA,
                )
            )
            if point.exemplars:
                self._exemplars(point.exemplars, partial(_always, series))

    def _series(self, family: Family, key: Key) -> Labels:
        """The labels of a native histogram; empty, counted, if it is refused."""
        found = family.series.get(key)
        if found is None:
            found = family.labels(key)
            family.series[key] = found
            self._known.hold(key)
        size = sum(len(name) + len(value) for name, value in found)
        if not family.name or size > _MAX_LABEL_BYTES:
            self.rows.refuse(Drop.INVALID_LABELS, 1)
            return ()
        if is_own(family.name):
            self.rows.refuse(Drop.RESERVED_NAME, 1)
            return ()
        return found

    def _exemplars(
        self, sent: Sequence[ExemplarPoint], series_of: Callable[[float], Labels]
    ) -> None:
        for each in sent:
            value = float(_or_nan(each.as_double) or each.as_int)
            series = series_of(value)
            if not series or is_own(dict(series).get(METRIC_NAME, "")):
                continue
            labels = self._exemplar_labels(each)
            ts_ms = each.time_unix_nano // NS_A_MS
            self.rows.exemplars.append(
                Exemplar(series=series, ts_ms=ts_ms, value=value, labels=labels)
            )

    def _exemplar_labels(self, exemplar: ExemplarPoint) -> dict[str, str]:
        """trace_id and span_id, and the attributes while there is room for them."""
        ids = {"trace_id": _hex(exemplar.trace_id), "span_id": _hex(exemplar.span_id)}
        found = {name: value for name, value in ids.items() if value.strip("0")}
        size = sum(len(name) + len(value) for name, value in found.items())
        for name, value in self._labelling.read(self._key_of(exemplar.filtered_attributes)):
            label = self._naming.label(name)
            size += len(label) + len(value)
            if size > _MAX_EXEMPLAR_CHARACTERS:
                break
            if label and value:
                found.setdefault(label, value)
        return found

    def _target_info(self, resource: int, target: Labels, first: int, firsts: int) -> None:
        """target_info at the newest time of the resource, and often enough before it."""
        rows = self.rows
        nanos = rows.nanos[first:]
        nanos += [each.ts_ms * NS_A_MS for each in rows.distributions[firsts:]]
        if not nanos or max(nanos) == 0:
            return
        family = self._known.targets.get(resource)
        if family is None:
            family = Family(dict(target)[METRIC_NAME], target, (), self._labelling)
            self._known.targets[resource] = family
        rows.begin(family, Mode.TARGET)
        empty: Key = b""
        slot = family.places.get(empty)
        if slot is None:
            slot = self._new_place(family, empty)
        newest, oldest = max(nanos), min(nanos)
        earliest = max(oldest - 1, newest - _MAX_TARGET_INFO * _TARGET_INFO_EVERY_NS, 0)
        times = range(newest, earliest, -_TARGET_INFO_EVERY_NS)[::-1]
        rows.slots.extend(repeat(slot, len(times)))
        rows.origins.extend(repeat(empty, len(times)))
        rows.values.extend(repeat(1.0, len(times)))
        rows.starts.extend(repeat(0, len(times)))
        rows.nanos.extend(times)
        self._told(MetadataRow(TARGET_INFO, MetricKind.GAUGE.value, "Target metadata"))

    def _told(self, row: MetadataRow) -> None:
        if self._known.metadata.get(row.metric) != row:
            self._known.metadata[row.metric] = row
            self._known.hold(row.metric + row.help)
            self.rows.metadata.append(row)


def _histogram_parts(key: Key, bounds: tuple[float, ...], *, has_sum: bool) -> tuple[Part, ...]:
    """Buckets by bound, the last one, count and perhaps sum."""
    buckets = [Part(key, "_bucket", "le", bound_text(bound)) for bound in bounds]
    ends = [Part(key, "_bucket", "le", "+Inf"), Part(key, "_count")]
    return (*buckets, *ends, *((Part(key, "_sum"),) if has_sum else ()))


def _bucket_of(value: float, key: Key, bounds: tuple[float, ...]) -> Part:
    """The bucket that a value falls into."""
    at = bisect_left(bounds, value)
    return Part(key, "_bucket", "le", bound_text(bounds[at]) if at < len(bounds) else "+Inf")


def _summary_parts(key: Key, quantiles: tuple[float, ...]) -> tuple[Part, ...]:
    """Quantiles in their order, count and sum."""
    told = [Part(key, "", "quantile", bound_text(quantile)) for quantile in quantiles]
    return (*told, Part(key, "_count"), Part(key, "_sum"))


def _always(series: Labels, _value: float) -> Labels:
    return series


def _or_nan(value: float | None) -> float:
    """JavaScript writes NaN as null."""
    return math.nan if value is None else value


def _hex(identity: str | bytes) -> str:
    return identity.lower() if isinstance(identity, str) else identity.hex()
