"""Durations as Prometheus writes them: 1h30m, 15s, 500ms."""

from __future__ import annotations

import re

_UNITS_MS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_DURATION = re.compile("".join(rf"(?:([0-9]+){unit})?" for unit in _UNITS_MS))
_LARGEST_MS = (2**63 - 1) // 1_000_000


def parse_duration_ms(text: str) -> int:
    """Milliseconds of a duration; units in falling order, each once; a bare 0 needs none.

    Raises ValueError with a sentence that shows the text.
    """
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f'not a valid duration string: "{text}"')
    total = sum(
        int(number) * size
        for number, size in zip(match.groups(), _UNITS_MS.values(), strict=True)
        if number
    )
    if total > _LARGEST_MS:
        raise ValueError(f'duration out of range: "{text}"')
    return total


def format_duration(ms: int) -> str:
    """The shortest spelling of a duration; years and weeks only when nothing is left over."""
    if ms == 0:
        return "0s"
    parts: list[str] = []
    left = ms
    for unit, size in _UNITS_MS.items():
        if unit in ("y", "w") and left % size:
            continue
        count, rest = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
            left = rest
    return "".join(parts)
