"""Which lines of a file are one event: tracebacks and other indented text stay together. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MOST_LINES = 500
MOST_CHARACTERS = 32_000
_BEGINS_TRACE = re.compile(r"\s*(?:Traceback \(most recent call last\):|goroutine \d+ \[)")
_GOES_ON = re.compile(
    r"[ \t]|Caused by: |\.\.\. \d+ more|During handling of the above exception|"
    r"The above exception was the direct cause|created by |exit status \d|  \+ Exception Group"
)
_OF_GO = re.compile(r"[\w./*()\[\]-]+\(.*\)$|goroutine \d+ \[|\[signal ")


@dataclass(slots=True)
class Joiner:
    """The event that is being read. end: where in the file it ends, so far."""

    _lines: list[str] = field(default_factory=list)
    _size: int = 0
    _is_in_trace: bool = False
    _was_trace: bool = False
    _is_go: bool = False
    end: int = 0

    def add(self, line: str, end: int) -> tuple[str, int] | None:
        """Take a line that ends at `end`; the event before it, if that is over, and its end."""
        done = None
        if self._lines and not self._belongs(line):
            done = self.flush()
        if not line.strip() and not self._lines:
            self.end = end
            return done
        self._lines.append(line)
        self._size += len(line)
        self.end = end
        self._note(line)
        return done

    def flush(self) -> tuple[str, int] | None:
        """The event as far as it came; None if there is none."""
        if not self._lines:
            return None
        text = "\n".join(self._lines).rstrip()
        self._lines, self._size = [], 0
        self._is_in_trace = self._was_trace = self._is_go = False
        return text, self.end

    @property
    def is_empty(self) -> bool:
        return not self._lines

    def _belongs(self, line: str) -> bool:
        if len(self._lines) >= MOST_LINES or self._size >= MOST_CHARACTERS or line[:1] == "{":
            return False
        if _BEGINS_TRACE.match(line) or _GOES_ON.match(line):
            return True
        if self._is_go:
            return not line.strip() or _OF_GO.match(line) is not None
        # The line after the frames names the exception; blank lines part chained tracebacks.
        return self._is_in_trace or (self._was_trace and not line.strip())

    def _note(self, line: str) -> None:
        if _BEGINS_TRACE.match(line):
            self._is_in_trace, self._is_go = True, "goroutine" in line
        elif self._lines[0].startswith("panic: "):
            self._is_go = True
        elif self._is_in_trace and line[:1] not in {" ", "\t"}:
            self._is_in_trace, self._was_trace = False, True
