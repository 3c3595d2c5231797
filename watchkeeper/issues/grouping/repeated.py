"""The same stack again: its grouping is remembered. Gives what the version itself would give."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from watchkeeper.issues.grouping.shape import Frame, Groupable, Grouping
from watchkeeper.lib.generations import Generations

_BY_STACK = frozenset({"stack_in_app", "stack", "place"})
"""Rules that look at nothing but the types and frames of the chain, and before all others."""
_REMEMBERED_FRAMES = 20_000

Version: TypeAlias = Callable[[Groupable], Grouping]
_Frames: TypeAlias = "tuple[Frame | None, ...]"
_Key: TypeAlias = "tuple[Version, tuple[tuple[str | None, bool, _Frames], ...]]"


class Repeated:
    """Groups events; one whose stack came lately is not taken apart once more."""

    def __init__(self, remembered_frames: int = _REMEMBERED_FRAMES) -> None:
        self._known: Generations[_Key, Grouping] = Generations(remembered_frames // 2)

    def group(self, version: Version, event: Groupable) -> Grouping:
        """`version(event)`."""
        if event.fingerprint or not event.chain or _was_reported(event):
            return version(event)
        key = _key(version, event)
        known = self._known.get(key)
        if known is None:
            known = version(event)
            if known.rule in _BY_STACK:
                self._known.put(key, known, sum(len(frames) for _, _, frames in key[1]))
        return known


def _was_reported(event: Groupable) -> bool:
    """Nothing was raised: some versions look at what was said, not at the stack that came along."""
    only = event.chain[0]
    is_made_up = only.mechanism is not None and bool(only.mechanism.synthetic)
    return len(event.chain) == 1 and (not only.type or is_made_up)


def _key(version: Version, event: Groupable) -> _Key:
    chain = []
    for one in event.chain:
        is_synthetic = one.mechanism is not None and bool(one.mechanism.synthetic)
        frames = tuple((one.stacktrace and one.stacktrace.frames) or ())
        chain.append((one.type, is_synthetic, frames))
    return version, tuple(chain)
