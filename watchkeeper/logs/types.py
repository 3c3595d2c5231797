"""What the room answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from watchkeeper.lib.errors import Invalid
from watchkeeper.logs.language import LEVELS, Always, Node
from watchkeeper.model import TimeRange


class CursorInvalid(Invalid):
    """A cursor or a line's id that this server did not write."""

    code: ClassVar[str] = "log_cursor_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One stored line. ts_ms: Unix ms UTC, `nanos` beyond it. place: tells lines of one instant
    apart. pattern: what it has in common with others."""

    project_id: int
    ts_ms: int
    nanos: int
    place: int
    received_ms: int
    severity: str
    severity_number: int
    service: str
    environment: str
    release: str
    host: str
    source: str
    body: str
    attributes: Mapping[str, str]
    trace_id: str
    span_id: str
    request_id: str
    user_key: str
    session_id: str
    pattern: int

    @property
    def spot(self) -> Spot:
        return Spot(self.ts_ms, self.nanos, self.place)


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where a line stands among all: first by time, then by what it says.

    skip: how many equal lines of this very spot are already shown.
    """

    ts_ms: int
    nanos: int
    place: int
    skip: int = 0

    def __str__(self) -> str:
        end = f"-{self.skip}" if self.skip else ""
        return f"{self.ts_ms}-{self.nanos}-{self.place:016x}{end}"

    @classmethod
    def of(cls, text: str) -> Spot:
        """What `str` wrote. Raises CursorInvalid."""
        parts = text.split("-")
        try:
            ts_ms, nanos, place = int(parts[0]), int(parts[1]), int(parts[2], 16)
            skip = int(parts[3]) if len(parts) > 3 else 0
        except (ValueError, IndexError):
            ts_ms = -1
        if ts_ms < 0 or ts_ms >= 2**41 * 2 or not 0 <= nanos < 2**32 or not 0 <= place < 2**64:
            raise CursorInvalid(f"{text[:60]!r} is no id of a line; take one from an answer.")
        if not 0 <= skip <= 1_000_000:
            raise CursorInvalid(f"{text[:60]!r} is no cursor; take one from an answer.")
        return cls(ts_ms, nanos, place, skip)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSearch:
    """Which lines, and which page of them. after: the spot that the page before ended at."""

    range: TimeRange
    node: Node = field(default_factory=Always)
    after: Spot | None = None
    limit: int = 100
    is_newest_first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """after: where the next page begins; None if nothing follows."""

    lines: Sequence[Line]
    after: Spot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Lines by severity in buckets that begin at times_ms and are step_ms long."""

    times_ms: Sequence[int]
    step_ms: int
    by_severity: Mapping[str, Sequence[int]]
    total: int
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The commonest values of a field. counted: matching lines that were looked at for it.

    one_in: how many times as long as what was looked at the range is; 1.0: all of it was.
    """

    field: str
    values: Sequence[tuple[str, int]]
    counted: int
    one_in: float = 1.0

    @property
    def is_exact(self) -> bool:
        return self.one_in <= 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Lines around one, in order of time. by: column or attribute → its value in all of them."""

    before: Sequence[Line]
    line: Line
    after: Sequence[Line]
    by: Mapping[str, str]


def severity_row(buckets: int) -> dict[str, list[int]]:
    """Zeros for each severity and bucket."""
    return {level: [0] * buckets for level in LEVELS}
