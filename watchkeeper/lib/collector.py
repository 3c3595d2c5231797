"""Python's cycle collector in a process that lives long and handles many short-lived objects."""

from __future__ import annotations

import gc

_THRESHOLDS = (20_000, 20, 20)
"""Allocations between two runs, and runs between two of the older generations. The interpreter's
700 make it look through every batch of rows dozens of times; next to none of them are in cycles."""


def hold_off() -> None:
    """Collect nothing until `spare_what_stays`: what a start makes stays for good.

    Called before a process imports its rooms. Looking through them time and again while there are
    ever more of them takes a fifth of the start, and finds next to nothing.
    """
    gc.disable()


def spare_what_stays() -> None:
    """Leave out what the start made, which stays for good, and look more rarely at the rest.

    Called once, when everything is built and the work begins.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()
