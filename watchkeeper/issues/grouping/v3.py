"""Grouping, version 3. Frozen: a change is a new module, or every issue would split.

Rule: docs/spec/grouping.md. It differs from version 2 where nothing was raised though a stack came
along: a message, or a thing that is no error, is told by what it says; and where the SDK does not
say of any call whether it is one's own: those that no library's folder holds are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from msgspec import structs

from watchkeeper.issues.grouping import v1, v2
from watchkeeper.issues.grouping.shape import (
    ExceptionValue,
    Frame,
    Groupable,
    Grouping,
    Stacktrace,
)

VERSION = 3
_THROWN_THINGS = frozenset({"javascript", "node"})
"""Platforms that can throw what has no stack: the one that came is of the line that reported it."""
_OF_A_LIBRARY = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|vendor|gems|deps|lib/python\d[\d.]*)/"
    r"|^(?:node|java|javax|jdk|sun|kotlin|scala|System|Microsoft)[.:/]"
    r"|^<(?:anonymous|frozen\b[^>]*|internal:[^>]*|native)>|/usr/lib/|/go/pkg/mod/|/\.cargo/"
)
"""Folders and modules of libraries, where an SDK does not say it."""


def group(event: Groupable) -> Grouping:
    """Say which issue the event belongs to. Pure: equal events get equal answers for ever."""
    if any(_says_nothing(one) for one in event.chain):
        event = replace(event, chain=[_claimed(one) for one in event.chain])
    rule, parts = _fingerprint(event) if v1._is_custom(event.fingerprint) else _default(event)
    return Grouping(VERSION, _hash(rule, parts), rule, parts)


def _says_nothing(exception: ExceptionValue) -> bool:
    """No call is said to be one's own, and of one at least it is not said."""
    frames = (exception.stacktrace and exception.stacktrace.frames) or ()
    told = {frame.in_app for frame in frames if frame is not None}
    return None in told and True not in told


def _claimed(exception: ExceptionValue) -> ExceptionValue:
    """The exception, whose calls are one's own where nothing speaks against it."""
    if not _says_nothing(exception) or exception.stacktrace is None:
        return exception
    frames = [_claimed_frame(frame) for frame in exception.stacktrace.frames or ()]
    return structs.replace(exception, stacktrace=Stacktrace(frames=frames))


def _claimed_frame(frame: Frame | None) -> Frame | None:
    if frame is None or frame.in_app is not None:
        return frame
    place = (frame.filename or frame.module or "").replace("\\", "/")
    return structs.replace(frame, in_app=bool(place) and not _OF_A_LIBRARY.search(place))


def _hash(rule: str, parts: Sequence[str]) -> int:
    text = v1._SEPARATOR.join((f"v{VERSION}", rule, *parts))
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _fingerprint(event: Groupable) -> tuple[str, tuple[str, ...]]:
    parts: list[str] = []
    for part in event.fingerprint:
        if v1._DEFAULT.match(part):
            rule, default = _default(event)
            parts += (rule, *default)
        else:
            parts.append(part)
    return "fingerprint", tuple(parts)


def _default(event: Groupable) -> tuple[str, tuple[str, ...]]:
    if _is_message(event):
        template = (event.template or "")[: v1._LONGEST_MESSAGE]
        said = str(event.chain[0].value)
        return ("template", (template,)) if template else ("message", (v1.normalise(said),))
    rule, parts = v2._default(event)
    thing = _thrown_thing(event)
    if rule == "place" and thing:
        return "thing", (*parts, f"value {v1.normalise(thing)}")
    return rule, parts


def _is_message(event: Groupable) -> bool:
    """A text with the stack of the line that reported it: an exception without a type."""
    if len(event.chain) != 1:
        return False
    only = event.chain[0]
    return not only.type and bool(only.value)


def _thrown_thing(event: Groupable) -> str:
    """What an SDK says of something thrown that is no error; empty for errors."""
    if len(event.chain) != 1 or event.platform not in _THROWN_THINGS:
        return ""
    only = event.chain[0]
    is_made_up = only.mechanism is not None and bool(only.mechanism.synthetic)
    return str(only.value or "") if is_made_up else ""
