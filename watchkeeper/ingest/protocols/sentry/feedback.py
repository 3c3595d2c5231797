"""`feedback` and, its older form, `user_report`: what people write about the product."""

from __future__ import annotations

from typing import cast

import orjson

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.envelope_rows import FeedbackRow
from watchkeeper.ingest.pipeline import trace_id_of
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.people import place_sender, user_key
from watchkeeper.ingest.protocols.sentry.values import field, object_of, placed_ms, text_of
from watchkeeper.model import Kind
from watchkeeper.privacy import Json

_LONGEST = 32_768


def take_feedback(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """An event whose context `feedback` holds what was written."""
    place_sender(payload, facts.sender)
    facts.scrubber.scrub_event(cast("dict[str, Json]", payload))
    contexts = object_of(payload.get("contexts"))
    written = object_of(contexts.get("feedback"))
    message = text_of(written.get("message"))[:_LONGEST]
    if not message:
        kept.drops[Drop.MALFORMED] += 1
        return
    trace, tags = object_of(contexts.get("trace")), object_of(payload.get("tags"))
    event_id = trace_id_of(payload.get("event_id")) or trace_id_of(facts.header.event_id)
    kept.event_id = kept.event_id or event_id
    kept.add(
        Kind.FEEDBACK,
        FeedbackRow(
            ts=placed_ms(payload.get("timestamp"), facts.arrival),
            feedback_id=event_id or facts.new_id().hex,
            event_id=trace_id_of(written.get("associated_event_id")),
            replay_id=trace_id_of(written.get("replay_id")) or trace_id_of(tags.get("replayId")),
            trace_id=trace_id_of(trace.get("trace_id")),
            name=field(written, "name"),
            email=field(written, "contact_email"),
            message=message,
            url=field(written, "url", most=2_000),
            source=field(written, "source"),
            user_key=user_key(payload.get("user")),
            environment=field(payload, "environment"),
            release=field(payload, "release"),
            payload=orjson.dumps(payload),
        ),
    )


def take_user_report(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """Name, e-mail address and comments of an event."""
    facts.scrubber.scrub_event(cast("dict[str, Json]", payload))
    message = text_of(payload.get("comments"))[:_LONGEST]
    event_id = trace_id_of(payload.get("event_id")) or trace_id_of(facts.header.event_id)
    if not message or not event_id:
        kept.drops[Drop.MALFORMED] += 1
        return
    kept.add(
        Kind.FEEDBACK,
        FeedbackRow(
            ts=facts.arrival.received_ms,
            feedback_id=facts.new_id().hex,
            event_id=event_id,
            replay_id="",
            trace_id="",
            name=field(payload, "name"),
            email=field(payload, "email"),
            message=message,
            url="",
            source="user_report",
            user_key="",
            environment="",
            release="",
            payload=orjson.dumps(payload),
        ),
    )
