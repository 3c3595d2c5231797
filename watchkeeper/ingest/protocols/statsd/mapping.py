"""statsd_exporter's mapping file: how names become metrics with labels, and timers what they are.

Globs come before regular expressions; among each, the first in the file wins.
Format: statsd_exporter 0.28.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from watchkeeper.ingest.protocols.statsd.globs import GlobTree
from watchkeeper.ingest.protocols.statsd.parse import OBSERVED, MetricType
from watchkeeper.lib.go_regex import GoRegex, expand


class ObserverType(StrEnum):
    """What timers, histograms and distributions become."""

    SUMMARY = "summary"
    HISTOGRAM = "histogram"


DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DEFAULT_QUANTILES = (0.5, 0.9, 0.99)
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramOptions:
    """buckets: upper bounds, ascending, without +Inf. factor: over 1 makes it a native histogram
    whose buckets grow by at most so much; max_buckets bounds their number, 0: 160."""

    buckets: tuple[float, ...] = DEFAULT_BUCKETS
    factor: float = 0.0
    max_buckets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOptions:
    """quantiles over the last max_age_ms, which move on in age_buckets steps."""

    quantiles: tuple[float, ...] = DEFAULT_QUANTILES
    max_age_ms: int = 600_000
    age_buckets: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a metric is kept. ttl_ms: a series without a value for so long ends; None: not said."""

    observer: ObserverType = ObserverType.SUMMARY
    histogram: HistogramOptions = field(default_factory=HistogramOptions)
    summary: SummaryOptions = field(default_factory=SummaryOptions)
    ttl_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of `mappings`. types: the StatsD types it is for; empty: all."""

    match: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    types: frozenset[MetricType] = frozenset()
    pattern: GoRegex | None = None
    is_drop: bool = False
    help: str = ""
    honor_labels: bool = False
    scale: float = 1.0
    shape: Shape = field(default_factory=Shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What a rule makes of one name: the metric's name and the labels that the rule adds."""

    rule: Rule
    name: str
    labels: Mapping[str, str]


class MappingRules:
    """A mapping file, read. defaults: the shape of what no rule matches."""

    def __init__(self, rules: tuple[Rule, ...] = (), defaults: Shape | None = None,
                 *, most_specific: bool = False) -> None:  # fmt: skip
        """most_specific: among globs a literal beats `*`, whatever their order in the file."""
        self.rules = rules
        self.defaults = defaults or Shape()
        self._trees: dict[MetricType, GlobTree] = {}
        for kind in MetricType:
            globs = [
                (number, rule.match)
                for number, rule in enumerate(rules)
                if rule.pattern is None and (not rule.types or kind in rule.types)
            ]
            self._trees[kind] = GlobTree(globs, most_specific=most_specific)
        self._patterns = [rule for rule in rules if rule.pattern is not None]

    def find(self, name: str, kind: MetricType) -> Mapped | None:
        """The first rule that matches a name as sent; None if no rule does."""
        found = self._trees[kind].find(name.split("."))
        if found is not None:
            rule = self.rules[found.number]
            return _mapped(rule, partial(_filled, captures=found.captures))
        for rule in self._patterns:
            match = rule.pattern.search(name) if rule.pattern is not None else None
            if match is not None and (not rule.types or kind in rule.types):
                return _mapped(rule, partial(expand, match=match))
        return None


def _mapped(rule: Rule, fill: Callable[[str], str]) -> Mapped:
    labels = {label: fill(template) for label, template in rule.labels.items()}
    return Mapped(rule=rule, name=fill(rule.name), labels=labels)


def _filled(template: str, captures: Sequence[str]) -> str:
    """A template with $1 and ${1} filled in; what was not captured is empty."""

    def one(found: re.Match[str]) -> str:
        number = found[1] or found[2]
        is_captured = number.isdecimal() and 1 <= int(number) <= len(captures)
        return captures[int(number) - 1] if is_captured else ""

    return _REFERENCE.sub(one, template)


def types_named(name: str) -> frozenset[MetricType]:
    """The StatsD types that `match_metric_type` means. Raises ValueError."""
    known = {
        "": frozenset[MetricType](),
        "counter": frozenset({MetricType.COUNTER}),
        "gauge": frozenset({MetricType.GAUGE}),
        "observer": OBSERVED,
        "timer": OBSERVED,
        "set": frozenset({MetricType.SET}),
    }
    if name not in known:
        raise ValueError(f'"{name}" is no metric type; use counter, gauge, observer or timer')
    return known[name]
