"""An event's exceptions and threads in the order in which its language shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchkeeper.issues.frames.images import Images, images_of
from watchkeeper.issues.frames.sent import (
    Json,
    frames_of,
    mapping,
    platform_of_event,
    text_of,
    values_of,
)
from watchkeeper.issues.frames.shape import (
    Relation,
    ShownException,
    ShownFrame,
    ShownThread,
    Stacks,
)
from watchkeeper.issues.frames.text import stack_text

_OLDEST_FIRST = frozenset({"python"})
"""Platforms that print the most recent call last."""

_CAUSE_FIRST = frozenset({"python", "php"})
"""Platforms that print the first cause before what it led to."""


def stacks_of(event: Json) -> Stacks:
    """Everything about the calls of an event, ready to show. Pure; never fails on what was sent."""
    platform = platform_of_event(event)
    images = images_of(event.get("debug_meta"))
    is_newest_first = platform not in _OLDEST_FIRST
    reading = _Reading(platform, images, is_newest_first)
    exceptions = _exceptions(event, reading)
    threads = _threads(event, reading)
    frames: Sequence[ShownFrame] = ()
    if not exceptions and not threads:
        frames, _omitted = reading.frames(event.get("stacktrace"))
    everything = [
        *frames,
        *(frame for one in exceptions for frame in one.frames),
        *(frame for thread in threads for frame in thread.frames),
    ]
    stacks = Stacks(
        platform=platform,
        is_newest_first=is_newest_first,
        exceptions=exceptions,
        threads=threads,
        frames=frames,
        has_minified=any(frame.minified for frame in everything),
    )
    return replace(stacks, text=stack_text(stacks))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the stacks of one event are read."""

    platform: str
    images: Images
    is_newest_first: bool

    def frames(self, stacktrace: object) -> tuple[list[ShownFrame], int]:
        """The calls of one stack in the platform's order, and how many were left out."""
        frames, omitted = frames_of(stacktrace, self.platform, self.images)
        return frames[::-1] if self.is_newest_first else frames, omitted


def _exceptions(event: Json, reading: _Reading) -> list[ShownException]:
    """In the order of the platform; SDKs send the first cause first."""
    sent = [one for one in values_of(event.get("exception")) if one.keys() & _TELLING]
    ids = [_id(one, len(sent) - 1 - index) for index, one in enumerate(sent)]
    by_id: dict[int, int | None] = {}
    shown = []
    for index in range(len(sent) - 1, -1, -1):  # the outermost first, so that parents are known
        one = sent[index]
        outer = ids[index + 1] if index + 1 < len(sent) else None
        parent = _parent(one, outer)
        parent = parent if parent in by_id else outer if outer in by_id else None
        by_id[ids[index]] = parent
        shown.append(
            _exception(
                one,
                reading,
                ids=(ids[index], parent),
                depth=_depth(ids[index], by_id),
            )
        )
    return shown[::-1] if reading.platform in _CAUSE_FIRST else shown


_TELLING = frozenset({"type", "value", "stacktrace", "module"})


def _id(one: Json, place: int) -> int:
    told = mapping(one.get("mechanism")).get("exception_id")
    return told if isinstance(told, int) and not isinstance(told, bool) else place


def _parent(one: Json, outer: int | None) -> int | None:
    told = mapping(one.get("mechanism")).get("parent_id")
    return told if isinstance(told, int) and not isinstance(told, bool) else outer


def _depth(id_: int, by_id: dict[int, int | None]) -> int:
    depth, at = 0, by_id.get(id_)
    while at is not None and depth < len(by_id):
        depth, at = depth + 1, by_id.get(at)
    return depth


def _exception(
    one: Json,
    reading: _Reading,
    *,
    ids: tuple[int, int | None],
    depth: int,
) -> ShownException:
    mechanism = mapping(one.get("mechanism"))
    frames, omitted = reading.frames(one.get("stacktrace"))
    handled = mechanism.get("handled")
    return ShownException(
        id=ids[0],
        parent_id=ids[1],
        relation=_relation(mechanism, ids[1]),
        depth=depth,
        type=text_of(one.get("type")),
        value=text_of(one.get("value")),
        module=text_of(one.get("module")),
        mechanism=text_of(mechanism.get("type")),
        is_handled=handled if isinstance(handled, bool) else None,
        is_group=mechanism.get("is_exception_group") is True,
        thread_id=text_of(one.get("thread_id")),
        frames=frames,
        omitted=omitted,
    )


def _relation(mechanism: Json, parent: int | None) -> Relation:
    if parent is None:
        return Relation.NONE
    source = text_of(mechanism.get("source"))
    if source == "__context__":
        return Relation.CONTEXT
    if source.endswith("]") or source.startswith(("errors", "exceptions", "InnerExceptions")):
        return Relation.MEMBER
    return Relation.CAUSE


def _threads(event: Json, reading: _Reading) -> list[ShownThread]:
    """The one that crashed first, then the current one, then the others as sent."""
    shown = []
    for one in values_of(event.get("threads")):
        frames, omitted = reading.frames(one.get("stacktrace"))
        shown.append(
            ShownThread(
                id=text_of(one.get("id")),
                name=text_of(one.get("name")),
                state=text_of(one.get("state")),
                is_crashed=one.get("crashed") is True,
                is_current=one.get("current") is True,
                frames=frames,
                omitted=omitted,
            )
        )
    return sorted(shown, key=lambda one: (not one.is_crashed, not one.is_current))
