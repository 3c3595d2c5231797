"""Bodies of stacks: exceptions, threads and their calls, ready to show."""

from __future__ import annotations

from watchkeeper.api.wk.shapes import Answer
from watchkeeper.issues import Relation, Stacks


class ContextLineAnswer(Answer):
    """One line of source."""

    lineno: int
    text: str


class MinifiedAnswer(Answer):
    """The same call in the file that really ran, before its source map was applied."""

    function: str
    filename: str
    abs_path: str
    lineno: int | None
    colno: int | None
    context: list[ContextLineAnswer]


class ShownFrameAnswer(Answer):
    """One call. context: source lines around lineno; minified: null unless a map was applied.

    function: as its language writes it, raw_function: as sent. note: why no map was applied.
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
    address: str
    package: str
    context: list[ContextLineAnswer]
    vars: dict[str, object]
    minified: MinifiedAnswer | None
    note: str


class ShownExceptionAnswer(Answer):
    """parent_id: the exception that this one is the cause, context or member of; depth: below it.

    omitted: frames that are not here because there were too many.
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
    frames: list[ShownFrameAnswer]
    omitted: int


class ShownThreadAnswer(Answer):
    """What one thread was doing when the event was made."""

    id: str
    name: str
    state: str
    is_crashed: bool
    is_current: bool
    frames: list[ShownFrameAnswer]
    omitted: int


class StacksAnswer(Answer):
    """Stacks in the order in which their language prints them. text: the same, to copy.

    is_newest_first: frames begin with the call in which it happened. frames: the stack of an event
    without exception. has_minified: frames can be shown as they really ran, too.
    """

    platform: str
    is_newest_first: bool
    exceptions: list[ShownExceptionAnswer]
    threads: list[ShownThreadAnswer]
    frames: list[ShownFrameAnswer]
    has_minified: bool
    text: str


def stacks_answer(stacks: Stacks) -> StacksAnswer:
    """The stacks of one event as a body."""
    return StacksAnswer.model_validate(stacks, from_attributes=True)
