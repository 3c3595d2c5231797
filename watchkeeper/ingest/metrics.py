"""What ingest tells about itself."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

from watchkeeper.ingest.drops import Cut, Drop
from watchkeeper.model import Kind

_COMMIT_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class IngestMetrics:
    """Counters of one process's ingest, in the registry that was handed in.

    Every reason and kind is there from the start, so that a rate over it is never empty.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        dropped = Counter(
            "watchkeeper_ingest_dropped_total",
            "Rows that were refused, by reason.",
            ["reason"],
            registry=registry,
        )
        accepted = Counter(
            "watchkeeper_ingest_accepted_total",
            "Rows that are in the spool, by kind of record.",
            ["kind"],
            registry=registry,
        )
        folded = Counter(
            "watchkeeper_ingest_folded_total",
            "Samples of series beyond a limit that became part of an overflow series.",
            registry=registry,
        )
        unsupported = Counter(
            "watchkeeper_ingest_unsupported_items_total",
            "Items of an accepted envelope that this version does not store, by category.",
            ["category"],
            registry=registry,
        )
        self._items, self._discarded = _envelope_counters(registry)
        self._item_counters: dict[str, Counter] = {}
        self._requests = Histogram(
            "watchkeeper_ingest_request_seconds",
            "From the first byte read to the answer, by protocol.",
            ["protocol"],
            buckets=_COMMIT_BUCKETS_S,
            registry=registry,
        )
        self._by_protocol: dict[str, Histogram] = {}
        self._failures = Counter(
            "watchkeeper_edge_failures_total",
            "Steps of the edge that failed in a way nobody foresaw, by what they did.",
            ["step"],
            registry=registry,
        )
        cuts = Counter(
            "watchkeeper_ingest_cut_total",
            "Parts of accepted rows that were left out because they exceed a bound.",
            ["what"],
            registry=registry,
        )
        self._cuts = {what: cuts.labels(what.value) for what in Cut}
        self._unsupported, self._folded = unsupported, folded
        self._dropped = {reason: dropped.labels(reason.value) for reason in Drop}
        self._accepted = {kind: accepted.labels(kind.name.lower()) for kind in Kind}
        self.commit_seconds = Histogram(
            "watchkeeper_spool_commit_seconds",
            "From append to synced.",
            buckets=_COMMIT_BUCKETS_S,
            registry=registry,
        )

    def drop(self, reason: Drop, count: int = 1) -> None:
        """Count refused rows."""
        if count:
            self._dropped[reason].inc(count)

    def cut(self, cuts: Mapping[Cut, int]) -> None:
        """Count parts of accepted rows that were left out."""
        for what, count in cuts.items():
            self._cuts[what].inc(count)

    def folded(self, count: int) -> None:
        """Count samples that became part of an overflow series."""
        self._folded.inc(count)

    def accept(self, kind: Kind, count: int) -> None:
        """Count rows that are in the spool."""
        if count:
            self._accepted[kind].inc(count)

    def request_seconds(self, protocol: str, seconds: float) -> None:
        """Count one answered request and how long it took."""
        told = self._by_protocol.get(protocol)
        if told is None:
            told = self._by_protocol[protocol] = self._requests.labels(protocol)
        told.observe(seconds)

    def failed(self, step: str) -> None:
        """Count what should not have happened."""
        self._failures.labels(step).inc()

    def item(self, item_type: str) -> None:
        """Count one item of an envelope; `item_type` is of a closed set."""
        counter = self._item_counters.get(item_type)
        if counter is None:
            counter = self._item_counters[item_type] = self._items.labels(item_type)
        counter.inc()

    def discarded(self, category: str, reason: str, count: int) -> None:
        """Count what an SDK says it threw away; both words are of closed sets."""
        self._discarded.labels(category, reason).inc(count)
        self.drop(Drop.CLIENT_DISCARDED, count)

    def unsupported(self, category: str, count: int = 1) -> None:
        """Count items that are not stored; `category` is of a closed set."""
        self._unsupported.labels(category).inc(count)
        self.drop(Drop.UNSUPPORTED_ITEM, count)


def _envelope_counters(registry: CollectorRegistry) -> tuple[Counter, Counter]:
    """Items by type, and what SDKs discarded by category and reason."""
    items = Counter(
        "watchkeeper_ingest_items_total",
        "Items of Sentry's envelopes that came, by type; bad ones are among the drops too.",
        ["type"],
        registry=registry,
    )
    discarded = Counter(
        "watchkeeper_ingest_client_discarded_total",
        "What Sentry's SDKs say they threw away before sending, by category and reason.",
        ["category", "reason"],
        registry=registry,
    )
    return items, discarded
