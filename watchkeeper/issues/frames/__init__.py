"""Stacks as the developers of each language read them: from a stored event to frames to show."""

from watchkeeper.issues.frames.images import file_of, images_of
from watchkeeper.issues.frames.names import shown_function, shown_module
from watchkeeper.issues.frames.own import Place, is_own, is_system_image
from watchkeeper.issues.frames.sent import platform_of
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
    "Place",
    "Relation",
    "ShownException",
    "ShownFrame",
    "ShownThread",
    "Stacks",
    "file_of",
    "images_of",
    "is_own",
    "is_system_image",
    "platform_of",
    "shown_function",
    "shown_module",
    "stack_text",
    "stacks_of",
]
