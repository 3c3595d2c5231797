"""What a loop may know of stored rows without asking for them."""

from __future__ import annotations

from collections.abc import Callable

MayHold = Callable[[str, int, int], bool]
"""Whether a table may hold rows received in [start, end), Unix ms. False is certain once all that
was received before the end is stored."""


def anything_may_be_there(_table: str, _start_ms: int, _end_ms: int) -> bool:
    """`MayHold` of a store that others write to as well: it has to be asked."""
    return True
