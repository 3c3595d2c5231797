"""Numbers as expositions write them, and as labels carry them."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from watchkeeper.ingest.exposition.types import BadExposition, Memory, Pairs

_NUMBER = re.compile(
    rb"[-+]?(?:inf(?:inity)?|nan|0x[0-9a-f.]+(?:p[-+]?[0-9]+)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)",
    re.IGNORECASE,
)


def read_float(text: bytes) -> float:
    """One value. Raises BadExposition."""
    if not _NUMBER.fullmatch(text):
        raise BadExposition(f'"{text[:80].decode(errors="replace")}" is not a number')
    try:
        return float.fromhex(text.decode()) if b"x" in text.lower() else float(text)
    except (ValueError, OverflowError) as error:
        raise BadExposition(f'"{text[:80].decode(errors="replace")}" is not a number') from error


def read_floats(texts: list[bytes]) -> list[float]:
    """Values, all at once. Raises BadExposition."""
    try:
        values = list(map(float, texts))
    except ValueError:
        return [read_float(text.strip()) for text in texts]
    if b"_" in b"".join(texts):  # Python's float() takes 1_000; the formats do not
        return [read_float(text.strip()) for text in texts]
    return values


def format_bound(value: float) -> str:
    """The value of a `le` or `quantile` label, spelled as OpenMetrics does: 1 is 1.0."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0.0"
    sign, digits, _ = (exact := Decimal(repr(value)).normalize()).as_tuple()
    exponent = exact.adjusted()
    if -5 < exponent < 6:
        plain = format(exact, "f")
        return plain if "." in plain else f"{plain}.0"
    text = "".join(map(str, digits))
    mantissa = f"{text[0]}.{text[1:]}" if len(text) > 1 else text
    return f"{'-' if sign else ''}{mantissa}e{exponent:+03d}"


def with_canonical_bounds(pairs: Pairs, memory: Memory) -> Pairs:
    """The pairs, with `le` of histograms and `quantile` of summaries spelled canonically.

    Formats and libraries spell the same bound differently; the series must stay one.
    """
    name = pairs[0][1]
    if name.endswith("_bucket"):
        wanted = "le" if memory.type_of(name.removesuffix("_bucket")) == "histogram" else ""
    else:
        wanted = "quantile" if memory.type_of(name) == "summary" else ""
    if not wanted or all(label != wanted for label, _ in pairs):
        return pairs
    return tuple((n, _canonical(v) if n == wanted else v) for n, v in pairs)


def _canonical(text: str) -> str:
    try:
        return format_bound(read_float(text.encode()))
    except BadExposition:
        return text
