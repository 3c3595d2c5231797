"""What a page shows of an event's stacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Relation(StrEnum):
    """How an exception came to be part of the one above it."""

    NONE = ""
    CAUSE = "cause"
    """It was said to be the cause: `raise … from`, `cause`, `getCause()`, `InnerException`."""
    CONTEXT = "context"
    """It was being handled when the other one was raised."""
    MEMBER = "member"
    """The other one is a group, and this is one of those in it."""


@dataclass(frozen=True, slots=True)
class ContextLine:
    """One line of source around a call."""

    lineno: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Minified:
    """The same call in the file that really ran, before its source map was applied."""

    function: str
    filename: str
    abs_path: str
    lineno: int | None
    colno: int | None
    context: Sequence[ContextLine] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFrame:
    """One call. lineno, colno: from 1; None where nothing is known.

    function: as people write it in its language; raw_function: as it was sent.
    filename: short enough to read; abs_path: where it lies. address, package: of native code, `0x…`
    and the library's file. context: lines around `lineno`, ascending; empty if not known.
    vars: local variables, as scrubbed. minified: only where a source map was applied.
    note: why a source map was not applied, a sentence; empty otherwise.
    """

    function: str
    raw_function: str
    module: str
    filename: str
    abs_path: str
    lineno: int | None
    colno: int | None
    is_in_app: bool
    platform: str
    address: str = ""
    package: str = ""
    context: Sequence[ContextLine] = ()
    vars: Mapping[str, object] = field(default_factory=dict)
    minified: Minified | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownException:
    """One exception of a chain or of a group.

    id: names it within the event; parent_id: the exception that it is the cause, context or member
    of. depth: 0 for the outermost. thread_id: of the thread that raised it, empty if not said.
    frames: in the order of `Stacks.is_newest_first`. omitted: frames that were left out.
    """

    id: int
    parent_id: int | None
    relation: Relation
    depth: int
    type: str
    value: str
    module: str
    mechanism: str
    is_handled: bool | None
    is_group: bool
    thread_id: str
    frames: Sequence[ShownFrame]
    omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownThread:
    """What one thread was doing. state: as the platform names it, such as `BLOCKED`."""

    id: str
    name: str
    state: str
    is_crashed: bool
    is_current: bool
    frames: Sequence[ShownFrame]
    omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacks:
    """Every stack of one event, in the order in which its language shows them.

    exceptions: as the platform prints a chain: Python and PHP the first cause first, all others the
    outermost first. is_newest_first: frames begin with the call in which it happened (everywhere
    but in Python). frames: the stack of an event without an exception. text: all of it as the
    platform prints it. has_minified: frames can also be shown as they really ran.
    """

    platform: str
    is_newest_first: bool
    exceptions: Sequence[ShownException] = ()
    threads: Sequence[ShownThread] = ()
    frames: Sequence[ShownFrame] = ()
    has_minified: bool = False
    text: str = ""
