"""Why something was not taken in: a closed set, each a label and a line in the manual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Drop(StrEnum):
    """Why a record was refused. Also the `reason` label of watchkeeper_ingest_dropped_total."""

    UNKNOWN_KEY = "unknown_key"
    DISABLED_KEY = "disabled_key"
    WRONG_KEY_KIND = "wrong_key_kind"
    WRONG_PROJECT = "wrong_project"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSUPPORTED_ITEM = "unsupported_item"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    CLIENT_DISCARDED = "client_discarded"
    """The sender's SDK discarded it before it was sent, and said so."""
    DUPLICATE_TIMESTAMP = "duplicate_timestamp"
    """Another value of that series is stored for that instant."""
    REPEATED = "repeated"
    """The very same sample again: a sender's retry."""
    OUT_OF_ORDER = "out_of_order"
    TOO_OLD = "too_old"
    TOO_FAR_FUTURE = "too_far_future"
    RESERVED_NAME = "reserved_name"
    INVALID_LABELS = "invalid_labels"
    TOO_MANY_SERIES = "too_many_series"
    OVER_QUOTA = "over_quota"
    RATE_LIMITED = "rate_limited"
    SPOOL_FULL = "spool_full"
    CLIENT_GONE = "client_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of one batch: how many rows are in the spool, and why others are not."""

    rows: int
    dropped: Mapping[Drop, int] = field(default_factory=dict)
