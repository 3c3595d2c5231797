"""What the decoded samples cost and save."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class HotMetrics:
    """`watchkeeper_query_hot_*`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.bytes = Gauge(
            "watchkeeper_query_hot_bytes",
            "Memory of decoded samples kept for queries.",
            registry=registry,
        )
        self.metrics = Gauge(
            "watchkeeper_query_hot_metrics",
            "Metrics whose recent samples are kept decoded.",
            registry=registry,
        )
        self.reads = Counter(
            "watchkeeper_query_hot_reads_total",
            "Selectors by where their samples came from: memory, loaded, columns.",
            ["from"],
            registry=registry,
        )
