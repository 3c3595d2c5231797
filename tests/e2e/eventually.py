"""Waiting for what happens in another process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T | None], *, within_s: float, what: str) -> T:
    """The first truthy answer of `ask`. Raises AssertionError naming `what` after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within_s} s; last: {answer!r}")
        time.sleep(0.1)
