"""An event's exceptions and threads in the order in which its language shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from watchkeeper.issues.frames.sent import (
    Json,
    frames_of,
    mapping,
    platform_of,
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
    platform = platform_of(event.get("platform"))
    is_newest_first = platform not in _OLDEST_FIRST
    exceptions = _exceptions(event, platform, is_newest_first=is_newest_first)
    threads = _threads(event, platform, is_newest_first=is_newest_first)
    frames: Sequence[ShownFrame] = ()
    if not exceptions and not threads:
        frames, _omitted = frames_of(event.get("stacktrace"), platform)
        frames = _ordered(frames, is_newest_first=is_newest_first)
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


def _ordered(frames: list[ShownFrame], *, is_newest_first: bool) -> list[ShownFrame]:
    return frames[::-1] if is_newest_first else frames


def _exceptions(event: Json, platform: str, *, is_newest_first: bool) -> list[ShownException]:
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
                platform,
                ids=(ids[index], parent),
                depth=_depth(ids[index], by_id),
                is_newest_first=is_newest_first,
            )
        )
    return shown[::-1] if platform in _CAUSE_FIRST else shown


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
    platform: str,
    *,
    ids: tuple[int, int | None],
    depth: int,
    is_newest_first: bool,
) -> ShownException:
    mechanism = mapping(one.get("mechanism"))
    frames, omitted = frames_of(one.get("stacktrace"), platform)
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
        frames=_ordered(frames, is_newest_first=is_newest_first),
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


def _threads(event: Json, platform: str, *, is_newest_first: bool) -> list[ShownThread]:
    """The one that crashed first, then the current one, then the others as sent."""
    shown = []
    for one in values_of(event.get("threads")):
        frames, omitted = frames_of(one.get("stacktrace"), platform)
        shown.append(
            ShownThread(
                id=text_of(one.get("id")),
                name=text_of(one.get("name")),
                state=text_of(one.get("state")),
                is_crashed=one.get("crashed") is True,
                is_current=one.get("current") is True,
                frames=_ordered(frames, is_newest_first=is_newest_first),
                omitted=omitted,
            )
        )
    return sorted(shown, key=lambda one: (not one.is_crashed, not one.is_current))
