"""What Sentry calls each kind of item when it comes to limits, and how large an item may be."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

KIB, MIB = 2**10, 2**20


class Category(StrEnum):
    """A data category of Sentry's protocol: what SDKs are told to send less of."""

    ERROR = "error"
    TRANSACTION = "transaction"
    SPAN = "span"
    LOG = "log_item"
    METRIC = "trace_metric"
    SESSION = "session"
    MONITOR = "monitor"
    FEEDBACK = "feedback"
    USER_REPORT = "user_report"
    ATTACHMENT = "attachment"
    REPLAY = "replay"
    PROFILE = "profile"
    PROFILE_CHUNK = "profile_chunk"
    SECURITY = "security"
    INTERNAL = "internal"
    """Reports of SDKs on themselves; never limited."""
    OTHER = "default"


CATEGORIES: Mapping[str, Category] = {
    "event": Category.ERROR,
    "transaction": Category.TRANSACTION,
    "span": Category.SPAN,
    "log": Category.LOG,
    "otel_log": Category.LOG,
    "trace_metric": Category.METRIC,
    "statsd": Category.METRIC,
    "session": Category.SESSION,
    "sessions": Category.SESSION,
    "check_in": Category.MONITOR,
    "feedback": Category.FEEDBACK,
    "user_report": Category.USER_REPORT,
    "attachment": Category.ATTACHMENT,
    "replay_event": Category.REPLAY,
    "replay_recording": Category.REPLAY,
    "replay_video": Category.REPLAY,
    "profile": Category.PROFILE,
    "profile_chunk": Category.PROFILE_CHUNK,
    "raw_security": Category.SECURITY,
    "security": Category.SECURITY,
    "client_report": Category.INTERNAL,
}
"""The category of each type of item that is stored or counted."""

NOT_STORED = frozenset({
    "metric_buckets", "metric_meta", "form_data", "unreal_report", "nel", "otel_span",
    "otel_traces_data", "otel_logs_data", "profile_minidump", "trace_attachment", "integration",
})  # fmt: skip
"""Types of Sentry's protocol that this server does not store, each counted under its name."""

LARGEST: Mapping[Category, int] = {
    Category.ERROR: 1 * MIB,
    Category.TRANSACTION: 1 * MIB,
    Category.SPAN: 10 * MIB,
    Category.LOG: 10 * MIB,
    Category.METRIC: 10 * MIB,
    Category.SESSION: 1 * MIB,
    Category.MONITOR: 100 * KIB,
    Category.FEEDBACK: 1 * MIB,
    Category.USER_REPORT: 1 * MIB,
    Category.ATTACHMENT: 40 * MIB,
    Category.REPLAY: 20 * MIB,
    Category.PROFILE: 40 * MIB,
    Category.PROFILE_CHUNK: 40 * MIB,
    Category.SECURITY: 1 * MIB,
    Category.INTERNAL: 100 * KIB,
}
"""Bytes of one unpacked item, after Relay's bounds; the body's bounds come before them."""


def limited_as(name: str) -> Category:
    """The category that a setting means: Sentry's word, or a plainer one such as `log`.

    Raises ValueError with the words that there are.
    """
    plain = _PLAIN.get(name, name)
    try:
        return Category(plain)
    except ValueError:
        known = ", ".join(sorted({*_PLAIN, *(each.value for each in Category)}))
        raise ValueError(f"no such category: {name!r}; there are {known}") from None


_PLAIN = {"log": "log_item", "metric": "trace_metric", "check_in": "monitor"}
