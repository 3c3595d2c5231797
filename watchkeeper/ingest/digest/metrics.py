"""What the digest counts about itself."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class DigestMetrics:
    """Metrics of one digest, registered in the registry that is handed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.lag = Gauge(
            "watchkeeper_digest_lag_seconds",
            "Age of the oldest accepted record that is not stored yet.",
            registry=registry,
        )
        self.records = Counter(
            "watchkeeper_digest_records_total",
            "Records taken from the spool and stored.",
            ["kind"],
            registry=registry,
        )
        self.dead_letters = Counter(
            "watchkeeper_digest_dead_letters_total",
            "Records or rows that can never be stored, kept for people to see.",
            ["reason"],
            registry=registry,
        )
        self.failures = Counter(
            "watchkeeper_digest_failures_total",
            "Rounds of the digest that ended in an error and are tried again.",
            ["code"],
            registry=registry,
        )
        self.depth = Gauge(
            "watchkeeper_spool_depth_bytes",
            "Bytes accepted and waiting to be stored.",
            ["lane"],
            registry=registry,
        )
        self.cut_seconds = Histogram(
            "watchkeeper_digest_cut_seconds",
            "Time to store one cut of the spool.",
            buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10),
            registry=registry,
        )
