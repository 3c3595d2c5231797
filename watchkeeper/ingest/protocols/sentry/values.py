"""Values as Sentry's SDKs write them, as plain text, numbers and instants. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from watchkeeper.ingest.pipeline import Arrival
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, NS_A_MS

_LARGEST_DRIFT_MS = MINUTE_MS
_OLDEST_MS = 30 * DAY_MS
_LARGEST_WHOLE = 2.0**53
_MOST_SECONDS = 1e11
"""Unix seconds of the year 5138: a larger number is ms."""
_MOST_MS = 10 * 366 * DAY_MS


def text_of(value: object) -> str:
    """Text as it is; a number without needless zeros; null as empty; anything else as JSON."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return str(int(value))
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode().replace("\\u0000", "")
    except TypeError:
        return str(value)


def object_of(value: object) -> dict[str, object]:
    """The JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[object]:
    """The JSON list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def field(found: Mapping[str, object], name: str, *, most: int = 250) -> str:
    """A field as text of at most `most` characters; empty if it is not there."""
    return text_of(found.get(name))[:most].strip()


def attributes_of(sent: object) -> dict[str, str]:
    """`{"name": {"value": …, "type": …}}`, or plain values, as texts; nulls are left out."""
    found: dict[str, str] = {}
    for name, told in object_of(sent).items():
        typed = object_of(told)
        value = typed["value"] if "value" in typed and typed.keys() <= _TYPED else told
        if value is not None:
            found[name.replace("\x00", "")] = text_of(value)
    return found


_TYPED = frozenset({"value", "type", "unit"})


def count_of(value: object, *, most: int = 2**32 - 1) -> int:
    """A count of 0..most; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return 0 if math.isnan(value) else int(min(max(value, 0), most))


def duration_ms(seconds: object) -> int:
    """Seconds, as a number or text, in ms; 0 for what is none, at most ten years."""
    try:
        number = float(text_of(seconds) or 0)
    except ValueError:
        return 0
    return 0 if math.isnan(number) else int(min(max(number * 1000, 0), _MOST_MS))


def instant_ns(sent: object) -> int | None:
    """Unix ns of an ISO 8601 text (UTC if it names no zone) or of Unix seconds; None if neither.

    A number, also one in a text, that is far too large for seconds is Unix ms.
    """
    if isinstance(sent, str):
        try:
            moment = datetime.fromisoformat(sent.strip())
        except ValueError:
            return _seconds_in(sent)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        try:
            whole = int(moment.replace(microsecond=0).timestamp())
        except (ValueError, OverflowError):
            return None
        return whole * 1_000_000_000 + moment.microsecond * 1_000
    if isinstance(sent, int | float) and not isinstance(sent, bool) and math.isfinite(sent):
        return _number_ns(sent)
    return None


def _number_ns(number: float) -> int | None:
    if abs(number) < _MOST_SECONDS:
        return round(number * 1e6) * 1_000
    return round(number * 1e3) * 1_000 if abs(number) < _MOST_SECONDS * 1_000 else None


def _seconds_in(text: str) -> int | None:
    try:
        return _number_ns(float(text))
    except ValueError:
        return None


def placed_ns(start: object, end: object, arrival: Arrival) -> tuple[int, int]:
    """(start, duration) in ns by our clock of what a sender says it measured.

    A sender whose clock is off by over a minute is corrected by its `sent_at`; what then is in the
    future or over 30 days old ended when it was received.
    """
    start_ns, end_ns = instant_ns(start), instant_ns(end)
    if start_ns is None and end_ns is None:
        return arrival.received_ms * NS_A_MS, 0
    end_ns = start_ns if end_ns is None else end_ns
    start_ns = end_ns if start_ns is None else start_ns
    assert start_ns is not None
    assert end_ns is not None
    duration = max(0, end_ns - start_ns)
    drift_ms = 0 if arrival.sent_ms is None else arrival.received_ms - arrival.sent_ms
    if abs(drift_ms) > _LARGEST_DRIFT_MS:
        end_ns += drift_ms * NS_A_MS
    oldest, newest = arrival.received_ms - _OLDEST_MS, arrival.received_ms + _LARGEST_DRIFT_MS
    if not oldest * NS_A_MS <= end_ns <= newest * NS_A_MS:
        end_ns = arrival.received_ms * NS_A_MS
    return end_ns - min(duration, _OLDEST_MS * NS_A_MS), min(duration, _OLDEST_MS * NS_A_MS)


def placed_ms(at: object, arrival: Arrival) -> int:
    """Unix ms by our clock of one instant, corrected and bounded as `placed_ns` does."""
    return placed_ns(at, None, arrival)[0] // NS_A_MS


def service_of(release: str) -> str:
    """`shop` of the release `shop@1.2.3`, as Sentry names releases; else empty."""
    package, at, version = release.partition("@")
    return package if at and package and version else ""
