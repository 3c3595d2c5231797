"""What is wrong with a search, and where."""

from __future__ import annotations

from typing import ClassVar

from watchkeeper.lib.errors import Invalid


class BadSearch(Invalid):
    """A search cannot be read. position: of the first wrong character, from 0."""

    code: ClassVar[str] = "search_invalid"
    field = "q"

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position
