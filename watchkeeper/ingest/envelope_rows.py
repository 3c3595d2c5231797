"""What Sentry's envelopes hold beside errors, spans, logs and metrics, and their encodings.

Fields are those of the tables in store/columns/envelope_tables.py and mean what is said there,
`ts` apart: Unix ms UTC. New fields go to the end: old records lie in spools.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from watchkeeper.model import Kind


class _Row(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    ts: int


class ProfileRow(_Row, frozen=True, array_like=True, kw_only=True):
    """A profile, or a chunk of a continuous one."""

    duration_ns: int
    profile_id: str
    profiler_id: str
    trace_id: str
    span_id: str
    transaction: str
    platform: str
    service: str
    environment: str
    release: str
    host: str
    format: str
    payload: bytes


class SessionRow(_Row, frozen=True, array_like=True, kw_only=True):
    """A session's state, or the sum of several that ended."""

    session_id: str
    user_key: str
    seq: int
    status: str
    duration_ms: int
    errors: int
    sessions: int
    errored: int
    abnormal: int
    crashed: int
    release: str
    environment: str


class CheckInRow(_Row, frozen=True, array_like=True, kw_only=True):
    """What a scheduled job says of one of its runs."""

    check_in_id: str
    monitor: str
    status: str
    duration_ms: int
    environment: str
    release: str
    trace_id: str
    config: bytes


class FeedbackRow(_Row, frozen=True, array_like=True, kw_only=True):
    """What somebody wrote about the product."""

    feedback_id: str
    event_id: str
    replay_id: str
    trace_id: str
    name: str
    email: str
    message: str
    url: str
    source: str
    user_key: str
    environment: str
    release: str
    payload: bytes


class AttachmentRow(_Row, frozen=True, array_like=True, kw_only=True):
    """A file of an event; its content stands beside it. blob: empty until it is stored."""

    event_id: str
    attachment_id: str
    name: str
    content_type: str
    type: str
    size_bytes: int
    user_key: str
    blob: str = ""


class ReplayRow(_Row, frozen=True, array_like=True, kw_only=True):
    """One part of a replay's segment; a recording stands beside it. blob: empty until stored."""

    replay_id: str
    segment_id: int
    part: str
    started: int
    replay_type: str
    platform: str
    environment: str
    release: str
    user_key: str
    urls: bytes
    error_ids: bytes
    trace_ids: bytes
    payload: bytes
    size_bytes: int
    unpacked_bytes: int
    blob: str = ""


EnvelopeRow = ProfileRow | SessionRow | CheckInRow | FeedbackRow
BlobRow = AttachmentRow | ReplayRow

ROW_TYPES: dict[Kind, type[EnvelopeRow]] = {
    Kind.PROFILES: ProfileRow,
    Kind.SESSIONS: SessionRow,
    Kind.CHECK_INS: CheckInRow,
    Kind.FEEDBACK: FeedbackRow,
}
BLOB_ROW_TYPES: dict[Kind, type[BlobRow]] = {
    Kind.ATTACHMENTS: AttachmentRow,
    Kind.REPLAYS: ReplayRow,
}

_encode = msgspec.msgpack.Encoder().encode
_decoders = {kind: msgspec.msgpack.Decoder(list[row]) for kind, row in ROW_TYPES.items()}  # type: ignore[valid-type]
_blob_decoders = {
    kind: msgspec.msgpack.Decoder(list[tuple[row, bytes]])  # type: ignore[valid-type]
    for kind, row in BLOB_ROW_TYPES.items()
}


def encode_envelope_rows(rows: Sequence[EnvelopeRow]) -> bytes:
    """The kind of the rows."""
    return _encode(rows)


def decode_envelope_rows(kind: Kind, payload: bytes) -> Sequence[EnvelopeRow]:
    """Raises msgspec.DecodeError, and KeyError for a kind without such rows."""
    return _decoders[kind].decode(payload)


def encode_blob_rows(rows: Sequence[tuple[BlobRow, bytes]]) -> bytes:
    """Kind.ATTACHMENTS, Kind.REPLAYS."""
    return _encode(rows)


def decode_blob_rows(kind: Kind, payload: bytes) -> Sequence[tuple[BlobRow, bytes]]:
    """Raises msgspec.DecodeError, and KeyError for a kind without such rows."""
    return _blob_decoders[kind].decode(payload)
