"""Values that are compared: signs, numbers, durations. Readers answer None for what is none."""

from __future__ import annotations

import math
import re
from typing import Literal

from watchkeeper.lib.search.syntax import Value

Compare = Literal["=", ">", ">=", "<", "<="]

_SIGN = re.compile(r">=|<=|>|<|=")
_COMPARES: dict[str, Compare] = {"=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_NUMBER = re.compile(r"([+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?)([kKmM]?)\Z")
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_DURATION = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?)(ns|us|µs|μs|ms|s|m|h|d|w)\Z")
_NS_A_S = 1_000_000_000
_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": _NS_A_S,
    "m": 60 * _NS_A_S,
    "h": 3_600 * _NS_A_S,
    "d": 86_400 * _NS_A_S,
    "w": 7 * 86_400 * _NS_A_S,
}


def comparison_of(value: Value) -> tuple[Compare | None, str]:
    """The sign before a value and the rest of it; no sign in quotes."""
    sign = None if value.quoted else _SIGN.match(value.text)
    if sign is None:
        return None, value.text
    return _COMPARES[sign[0]], value.text[sign.end() :]


def number_of(text: str) -> float | None:
    """`3`, `-1.5`, `2e6`, `5k`, `1M` (thousand, million)."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    number = float(found[1]) * _FACTORS[found[2].lower()]
    return number if math.isfinite(number) else None


def duration_ns(text: str) -> float | None:
    """`250ms`, `1.5s`, `2h`: a number with a unit, in ns."""
    found = _DURATION.match(text)
    return float(found[1]) * _NS[found[2]] if found else None
