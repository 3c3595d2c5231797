"""A TCP stream as messages: counted octets, or lines that end with LF or NUL (RFC 6587).

Pure but for what waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_BYTES = 65_536
_COUNT = re.compile(rb"([1-9][0-9]{0,6}) ")
_END = re.compile(rb"[\n\x00]")
_DIGITS = re.compile(rb"[1-9][0-9]{0,6}")


@dataclass(slots=True)
class Frames:
    """One connection's bytes. cut: bytes of messages that were too long, since the start."""

    cut: int = 0
    _held: bytearray = field(default_factory=bytearray)
    _passing: int = 0
    """Bytes of a counted message that are still to be passed over."""
    _is_passing_line: bool = False

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are whole now."""
        self._held += data
        found: list[bytes] = []
        while self._held and self._step(found):
            pass
        return found

    def end(self) -> list[bytes]:
        """What is left when the sender closes: a last line without its end."""
        rest = bytes(self._held)
        self._held.clear()
        return [rest] if rest.strip() and not self._is_passing_line and not self._passing else []

    def _step(self, found: list[bytes]) -> bool:
        """Take one message; False if more bytes are needed."""
        if self._passing:
            passed = min(self._passing, len(self._held))
            del self._held[:passed]
            self._passing -= passed
            self.cut += passed
            return passed > 0
        if not self._is_passing_line:
            counted = _COUNT.match(self._held)
            if counted is not None:
                return self._counted(int(counted[1]), counted.end(), found)
            if _DIGITS.fullmatch(self._held):
                return False
        return self._line(found)

    def _counted(self, length: int, start: int, found: list[bytes]) -> bool:
        whole = min(length, LONGEST_BYTES)
        if len(self._held) < start + whole:
            return False
        found.append(bytes(self._held[start : start + whole]))
        del self._held[: start + whole]
        self._passing = length - whole
        return True

    def _line(self, found: list[bytes]) -> bool:
        within = len(self._held) if self._is_passing_line else LONGEST_BYTES + 1
        found_end = _END.search(self._held, 0, within)
        end = found_end.start() if found_end else -1
        if end < 0 and len(self._held) <= LONGEST_BYTES:
            return False
        taken = bytes(self._held[: end if end >= 0 else LONGEST_BYTES])
        del self._held[: end + 1 if end >= 0 else LONGEST_BYTES]
        if self._is_passing_line:
            self.cut += len(taken)
        elif taken.strip(b"\r\x00 "):
            found.append(taken)
        self._is_passing_line = end < 0
        return True
