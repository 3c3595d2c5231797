"""Numbers, durations and strings as PromQL (and Go) writes them, read and printed."""

from __future__ import annotations

import math
import re

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_UNITS_MS = {
    "y": 365 * DAY_MS,
    "w": 7 * DAY_MS,
    "d": DAY_MS,
    "h": HOUR_MS,
    "m": MINUTE_MS,
    "s": SECOND_MS,
    "ms": 1,
}
_PART = re.compile(r"([0-9]+)([^0-9]+)")
_RANKS = {unit: rank for rank, unit in enumerate(_UNITS_MS)}
_LONGEST_NS = 2**63 - 1


def parse_duration_ms(text: str) -> int:
    """`1h30m` → milliseconds. Units fall from y to ms, each once. Raises ValueError."""
    if text == "0":
        return 0
    if not text:
        raise ValueError("empty duration string")
    malformed = ValueError(f"not a valid duration string: {quote(text)}")
    total_ms, last_rank, position = 0, -1, 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None or len(part.group(1)) > 20 or int(part.group(1)) >= 2**64:
            raise malformed
        count, unit = int(part.group(1)), part.group(2)
        if unit not in _UNITS_MS:
            raise ValueError(f"unknown unit {quote(unit)} in duration {quote(text)}")
        if _RANKS[unit] <= last_rank:
            raise malformed
        last_rank, position = _RANKS[unit], part.end()
        total_ms += count * _UNITS_MS[unit]
        if total_ms * 1_000_000 > _LONGEST_NS:
            raise ValueError("duration out of range")
    return total_ms


def format_duration(ms: int) -> str:
    """Milliseconds as the shortest exact run of units: 5400000 → `1h30m`, 0 → `0s`.

    Weeks and years are used only when they take all of it, as Prometheus prints them.
    """
    if ms == 0:
        return "0s"
    sign, rest = ("-", -ms) if ms < 0 else ("", ms)
    parts: list[str] = []
    for unit in ("y", "w", "d", "h", "m", "s", "ms"):
        size = _UNITS_MS[unit]
        if unit in ("y", "w") and rest % size:
            continue
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts)


def parse_number(text: str) -> float:
    """A PromQL number: decimal, hexadecimal, leading-zero octal, Inf, NaN, with underscores.

    Raises ValueError, worded as Go words it.
    """
    lowered = text.lower()
    if lowered.endswith(("inf", "nan")) and not lowered.startswith("0x"):
        return float(lowered)
    plain = lowered.replace("_", "")
    syntax = f"error parsing number: strconv.ParseFloat: parsing {quote(text)}: invalid syntax"
    if plain.startswith("0x"):
        if plain == "0x":
            raise ValueError(syntax)
        return _whole(int(plain, 16), text)
    if len(plain) > 1 and plain[0] == "0" and plain.isdigit() and not set(plain) & {"8", "9"}:
        return _whole(int(plain, 8), text)
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(syntax) from None
    if math.isinf(value):
        raise ValueError(syntax.replace("invalid syntax", "value out of range"))
    return value


def _whole(value: int, text: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(
            f"error parsing number: strconv.ParseFloat: parsing {quote(text)}: value out of range"
        ) from None


def format_float(value: float) -> str:
    """As Go's FormatFloat(v, 'f', -1, 64): shortest digits, never an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e" in text:
        text = _expand(text)
    return text.removesuffix(".0")


def format_fixed(value: float) -> str:
    """As Go's `%f`: six digits behind the point."""
    return f"{value:f}" if math.isfinite(value) else format_float(value)


def format_sample(value: float) -> str:
    """As the HTTP API prints a sample: like `format_float`, with an exponent outside 1e-6…1e21."""
    size = abs(value)
    if size == 0 or 1e-6 <= size < 1e21 or size != size or size == math.inf:  # noqa: PLR0124
        return format_float(value)
    return _exponent(value)


def format_shortest(value: float) -> str:
    """As Go's FormatFloat(v, 'g', -1, 64) and `%v`: exponent below 1e-4 and from 1e6 on."""
    size = abs(value)
    if size == 0 or 1e-4 <= size < 1e6 or not math.isfinite(value):
        return format_float(value)
    return _exponent(value)


def openmetrics_float(value: float) -> str:
    """As label values write a number: like `format_shortest`, whole ones with `.0`."""
    text = format_shortest(value)
    return text if "." in text or "e" in text or not math.isfinite(value) else f"{text}.0"


def _exponent(value: float) -> str:
    digits, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits, _, exponent = _scientific(value).partition("e")
    number = int(exponent)
    return f"{digits.removesuffix('.0')}e{'-' if number < 0 else '+'}{abs(number):02d}"


def _scientific(value: float) -> str:
    """The shortest digits of a value that repr() writes without an exponent."""
    for precision in range(17):
        text = f"{value:.{precision}e}"
        if float(text) == value:
            return text
    return f"{value:.17e}"


def _expand(text: str) -> str:
    """`1.5e-07` → `0.00000015`, `1e+22` → 23 digits."""
    mantissa, _, exponent = text.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent)
    digits = whole + fraction
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def quote(value: str) -> str:
    """A double-quoted literal, as Go's %q: control characters and broken bytes escaped."""
    return '"' + "".join(_quoted(character) for character in value) + '"'


_QUOTED = {
    '"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f",
    "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
}  # fmt: skip


def _quoted(character: str) -> str:
    if character in _QUOTED:
        return _QUOTED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable():
        return character
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quote_character(character: str) -> str:
    """A single-quoted character, as Go's %q of a rune."""
    if character == "'":
        return "'\\''"
    return "'" + (character if character == '"' else _quoted(character)) + "'"
