"""`replay_event`, `replay_recording` and `replay_video` items: segments of a recorded session."""

from __future__ import annotations

from typing import cast

import msgspec
import orjson

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.envelope_rows import ReplayRow
from watchkeeper.ingest.http import Refusal
from watchkeeper.ingest.pipeline import trace_id_of
from watchkeeper.ingest.protocols.sentry.categories import Category
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept, RefusedItems
from watchkeeper.ingest.protocols.sentry.parse import Item, MalformedEnvelope, parse_object
from watchkeeper.ingest.protocols.sentry.people import place_sender, user_key
from watchkeeper.ingest.protocols.sentry.recordings import scrubbed_recording
from watchkeeper.ingest.protocols.sentry.values import count_of, field, list_of, placed_ms, text_of
from watchkeeper.model import Kind
from watchkeeper.privacy import Json

_MOST_LISTED = 1_000


class _Video(msgspec.Struct, frozen=True):
    """The msgpack of a `replay_video` item."""

    replay_event: bytes = b""
    replay_recording: bytes = b""
    replay_video: bytes = b""


_video = msgspec.msgpack.Decoder(_Video)


def take_replay_event(item: Item, facts: Facts, kept: Kept) -> None:
    """What a segment is about."""
    _take_event(item.payload, item.position, facts, kept)


def take_replay_recording(item: Item, facts: Facts, kept: Kept) -> None:
    """What happened on the page in one segment, scrubbed."""
    segment, _, content = item.payload.partition(b"\n")
    if not content:
        raise MalformedEnvelope(item.position, "A replay's recording begins with its segment.")
    header = parse_object(segment, item.position)
    content, unpacked = scrubbed_recording(content, facts.scrubber)
    _add(kept, facts, segment=header, part="recording", content=content, unpacked=unpacked)


def take_replay_video(item: Item, facts: Facts, kept: Kept) -> None:
    """A mobile device's segment: event, recording and video in one."""
    try:
        parts = _video.decode(item.payload)
    except msgspec.DecodeError as error:
        raise MalformedEnvelope(item.position, "A replay's video is not valid msgpack.") from error
    event = _take_event(parts.replay_event, item.position, facts, kept)
    recording = parts.replay_recording.partition(b"\n")[2]
    if recording:
        packed, unpacked = scrubbed_recording(recording, facts.scrubber)
        _add(kept, facts, segment=event, part="recording", content=packed, unpacked=unpacked)
    if parts.replay_video:
        _take_video(parts.replay_video, event, facts, kept)


def _take_video(video: bytes, segment: dict[str, object], facts: Facts, kept: Kept) -> None:
    if facts.scrubber.attachments.keeps_pictures:
        _add(kept, facts, segment=segment, part="video", content=video, unpacked=len(video))
        return
    refusal = Refusal(
        403,
        Drop.UNSCRUBBABLE,
        "Secrets in a video cannot be hidden. To keep the videos of replays set `attachments` of "
        "the project's privacy settings to `pictures`.",
    )
    kept.refused.append(RefusedItems(Category.REPLAY, refusal))


def _take_event(payload: bytes, position: int, facts: Facts, kept: Kept) -> dict[str, object]:
    event = parse_object(payload, position)
    place_sender(event, facts.sender)
    facts.scrubber.scrub_event(cast("dict[str, Json]", event))
    replay_id = _replay_id(event, facts, position)
    ts = placed_ms(event.get("timestamp"), facts.arrival)
    start = event.get("replay_start_timestamp")
    row = ReplayRow(
        ts=ts,
        replay_id=replay_id,
        segment_id=count_of(event.get("segment_id")),
        part="event",
        started=ts if start is None else placed_ms(start, facts.arrival),
        replay_type=field(event, "replay_type"),
        platform=field(event, "platform"),
        environment=field(event, "environment"),
        release=field(event, "release"),
        user_key=user_key(event.get("user")),
        urls=_texts(event.get("urls")),
        error_ids=_texts(event.get("error_ids")),
        trace_ids=_texts(event.get("trace_ids")),
        payload=orjson.dumps(event),
        size_bytes=len(payload),
        unpacked_bytes=len(payload),
    )
    kept.add_blob(Kind.REPLAYS, row, b"")
    kept.event_id, kept.user = kept.event_id or replay_id, event.get("user")
    return event


def _add(
    kept: Kept,
    facts: Facts,
    *,
    segment: dict[str, object],
    part: str,
    content: bytes,
    unpacked: int,
) -> None:
    row = ReplayRow(
        ts=placed_ms(segment.get("timestamp"), facts.arrival),
        replay_id=_replay_id(segment, facts, 0),
        segment_id=count_of(segment.get("segment_id")),
        part=part,
        started=facts.arrival.received_ms,
        replay_type="",
        platform="",
        environment="",
        release="",
        user_key=user_key(kept.user),
        urls=b"[]",
        error_ids=b"[]",
        trace_ids=b"[]",
        payload=b"",
        size_bytes=len(content),
        unpacked_bytes=unpacked,
    )
    kept.add_blob(Kind.REPLAYS, row, content)


def _replay_id(found: dict[str, object], facts: Facts, position: int) -> str:
    replay_id = trace_id_of(found.get("replay_id")) or trace_id_of(facts.header.event_id)
    if not replay_id:
        raise MalformedEnvelope(position, "A replay needs its replay_id, or the envelope's id.")
    return replay_id


def _texts(sent: object) -> bytes:
    return orjson.dumps([text_of(each)[:2_000] for each in list_of(sent)[:_MOST_LISTED]])
