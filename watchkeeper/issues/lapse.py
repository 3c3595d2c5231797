"""When a resolved or ignored issue comes back. Pure: (what people said, what came) → what now.

Rules: docs/use/errors.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from watchkeeper.artifacts import compared
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import Invalid

SLOTS = 60
"""Parts of a window in which events are counted; a count is exact to a part."""

MOST_USERS = 10_000
_MOST = {"events": 10**9, "users": MOST_USERS, "window_ms": 30 * DAY_MS}

MOST_REMEMBERED = 500
"""Releases that a resolution remembers as older, the latest ones first."""


class ResolvedIn(StrEnum):
    """In what people say that it is fixed."""

    NOW = "now"
    NEXT_RELEASE = "next_release"
    RELEASE = "release"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Fixed in what. release: of NEXT_RELEASE the newest one at that time, of RELEASE the named.

    older: releases that no version can compare with it and that are not newer.
    """

    kind: ResolvedIn = ResolvedIn.NOW
    release: str = ""
    commit: str = ""
    older: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": self.kind.value, "older": list(self.older)}

    @classmethod
    def of_json(cls, facts: Mapping[str, Any] | None) -> Resolution:
        """What `as_json` wrote; an issue resolved before there was a choice is resolved now."""
        if not facts:
            return cls()
        return cls(**{**facts, "kind": ResolvedIn(facts["kind"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignoring:
    """Until what; with nothing set, for ever. The first condition that is met ends it.

    events: so many more, within window_ms if that is given. users: so many more people.
    is_escalating: events and window_ms were derived from what was usual.
    seen, slots: events since, in all and by part of the window.
    """

    until_ms: int | None = None
    events: int | None = None
    window_ms: int | None = None
    users: int | None = None
    is_escalating: bool = False
    seen: int = 0
    slots: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise Invalid(f"ignore.{name} must be 1..{most}, got {value}.")
        if self.window_ms is not None and self.events is None:
            raise Invalid("ignore.window_ms goes with ignore.events: until so many in that time.")

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"slots": dict(self.slots)}

    @classmethod
    def of_json(cls, facts: Mapping[str, Any] | None) -> Ignoring:
        return cls(**facts) if facts else cls()


def is_back(resolution: Resolution, release: str) -> bool:
    """True if an event of this release means that the issue was not fixed after all.

    An event without a release is taken for one of an old build, unless it was resolved at once.
    """
    if resolution.kind is ResolvedIn.NOW or not resolution.release:
        return True
    if not release:
        return False
    order = compared(release, resolution.release)
    if order is not None:
        return order > 0 or (order == 0 and resolution.kind is ResolvedIn.RELEASE)
    return release not in resolution.older


def counted(ignoring: Ignoring, *, events: int, at_ms: int) -> Ignoring:
    """The same after more events at about one time."""
    if ignoring.window_ms is None:
        return replace(ignoring, seen=ignoring.seen + events)
    width = max(1, ignoring.window_ms // SLOTS)
    slot = at_ms // width
    slots = {name: number for name, number in ignoring.slots.items() if slot - int(name) < SLOTS}
    slots[str(slot)] = slots.get(str(slot), 0) + events
    return replace(ignoring, seen=ignoring.seen + events, slots=slots)


def lapsed(ignoring: Ignoring, *, at_ms: int, users: int) -> str:
    """Why the issue is no longer ignored: until, events, users; empty while it is."""
    if ignoring.until_ms is not None and at_ms >= ignoring.until_ms:
        return "until"
    if ignoring.events is not None:
        in_window = sum(ignoring.slots.values()) if ignoring.window_ms else ignoring.seen
        if in_window >= ignoring.events:
            return "escalating" if ignoring.is_escalating else "events"
    if ignoring.users is not None and users >= ignoring.users:
        return "users"
    return ""
