"""Stacks as the developers of each language read them: from a stored event to frames to show."""

from watchkeeper.issues.frames.shape import (
    ContextLine,
    Minified,
    Relation,
    ShownException,
    ShownFrame,
    ShownThread,
    Stacks,
)
from watchkeeper.issues.frames.stacks import stacks_of
from watchkeeper.issues.frames.text import stack_text

__all__ = [
    "ContextLine",
    "Minified",
    "Relation",
    "ShownException",
    "ShownFrame",
    "ShownThread",
    "Stacks",
    "stack_text",
    "stacks_of",
]
