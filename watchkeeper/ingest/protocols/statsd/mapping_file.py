"""Reads a statsd_exporter mapping file strictly: an unknown field or a wrong value is named."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from watchkeeper.ingest.protocols.statsd.mapping import (
    DEFAULT_BUCKETS,
    DEFAULT_QUANTILES,
    HistogramOptions,
    MappingRules,
    ObserverType,
    Rule,
    Shape,
    SummaryOptions,
    types_named,
)
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.go_regex import GoRegex, compile_search
from watchkeeper.lib.yaml_fields import Fields, YamlError, read_fields

_PART = r"(?:\*|[a-zA-Z0-9_](?:-?[a-zA-Z0-9_])*)"
_GLOB = re.compile(rf"{_PART}(?:\.{_PART})*")
_REFERENCE = r"\$\{?\d+\}?"
_NAME = re.compile(rf"(?:[a-zA-Z_]|{_REFERENCE})(?:[a-zA-Z0-9_]|{_REFERENCE})*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_GO_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|ms|s|m|h))+")
_GO_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h)")
_LONGEST_MS = 2**63 // 1_000_000
"""Go counts nanoseconds in 64 bits."""
_UNIT_MS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1e3, "m": 6e4, "h": 36e5}


class MappingInvalid(WatchkeeperError):
    """A StatsD mapping file cannot be used; the sentence names the line and the field."""

    code: ClassVar[str] = "statsd_mapping_invalid"


def read_mapping_file(path: str) -> MappingRules:
    """The rules of a file. Raises MappingInvalid."""
    try:
        source = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingInvalid(f"Cannot read the StatsD mapping file {path}: {error}.") from error
    try:
        return read_mapping(source)
    except MappingInvalid as error:
        raise MappingInvalid(f"{path}: {error}") from error


def read_mapping(source: str) -> MappingRules:
    """The rules of a YAML document. Raises MappingInvalid."""
    try:
        top = read_fields(source)
        defaults = _Defaults(top.section("defaults"))
        rules = tuple(_rule(entry, defaults) for entry in top.sections("mappings"))
        top.finish()
    except YamlError as error:
        raise MappingInvalid(str(error)) from error
    return MappingRules(rules, defaults.shape, most_specific=defaults.most_specific)


class _Defaults:
    """The section `defaults`."""

    def __init__(self, fields: Fields | None) -> None:
        self.match_type = "glob"
        self.most_specific = False
        self.shape = Shape()
        if fields is None:
            return
        self.match_type = _match_type(fields, self.match_type)
        self.most_specific = fields.flag("glob_disable_ordering")
        self.shape = Shape(
            observer=_observer(fields, ObserverType.SUMMARY),
            histogram=_histogram(fields, HistogramOptions()),
            summary=_summary(fields, SummaryOptions()),
            ttl_ms=fields.converted("ttl", go_duration_ms, None),
        )
        fields.finish()


def _rule(fields: Fields, defaults: _Defaults) -> Rule:
    match = fields.text("match")
    match_type = _match_type(fields, defaults.match_type)
    is_drop = fields.converted("action", _is_drop, False)
    name = fields.text("name")
    if not name and not is_drop:
        raise fields.wrong("name", "a mapping needs a name for the metric")
    if name and match_type == "glob" and _NAME.fullmatch(name) is None:
        raise fields.wrong("name", f'"{name}" is no metric name with $1 or ${{1}} in it')
    labels = fields.text_map("labels")
    for label in labels:
        if _LABEL.fullmatch(label) is None or label.startswith("__"):
            raise fields.wrong("labels", f'"{label}" is no label name')
    rule = Rule(
        match=match,
        name=name,
        labels=labels,
        types=fields.converted("match_metric_type", types_named, frozenset()),
        pattern=_pattern(fields, match, match_type),
        is_drop=is_drop,
        help=fields.text("help"),
        honor_labels=fields.flag("honor_labels"),
        scale=fields.converted("scale", _number, 1.0),
        shape=_shape(fields, defaults.shape),
    )
    fields.finish()
    return rule


def _shape(fields: Fields, defaults: Shape) -> Shape:
    observer = _observer(fields, defaults.observer)
    for section, other in (
        ("summary_options", ObserverType.HISTOGRAM),
        ("histogram_options", ObserverType.SUMMARY),
    ):
        if fields.has(section) and observer is other:
            raise fields.wrong(section, f"does not go with observer_type {other}")
    return Shape(
        observer=observer,
        histogram=_histogram(fields, defaults.histogram),
        summary=_summary(fields, defaults.summary),
        ttl_ms=fields.converted("ttl", go_duration_ms, defaults.ttl_ms) or defaults.ttl_ms,
    )


def _match_type(fields: Fields, default: str) -> str:
    chosen = fields.text("match_type") or default
    if chosen not in {"glob", "regex"}:
        raise fields.wrong("match_type", f'"{chosen}" is neither glob nor regex')
    return chosen


def _pattern(fields: Fields, match: str, match_type: str) -> GoRegex | None:
    if match_type == "regex":
        try:
            return compile_search(match)
        except ValueError as error:
            raise fields.wrong("match", str(error)) from error
    if _GLOB.fullmatch(match) is None:
        raise fields.wrong("match", f'"{match}" is no glob: dotted names, with * for one part')
    return None


def _observer(fields: Fields, default: ObserverType) -> ObserverType:
    old = fields.converted("timer_type", _observer_named, default)  # the name before 0.16
    return fields.converted("observer_type", _observer_named, old)


def _observer_named(text: str) -> ObserverType:
    try:
        return ObserverType(text)
    except ValueError:
        raise ValueError(f'"{text}" is neither summary nor histogram') from None


def _histogram(fields: Fields, defaults: HistogramOptions) -> HistogramOptions:
    buckets = _buckets(fields, defaults.buckets)  # the place before 0.16
    section = fields.section("histogram_options")
    if section is None:
        return HistogramOptions(
            buckets=buckets, factor=defaults.factor, max_buckets=defaults.max_buckets
        )
    if fields.has("buckets") and section.has("buckets"):
        raise section.wrong("buckets", "stands beside histogram_options too; keep one")
    options = HistogramOptions(
        buckets=_buckets(section, buckets),
        factor=section.converted("native_histogram_bucket_factor", _number, defaults.factor),
        max_buckets=section.count("native_histogram_max_buckets", defaults.max_buckets),
    )
    section.finish()
    return options


def _buckets(fields: Fields, default: tuple[float, ...]) -> tuple[float, ...]:
    try:
        bounds = tuple(_bound(text) for text in fields.texts("buckets"))
    except ValueError as error:
        if isinstance(error, YamlError):
            raise
        raise fields.wrong("buckets", str(error)) from error
    if any(left >= right for left, right in pairwise(bounds)):
        raise fields.wrong("buckets", "the bounds must rise")
    finite = tuple(bound for bound in bounds if not math.isinf(bound))  # +Inf is always there
    return finite or default or DEFAULT_BUCKETS


def _bound(text: str) -> float:
    return math.inf if text.lstrip("+.").lower() == "inf" else _number(text)


def _summary(fields: Fields, defaults: SummaryOptions) -> SummaryOptions:
    quantiles = _quantiles(fields, defaults.quantiles)  # the place before 0.16
    section = fields.section("summary_options")
    if section is None:
        return SummaryOptions(
            quantiles=quantiles, max_age_ms=defaults.max_age_ms, age_buckets=defaults.age_buckets
        )
    if fields.has("quantiles") and section.has("quantiles"):
        raise section.wrong("quantiles", "stands beside summary_options too; keep one")
    options = SummaryOptions(
        quantiles=_quantiles(section, quantiles),
        max_age_ms=section.converted("max_age", go_duration_ms, 0) or defaults.max_age_ms,
        age_buckets=section.count("age_buckets") or defaults.age_buckets,
    )
    section.count("buf_cap")  # of the exporter's own estimator
    section.finish()
    return options


def _quantiles(fields: Fields, default: tuple[float, ...]) -> tuple[float, ...]:
    found = []
    for entry in fields.sections("quantiles"):
        found.append(entry.converted("quantile", _share, math.nan))
        entry.converted("error", _share, 0.0)  # ours is within half a percent for each
        if math.isnan(found[-1]):
            raise entry.wrong("quantile", "is missing")
        entry.finish()
    return tuple(found) or default or DEFAULT_QUANTILES


def _share(text: str) -> float:
    number = _number(text)
    if not 0 <= number <= 1:
        raise ValueError(f"must be 0 to 1, got {text}")
    return number


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f'"{text}" is no number') from None
    if not math.isfinite(number):
        raise ValueError(f"{text} is not finite")
    return number


def _is_drop(text: str) -> bool:
    if text not in {"map", "drop", ""}:
        raise ValueError(f'"{text}" is neither map nor drop')
    return text == "drop"


def go_duration_ms(text: str) -> int:
    """Milliseconds of a Go duration such as 1m20s or 1.5h; 0 needs no unit. Raises ValueError."""
    if text in {"0", ""}:
        return 0
    if _GO_DURATION.fullmatch(text) is None:
        raise ValueError(f'"{text}" is no duration; write it as 90s or 1m20s')
    total_ms = sum(float(size) * _UNIT_MS[unit] for size, unit in _GO_PART.findall(text))
    if total_ms >= _LONGEST_MS:
        raise ValueError(f'"{text}" is longer than 292 years')
    return round(total_ms)
