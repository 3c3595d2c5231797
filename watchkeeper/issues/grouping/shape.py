"""What grouping may look at in an event, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One call of a stack. Line numbers are left out: they change with every edit.

    context_line: the line of source that ran, where the SDK sends it. instruction_addr, package:
    of native code; no version of grouping looks at them.
    """

    module: str | None = None
    function: str | None = None
    filename: str | None = None
    in_app: bool | None = None
    context_line: str | None = None
    instruction_addr: str | int | None = None
    package: str | None = None


class Stacktrace(msgspec.Struct):
    """Calls, outermost first."""

    frames: list[Frame | None] | None = None


class Mechanism(msgspec.Struct, gc=False):
    """How the SDK caught an exception; `handled` is None when it did not say."""

    handled: bool | None = None
    synthetic: bool | None = None


class ExceptionValue(msgspec.Struct):
    """One exception of a chain."""

    type: str | None = None
    value: Any = None
    module: str | None = None
    stacktrace: Stacktrace | None = None
    mechanism: Mechanism | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Groupable:
    """The parts of an event that decide where it belongs.

    chain: exceptions, the first cause first. message: the text as people read it.
    template: the log call's text before its values were filled in, or empty.
    """

    fingerprint: Sequence[str] = ()
    chain: Sequence[ExceptionValue] = ()
    message: str = ""
    template: str = ""
    platform: str = ""
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which issue an event belongs to, and why.

    hash: unsigned 64-bit. rule: the name of the rule that decided (docs/spec/grouping.md).
    parts: what was hashed, in order, for people who ask "why here?".
    """

    version: int
    hash: int
    rule: str
    parts: tuple[str, ...]
