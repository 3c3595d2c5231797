"""What StatsD tells about itself."""

from __future__ import annotations

from collections import Counter as Tally

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.protocols.statsd.parse import BadLine
from watchkeeper.ingest.protocols.statsd.routes import DROP_OF, Refusal

KINDS = ("counter", "gauge", "set", "observer", "message")
_FLUSH_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class StatsdMetrics:
    """Every reason is there from the start, so that a rate over it is never empty."""

    def __init__(self, registry: CollectorRegistry, ingest: IngestMetrics) -> None:
        self._ingest = ingest
        self.packets = Counter(
            "watchkeeper_statsd_packets_total", "Datagrams received.", registry=registry
        )
        self.lines = Counter(
            "watchkeeper_statsd_lines_total", "Lines read that were not empty.", registry=registry
        )
        taken = Counter(
            "watchkeeper_statsd_samples_total",
            "Values taken, by what they are kept as; message: events and texts of checks.",
            ["kind"],
            registry=registry,
        )
        refused = Counter(
            "watchkeeper_statsd_refused_total",
            "Lines and values that were not taken, by reason.",
            ["reason"],
            registry=registry,
        )
        self._taken = {kind: taken.labels(kind) for kind in KINDS}
        self._refused = {
            reason.value: refused.labels(reason.value) for reason in (*BadLine, *Refusal)
        }
        lost = Counter(
            "watchkeeper_statsd_lost_packets_total",
            "Datagrams lost: no room in the kernel's buffer, or far more than can be read.",
            ["where"],
            registry=registry,
        )
        self.lost_in_kernel, self.lost_here = lost.labels("kernel"), lost.labels("receiver")
        self.connections_refused = Counter(
            "watchkeeper_statsd_connections_refused_total",
            "Stream connections beyond the bound.",
            registry=registry,
        )
        self.restarts = Counter(
            "watchkeeper_statsd_receiver_restarts_total",
            "Times the receiving process died and was started again.",
            registry=registry,
        )
        self.series = Gauge(
            "watchkeeper_statsd_series", "Metrics with labels held now.", registry=registry
        )
        self.listening = Gauge(
            "watchkeeper_statsd_listening",
            "1 for each address that is listened on, 0 while another program has it.",
            ["address"],
            registry=registry,
        )
        self.flush_seconds = Histogram(
            "watchkeeper_statsd_flush_seconds",
            "Time of one flush, its way to the disk included.",
            buckets=_FLUSH_BUCKETS_S,
            registry=registry,
        )

    def add(self, taken: Tally[str], refused: Tally[str]) -> None:
        """Count what was taken and refused since the last call."""
        for kind, count in taken.items():
            self._taken[kind].inc(count)
        for reason, count in refused.items():
            self._refused[reason].inc(count)
            if reason in DROP_OF:
                self._ingest.drop(DROP_OF[reason], count)
