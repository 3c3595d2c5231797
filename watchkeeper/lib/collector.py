"""Python's cycle collector in a process that lives long and handles many short-lived objects."""

from __future__ import annotations

import gc

_THRESHOLDS = (20_000, 20, 20)
"""Allocations between two runs, and runs between two of the older generations. The interpreter's
700 make it look through every batch of rows dozens of times; next to none of them are in cycles."""


def spare_what_stays() -> None:
    """Leave out what the start made, which stays for good, and look more rarely at the rest.

    Called once, when everything is built and the work begins.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
