"""Why something was not taken in: a closed set, each a label and a line in the manual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Drop(StrEnum):
    """Why a record was refused. Also the `reason` label of watchkeeper_ingest_dropped_total."""

    UNKNOWN_KEY = "unknown_key"
    """No key was sent, or one that does not exist."""
    DISABLED_KEY = "disabled_key"
    """The key was switched off."""
    WRONG_KEY_KIND = "wrong_key_kind"
    """A public key cannot write this; use the server key."""
    WRONG_PROJECT = "wrong_project"
    """The key belongs to another project than the one in the address."""
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    """The page's origin is not on the key's list."""
    TOO_LARGE = "too_large"
    """The body, or one event in it, exceeds its limit; the answer tells the limit."""
    MALFORMED = "malformed"
    """It cannot be read; the answer tells where."""
    UNSUPPORTED_ITEM = "unsupported_item"
    """A kind of item that this version does not store; the rest of the envelope is kept."""
    UNSCRUBBABLE = "unscrubbable"
    """A file, video or recording in which secrets cannot be looked for, and that the project's
    privacy settings do not say to keep."""
    NOT_WANTED = "not_wanted"
    """The project's privacy settings say to keep no attachments."""
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    """A Content-Encoding or version of the protocol that is not taken."""
    CLIENT_DISCARDED = "client_discarded"
    """The sender's SDK discarded it before it was sent, and said so."""
    DUPLICATE_TIMESTAMP = "duplicate_timestamp"
    """Another value of that series is stored for that instant."""
    REPEATED = "repeated"
    """The very same sample again: a sender's retry."""
    OUT_OF_ORDER = "out_of_order"
    """A newer sample of that series is stored already."""
    TOO_OLD = "too_old"
    """The sample is older than what is kept."""
    TOO_FAR_FUTURE = "too_far_future"
    """The sample is from more than ten minutes ahead: the sender's clock is wrong."""
    RESERVED_NAME = "reserved_name"
    """Only this server writes `watchkeeper_*`; StatsD and pushed groups cannot write `up`,
    `scrape_*` and `ALERTS*` either."""
    INVALID_LABELS = "invalid_labels"
    """A series without a metric name, with an empty or repeated label name, or of over 32 KiB."""
    INVALID_SPAN = "invalid_span"
    """A span without a trace id of 16 bytes and a span id of 8, or with ids of zeros."""
    INVALID_EXEMPLAR = "invalid_exemplar"
    """An exemplar with more than 128 characters of labels, or of a series that is not there."""
    INVALID_HISTOGRAM = "invalid_histogram"
    """A native histogram whose buckets contradict its schema, its spans or its count."""
    TOO_MANY_SERIES = "too_many_series"
    """More series are active than are remembered at once, or than the limits let be folded."""
    TOO_MANY_ERRORS = "too_many_errors"
    """More than 500 different exceptions in one OTLP request; its spans and lines are kept."""
    OVER_QUOTA = "over_quota"
    """The project sent more in a minute than it may."""
    RATE_LIMITED = "rate_limited"
    """The sender asked more often than it may."""
    SPOOL_FULL = "spool_full"
    """The spool or the disk is full, or too much is in memory; the sender is asked to return."""
    CLIENT_GONE = "client_gone"
    """The sender closed the connection before the body was whole."""


class Cut(StrEnum):
    """What was left out because it exceeds a bound; the `what` of watchkeeper_ingest_cut_total."""

    ATTRIBUTES = "attributes"
    """Attributes beyond 128 of one span, log line or event."""
    TEXTS = "texts"
    """Texts shortened to their bound; they end in `…`."""
    EVENTS = "events"
    """Events beyond 128 of one span."""
    LINKS = "links"
    """Links beyond 128 of one span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of one batch: how many rows are in the spool, and why others are not."""

    rows: int
    dropped: Mapping[Drop, int] = field(default_factory=dict)
