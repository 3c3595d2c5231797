"""Grouping, version 3. Frozen: a change is a new module, or every issue would split.

Rule: docs/spec/grouping.md. It differs from version 2 where nothing was raised though a stack came
along: a message, or a thing that is no error, is told by what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from watchkeeper.issues.grouping import v1, v2
from watchkeeper.issues.grouping.shape import Groupable, Grouping

VERSION = 3
_THROWN_THINGS = frozenset({"javascript", "node"})
"""Platforms that can throw what has no stack: the one that came is of the line that reported it."""


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
