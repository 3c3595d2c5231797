"""One event as pages show it, from the payload as it was stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from watchkeeper.issues.event import facts_of, read_event
from watchkeeper.issues.frames import stacks_of
from watchkeeper.issues.repo.events import StoredEvent
from watchkeeper.issues.types import ErrorEvent

Json = Mapping[str, Any]

_FRAME_FIELDS = (
    "filename",
    "abs_path",
    "module",
    "function",
    "lineno",
    "colno",
    "in_app",
    "pre_context",
    "context_line",
    "post_context",
    "vars",
)
_NOTES = "_scrubbed"
"""Where the scrubber notes what it took out before the event was stored."""


def error_event(
    stored: StoredEvent, *, index: int, total: int, neighbours: tuple[str | None, str | None]
) -> ErrorEvent:
    """Lay a stored event out. index: 1 for the oldest of `total`."""
    raw = msgspec.json.decode(stored.payload)
    facts = facts_of(read_event(stored.payload), received_ms=stored.received_ms)
    return ErrorEvent(
        event_id=stored.event_id,
        ts_ms=stored.ts_ms,
        received_ms=stored.received_ms,
        index=index,
        total=total,
        previous_id=neighbours[0],
        next_id=neighbours[1],
        level=stored.level,
        title=facts.title,
        message=facts.value or facts.groupable.message,
        culprit=facts.culprit,
        release=facts.release,
        environment=facts.environment,
        trace_id=facts.trace_id,
        span_id=facts.span_id,
        exceptions=[_exception(one) for one in _values(raw.get("exception"))],
        stacks=stacks_of(raw),
        breadcrumbs=list(_values(raw.get("breadcrumbs"))),
        request=_mapping(raw.get("request")),
        user=_mapping(raw.get("user")),
        tags=facts.tags,
        contexts=_mapping(raw.get("contexts")) or {},
        sdk=_mapping(raw.get("sdk")),
        scrubbed=list(_scrubbed(raw.pop(_NOTES, None))),
        raw=raw,
    )


def _values(listed: object) -> Iterator[Json]:
    """The objects of `{"values": […]}` or of a plain list."""
    values = listed.get("values") if isinstance(listed, dict) else listed
    for one in values if isinstance(values, list) else ():
        if isinstance(one, dict):
            yield one


def _mapping(value: object) -> Json | None:
    return value if isinstance(value, dict) else None


def _exception(one: Json) -> Json:
    stacktrace = _mapping(one.get("stacktrace")) or {}
    frames = stacktrace.get("frames")
    return {
        "type": one.get("type"),
        "value": one.get("value"),
        "mechanism": _mapping(one.get("mechanism")),
        "frames": [
            {name: frame.get(name) for name in _FRAME_FIELDS}
            for frame in (frames if isinstance(frames, list) else ())
            if isinstance(frame, dict)
        ],
    }


def _scrubbed(notes: object) -> Iterator[Mapping[str, str]]:
    """The notes that the scrubber left in the event."""
    for note in notes if isinstance(notes, list) else ():
        if isinstance(note, dict) and "path" in note and "rule" in note:
            yield {"path": str(note["path"]), "rule": str(note["rule"])}
