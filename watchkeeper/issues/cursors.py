"""Cursors of pages: where the page before ended, as opaque text."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

import msgspec

from watchkeeper.lib.errors import Invalid

T = TypeVar("T")


def encoded(*parts: int | str) -> str:
    """The parts as one text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(parts))).decode()


def decoded(cursor: str, kind: type[T]) -> T:
    """The parts of a cursor. Raises Invalid for a text that `encoded` did not make."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Invalid("cursor must be the next_cursor of a page.") from error
