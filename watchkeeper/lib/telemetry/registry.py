"""A metrics registry of one process, and its values as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from prometheus_client.metrics_core import Metric

_WITH_CREATED = frozenset({"counter", "histogram", "gaugehistogram", "summary"})


@dataclass(frozen=True, slots=True)
class OwnSample:
    """labels: pairs sorted by name, `__name__` among them, none with an empty value."""

    labels: tuple[tuple[str, str], ...]
    value: float


def new_registry(*, version: str) -> CollectorRegistry:
    """A registry with the process's own metrics (memory, CPU, file descriptors) and its version."""
    registry = CollectorRegistry(auto_describe=True)
    ProcessCollector(registry=registry)
    build = Gauge(
        "watchkeeper_build_info", "1, labelled with the version.", ["version"], registry=registry
    )
    build.labels(version).set(1)
    return registry


def snapshot(registry: CollectorRegistry, extra: Mapping[str, str]) -> list[OwnSample]:
    """Every value of a registry now, with `extra` labels added, as a scrape would store it."""
    return [
        OwnSample(_sorted_labels(name, {**labels, **extra}), value)
        for family in registry.collect()
        for name, labels, value in _values(family)
    ]


def _values(family: Metric) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for sample in family.samples:
        if family.type in _WITH_CREATED and sample.name.endswith("_created"):
            continue
        yield sample.name, sample.labels, float(sample.value)


def _sorted_labels(name: str, labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = {**labels, "__name__": name}
    return tuple(sorted((key, value) for key, value in pairs.items() if value))
