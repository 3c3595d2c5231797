"""Grouping, version 2. Frozen: a change is a new module, or every issue would split.

Rule: docs/spec/grouping.md. It differs from version 1 where frames decide: the innermost own frame
and its line of source tell what is to be fixed, not the way that led there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from watchkeeper.issues.grouping import v1
from watchkeeper.issues.grouping.shape import ExceptionValue, Frame, Groupable, Grouping

VERSION = 2
_LONGEST_LINE = 200
"""Characters of a source line that is compared; longer ones are of a minified file."""

_INLINED = re.compile(r"^<(?:listcomp|dictcomp|setcomp|genexpr|lambda)>$")
_RAISES_WHAT_IT_WAS_GIVEN = re.compile(
    r"^\s*(?:raise(?:\s+[\w.]+(?:\(\s*\w*\s*\))?)?|throw\s+(?:new\s+)?[\w.]+(?:\(\s*\w*\s*\))?;?)\s*$"
)


def group(event: Groupable) -> Grouping:
    """Say which issue the event belongs to. Pure: equal events get equal answers for ever."""
    rule, parts = _fingerprint(event) if v1._is_custom(event.fingerprint) else _default(event)
    return Grouping(VERSION, _hash(rule, parts), rule, parts)


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
    parts = tuple(part for one in event.chain for part in _place(one))
    if any(part.startswith("at ") for part in parts):
        return "place", parts
    grouping = v1.group(
        Groupable(
            chain=event.chain,
            message=event.message,
            template=event.template,
            platform=event.platform,
            transaction=event.transaction,
        )
    )
    return grouping.rule, grouping.parts


def _place(exception: ExceptionValue) -> Iterator[str]:
    """The type, then the innermost own frames that tell the place, each with its source line."""
    synthetic = exception.mechanism is not None and exception.mechanism.synthetic
    if exception.type and not synthetic:
        yield f"type {exception.type}"
    frames = [f for f in (exception.stacktrace and exception.stacktrace.frames) or () if f]
    own = _own(frames)
    if not own:
        return
    is_a_helper = not frames[-1].in_app or _RAISES_WHAT_IT_WAS_GIVEN.match(own[-1][1])
    for name, line in own[-2:] if is_a_helper else own[-1:]:
        yield name
        if line:
            yield f"line {line}"


def _own(frames: Sequence[Frame]) -> list[tuple[str, str]]:
    """(name, source line) of own frames with a lasting name; recursion counts once."""
    own: list[tuple[str, str]] = []
    for frame in frames:
        if not frame.in_app or _INLINED.match(frame.function or ""):
            continue
        name = v1._frame_name(frame)
        if not name:
            continue
        line = (frame.context_line or "").strip()
        if own and own[-1][0] == name:
            own.pop()
        own.append((name, line if len(line) <= _LONGEST_LINE else ""))
    return own
