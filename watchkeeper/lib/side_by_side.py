"""Two reads at the same time, where one need not wait for the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


def side_by_side(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """What both return, once both have ended. `one` runs in the caller's thread.

    Raises what `one` raises, else what `other` raises.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as beside:
        found = beside.submit(other)
        return one(), found.result()
