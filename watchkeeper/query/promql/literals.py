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
_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")
_DURATION = re.compile(
    r"(?:[0-9]+y)?(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?"
)
_LONGEST_MS = (2**63 - 1) // 1_000_000


def parse_duration_ms(text: str) -> int:
    """`1h30m` → milliseconds. Units fall from y to ms, each once. Raises ValueError."""
    if text == "0":
        return 0
    if not text or _DURATION.fullmatch(text) is None:
        raise ValueError(f'not a valid duration string: "{text}"')
    if len(text) > 200:
        raise ValueError("duration out of range")
    total_ms = sum(int(count) * _UNITS_MS[unit] for count, unit in _PART.findall(text))
    if total_ms > _LONGEST_MS:
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
    """A PromQL number: decimal, hexadecimal, leading-zero octal, Inf, NaN, with underscores."""
    lowered = text.lower()
    if lowered.endswith(("inf", "nan")):
        return float(lowered)
    plain = lowered.replace("_", "")
    if plain.startswith("0x"):
        if plain == "0x":
            raise ValueError(f'error parsing number: "{text}"')
        return float(int(plain, 16))
    if len(plain) > 1 and plain[0] == "0" and plain.isdigit() and not set(plain) & {"8", "9"}:
        return float(int(plain, 8))
    return float(plain)


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


_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\\"'])|x([0-9a-fA-F]{2})|([0-7]{3})"
    r"|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))",
    re.DOTALL,
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unquote(text: str) -> str:
    """The value of a quoted literal. Bytes that are no UTF-8 become lone surrogates.

    Raises ValueError on an escape that Go does not know.
    """
    quote, body = text[0], text[1:-1]
    if quote == "`":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    pieces: list[bytes] = []
    position = 0
    for match in _ESCAPE.finditer(body):
        pieces.append(body[position : match.start()].encode("utf-8", "surrogateescape"))
        pieces.append(_escaped(match, quote))
        position = match.end()
    pieces.append(body[position:].encode("utf-8", "surrogateescape"))
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def _escaped(match: re.Match[str], quote: str) -> bytes:
    simple, two_hex, octal, short, long, _ = match.groups()
    if simple is not None:
        if simple in "\"'" and simple != quote:
            raise ValueError(f"unknown escape sequence U+{ord(simple):04X} '{simple}'")
        return _SIMPLE.get(simple, simple).encode()
    if two_hex is not None:
        return bytes([int(two_hex, 16)])
    if octal is not None and int(octal, 8) < 256:
        return bytes([int(octal, 8)])
    code = short or long
    if code is not None:
        number = int(code, 16)
        if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:
            return chr(number).encode()
    raise ValueError("unknown escape sequence")


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
