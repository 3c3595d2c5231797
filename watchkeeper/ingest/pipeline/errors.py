"""The line an error event passes: identified, timed, scrubbed, encoded. Pure but for the new id."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson

from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.privacy import Json, Scrubber, SentEvent

_HEX_ID = re.compile(r"[0-9a-f]{32}")
_LARGEST_DRIFT_MS = MINUTE_MS
_OLDEST_MS = 30 * DAY_MS
_MOST_SECONDS = 1e11
"""Unix seconds of the year 5138: a larger number is ms."""
_NUMBER = re.compile(r"\d{9,}(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How an event came: when, under which envelope id, and when its sender says it sent it."""

    received_ms: int
    envelope_event_id: str | None = None
    sent_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """Ready for the spool. event_id: 32 hex digits."""

    event_id: str
    content: bytes


def prepare_event(
    event: dict[str, Json] | SentEvent,
    *,
    arrival: Arrival,
    scrubber: Scrubber,
    new_id: Callable[[], UUID],
) -> PreparedEvent:
    """Pass one event down the line. Changes `event`.

    Raises ValueError if it cannot be written as JSON (a number or text that has no such form).
    """
    tree = event.tree if isinstance(event, SentEvent) else event
    event_id = event_id_of(tree.get("event_id"), arrival.envelope_event_id) or new_id().hex
    tree["event_id"] = event_id
    tree["timestamp"] = timestamp_s(tree.get("timestamp"), arrival)
    try:
        if isinstance(event, SentEvent):
            scrubber.scrub_sent(event)
        else:
            scrubber.scrub_event(event)
        return PreparedEvent(event_id, orjson.dumps(tree))
    except TypeError as error:
        raise ValueError(str(error)) from error


def event_id_of(*candidates: object) -> str:
    """The first candidate that is a UUID, as 32 lower-case hex digits; empty if none is."""
    for candidate in candidates:
        if isinstance(candidate, str):
            plain = candidate.replace("-", "").lower()
            if _HEX_ID.fullmatch(plain):
                return plain
    return ""


def timestamp_s(sent: object, arrival: Arrival) -> float:
    """When it happened by our clock, Unix seconds with ms.

    A sender whose clock is off by more than a minute is corrected by what it says the time was
    when it sent; what is then still in the future or too old happened when it was received.
    """
    now_ms = arrival.received_ms
    at_ms = instant_ms(sent)
    if at_ms is None:
        return now_ms / 1000
    drift_ms = 0 if arrival.sent_ms is None else now_ms - arrival.sent_ms
    if abs(drift_ms) > _LARGEST_DRIFT_MS:
        at_ms += drift_ms
    is_credible = now_ms - _OLDEST_MS <= at_ms <= now_ms + _LARGEST_DRIFT_MS
    return (at_ms if is_credible else now_ms) / 1000


def instant_ms(sent: object) -> int | None:
    """Unix ms of an ISO 8601 text (UTC if it names no zone) or of Unix seconds; None if neither.

    A number, also one in a text, that is far too large for seconds is Unix ms.
    """
    try:
        if isinstance(sent, str):
            text = sent.strip()
            if _NUMBER.fullmatch(text):
                return _number_ms(float(text))
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return round(moment.timestamp() * 1000)
        if isinstance(sent, int | float) and not isinstance(sent, bool):
            return _number_ms(sent)
    except (ValueError, OverflowError):
        return None
    return None


def _number_ms(number: float) -> int:
    return round(number * 1000) if abs(number) < _MOST_SECONDS else round(number)
