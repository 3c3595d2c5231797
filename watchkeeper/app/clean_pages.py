"""Gives back memory that only mirrors a file on disk and is not looked at all the time."""

from __future__ import annotations

from collections.abc import Callable

SETTLED_AFTER_S = 20.0


class CleanPages:
    """Lets go of clean pages once the start has settled, and from then on whenever it is run.

    release: gives them back. Each touch of one that is needed brings it back from the page cache.
    """

    def __init__(self, release: Callable[[], object]) -> None:
        self._release = release
        self._is_settled = False

    def run_once(self) -> float | None:
        """Returns the seconds until the start has settled, then None."""
        if not self._is_settled:
            self._is_settled = True
            return SETTLED_AFTER_S
        self._release()
        return None
