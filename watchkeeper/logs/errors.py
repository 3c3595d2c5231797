"""What can be wrong with a question about logs."""

from __future__ import annotations

from typing import ClassVar

from watchkeeper.lib.errors import Invalid


class LogSearchInvalid(Invalid):
    """A search cannot be read. position: of the first wrong character, from 0."""

    code: ClassVar[str] = "log_search_invalid"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.position = position
        self.field = "q"
