"""What Sentry's protocol tells about itself: items by type, and what SDKs discarded and why."""

from __future__ import annotations

from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.protocols.sentry.categories import CATEGORIES, NOT_STORED, Category
from watchkeeper.ingest.protocols.sentry.parse import (
    ClientReport,
    DiscardedEvents,
    Item,
    parse_client_report,
)

_OTHER = "other"
_REASONS = frozenset({
    "backpressure", "batch_overflow", "before_send", "buffer_overflow", "cache_overflow",
    "callback", "discarded", "event_processor", "ignored", "ignore_spans", "insufficient_data",
    "internal_sdk_error", "invalid", "network_error", "no_parent_span", "queue_overflow",
    "ratelimit_backoff", "sample_rate", "send_error", "too_many", "filtered", "too_big",
})  # fmt: skip
_WORDS = frozenset({
    *(each.value for each in Category), "log_byte", "metric_bucket", "security", "session",
    "trace_metric_byte", "span_indexed", "transaction_indexed", "log", "feedback",
})  # fmt: skip


def count_item(item: Item, metrics: IngestMetrics) -> None:
    """Count one item under its type; reports of SDKs and what is not stored by their content."""
    is_known = item.type in CATEGORIES or item.type in NOT_STORED
    word = item.type if is_known else _OTHER
    metrics.item(word)
    if item.type == "client_report":
        _count_report(parse_client_report(item.payload), metrics)
    elif item.type not in CATEGORIES:
        metrics.unsupported(word)


def _count_report(report: ClientReport, metrics: IngestMetrics) -> None:
    for entry in (
        *report.discarded_events,
        *report.rate_limited_events,
        *report.filtered_events,
        *report.filtered_sampling_events,
    ):
        category = entry.category if entry.category in _WORDS else _OTHER
        reason = entry.reason if entry.reason in _REASONS else _OTHER
        metrics.discarded(category, reason, _quantity(entry))


def _quantity(entry: DiscardedEvents) -> int:
    is_number = entry.quantity == entry.quantity
    return int(min(max(entry.quantity, 0), 2**53)) if is_number else 0
