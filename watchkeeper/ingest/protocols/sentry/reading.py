"""The items of one envelope, each to where it belongs; what cannot be kept is told why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import Refusal
from watchkeeper.ingest.pipeline import prepare_event
from watchkeeper.ingest.protocols.sentry.attachments import take_attachment
from watchkeeper.ingest.protocols.sentry.buckets import take_buckets
from watchkeeper.ingest.protocols.sentry.categories import CATEGORIES, LARGEST, Category
from watchkeeper.ingest.protocols.sentry.check_ins import take_check_in
from watchkeeper.ingest.protocols.sentry.feedback import take_feedback, take_user_report
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept, RefusedItems
from watchkeeper.ingest.protocols.sentry.logs import take_log
from watchkeeper.ingest.protocols.sentry.metrics import take_metric
from watchkeeper.ingest.protocols.sentry.older import modernise
from watchkeeper.ingest.protocols.sentry.parse import Item, MalformedEnvelope, parse_object
from watchkeeper.ingest.protocols.sentry.people import place_sender
from watchkeeper.ingest.protocols.sentry.profiles import take_profile
from watchkeeper.ingest.protocols.sentry.replays import (
    take_replay_event,
    take_replay_recording,
    take_replay_video,
)
from watchkeeper.ingest.protocols.sentry.security import Sender, security_events
from watchkeeper.ingest.protocols.sentry.sessions import take_session, take_sessions
from watchkeeper.ingest.protocols.sentry.spans import take_span, take_transaction
from watchkeeper.privacy import Json, SentEvent

TakeObject = Callable[[dict[str, object], Facts, Kept], None]
"""Adds what one JSON object holds. Raises Refusal, MalformedEnvelope or ValueError."""

TakeItem = Callable[[Item, Facts, Kept], None]
"""The same of an item that is not, or not only, a JSON object."""


def take_event(event: dict[str, object], facts: Facts, kept: Kept) -> None:
    """An error or a message; SDKs of old send other things as events too."""
    other = _other_kind(event)
    if other is not None:
        other(event, facts, kept)
        return
    modernise(event)
    place_sender(event, facts.sender)
    _keep_event(cast("dict[str, Json]", event), facts, kept)


def _take_event_item(item: Item, facts: Facts, kept: Kept) -> None:
    """The same of an event as it was sent: only what is new in it is parsed and looked at."""
    sent = facts.scrubber.read_event(item.payload)
    if sent is None or _other_kind(sent.tree) is not None:
        take_event(parse_object(item.payload, item.position), facts, kept)
    else:
        modernise(cast("dict[str, object]", sent.tree))
        place_sender(sent.tree, facts.sender)
        _keep_event(sent, facts, kept)


def _other_kind(event: Mapping[str, object]) -> TakeObject | None:
    kind = event.get("type")
    return _AS_EVENTS.get(kind) if isinstance(kind, str) else None


def _keep_event(event: dict[str, Json] | SentEvent, facts: Facts, kept: Kept) -> None:
    prepared = prepare_event(
        event,
        arrival=facts.arrival,
        scrubber=facts.scrubber,
        new_id=facts.new_id,
    )
    tree = event.tree if isinstance(event, SentEvent) else event
    kept.events.append(prepared.content)
    kept.event_id, kept.user = kept.event_id or prepared.event_id, tree.get("user")


def take_security(item: Item, facts: Facts, kept: Kept) -> None:
    """A report of a browser that came within an envelope."""
    for event in security_events(item.payload, item.position, Sender()):
        take_event(event, facts, kept)


_AS_EVENTS: Mapping[object, TakeObject] = {
    "transaction": take_transaction,
    "feedback": take_feedback,
    "check_in": take_check_in,
}
_OBJECTS: Mapping[str, TakeObject] = {
    "transaction": take_transaction,
    "span": take_span,
    "log": take_log,
    "trace_metric": take_metric,
    "session": take_session,
    "sessions": take_sessions,
    "check_in": take_check_in,
    "feedback": take_feedback,
    "user_report": take_user_report,
    "profile": take_profile,
    "profile_chunk": take_profile,
}
_ITEMS: Mapping[str, TakeItem] = {
    "event": _take_event_item,
    "attachment": take_attachment,
    "statsd": take_buckets,
    "replay_event": take_replay_event,
    "replay_recording": take_replay_recording,
    "replay_video": take_replay_video,
    "raw_security": take_security,
    "security": take_security,
}
STORED = frozenset({*_OBJECTS, *_ITEMS})
"""Types of items that are stored."""
_AFTER_OTHERS = frozenset({"attachment", "profile", "replay_recording"})
"""Types that lean on another item of their envelope, which may stand behind them."""


def counts_of(items: Sequence[Item]) -> Counter[Category]:
    """How many items of each category are to be kept; spans, logs and metrics by the item."""
    return Counter(CATEGORIES[item.type] for item in items if item.type in STORED)


def read_items(
    items: Sequence[Item],
    facts: Facts,
    *,
    limited: Mapping[Category, Refusal],
    max_event_bytes: int,
) -> Kept:
    """What is kept of these items. limited: categories that are not taken now, and why."""
    kept = Kept()
    for item in sorted(items, key=lambda each: each.type in _AFTER_OTHERS):
        if item.type not in STORED:
            continue
        category = CATEGORIES[item.type]
        refusal = limited.get(category) or _too_large(item, category, max_event_bytes)
        refusal = refusal or _refusal_of(item, facts, kept)
        if refusal is not None:
            kept.refused.append(RefusedItems(category, refusal))
    return kept


def _refusal_of(item: Item, facts: Facts, kept: Kept) -> Refusal | None:
    """Take one item; why it cannot be."""
    try:
        if item.type in _OBJECTS:
            _OBJECTS[item.type](parse_object(item.payload, item.position), facts, kept)
        else:
            _ITEMS[item.type](item, facts, kept)
    except Refusal as refusal:
        return refusal
    except MalformedEnvelope as error:
        return Refusal(400, Drop.MALFORMED, error.reason, position=error.position)
    except ValueError as error:  # a number or text that has no form in JSON
        reason = f"This {item.type} is not JSON: {error}."
        return Refusal(400, Drop.MALFORMED, reason, position=item.position)
    return None


def _too_large(item: Item, category: Category, max_event_bytes: int) -> Refusal | None:
    is_error = category is Category.ERROR
    limit = max_event_bytes if is_error else LARGEST.get(category, max_event_bytes)
    if len(item.payload) <= limit:
        return None
    reason = f"This {item.type} is larger than {limit:,} bytes."
    return Refusal(413, Drop.TOO_LARGE, reason, limit_bytes=limit)
