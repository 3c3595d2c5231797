"""Parameters of the Prometheus API, read and refused as Prometheus does."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs

from watchkeeper.query.promql import Matcher, ParseError, Selector, parse, parse_duration_ms

_LARGEST_MS = 2**53
_NO_MATCHER = "must contain at least one non-empty matcher"
_FARTHEST = re.compile(r"-?\d{1,6}-\d\d-\d\d[Tt ]")


class BadParameter(ValueError):
    """A parameter is wrong; the text is what Prometheus would answer."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f'invalid parameter "{name}": {problem}')


@dataclass(frozen=True, slots=True)
class Params:
    """URL parameters and form fields together; a name may stand several times."""

    values: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, query: str, form: str) -> Params:
        """From a query string and an urlencoded body; the body's values come first."""
        merged: dict[str, list[str]] = {}
        for text in (form, query):
            for name, values in parse_qs(text, keep_blank_values=True).items():
                merged.setdefault(name, []).extend(values)
        return cls(merged)

    def text(self, name: str) -> str:
        """The first value, "" if there is none."""
        values = self.values.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> Sequence[str]:
        return self.values.get(name, ())

    def time_ms(self, name: str, default_ms: int | None = None) -> int:
        """Unix seconds or RFC 3339, as Unix ms. Raises BadParameter."""
        text = self.text(name)
        if not text and default_ms is not None:
            return default_ms
        parsed = _time_ms(text)
        if parsed is None:
            raise BadParameter(name, f'cannot parse "{text}" to a valid timestamp')
        return parsed

    def duration_ms(self, name: str) -> int:
        """Seconds or a Prometheus duration, in ms. Raises BadParameter."""
        text = self.text(name)
        seconds = _finite(text)
        if seconds is not None and abs(seconds * 1000) < _LARGEST_MS:
            return int(seconds * 1000)
        try:
            return parse_duration_ms(text)
        except ValueError:
            raise BadParameter(name, f'cannot parse "{text}" to a valid duration') from None

    def timeout_s(self) -> float | None:
        """The `timeout` parameter in seconds; None if there is none."""
        return self.duration_ms("timeout") / 1000 if self.text("timeout") else None

    def lookback_ms(self) -> int | None:
        """The `lookback_delta` parameter; None if there is none or it is not above zero."""
        given = self.text("lookback_delta")
        lookback_ms = self.duration_ms("lookback_delta") if given else 0
        return lookback_ms if lookback_ms > 0 else None

    def flag(self, name: str) -> bool:
        """A boolean as Go's ParseBool reads it; False if there is none. Raises BadParameter."""
        text = self.text(name)
        if text in ("1", "t", "T", "true", "TRUE", "True"):
            return True
        if text not in ("", "0", "f", "F", "false", "FALSE", "False"):
            raise BadParameter(name, f'strconv.ParseBool: parsing "{text}": invalid syntax')
        return False

    def limit(self, name: str = "limit") -> int:
        """A whole number >= 0; 0 (the default) is no limit. Raises BadParameter."""
        text = self.text(name)
        if not text:
            return 0
        try:
            limit = int(text)
        except ValueError:
            raise BadParameter(name, f'strconv.Atoi: parsing "{text}": invalid syntax') from None
        if limit < 0:
            raise BadParameter(name, "limit must be non-negative")
        return limit

    def matchers(self, name: str) -> tuple[Matcher, ...]:
        """One selector. Raises BadParameter."""
        return _matchers(self.text(name), name)

    def matcher_sets(self) -> list[tuple[Matcher, ...]]:
        """The `match[]` selectors. Raises BadParameter."""
        return [_matchers(text) for text in self.all("match[]")]


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _time_ms(text: str) -> int | None:
    seconds = _finite(text)
    if seconds is not None:
        ms = round(seconds * 1000) if abs(seconds) < _LARGEST_MS else _LARGEST_MS
        return ms if abs(ms) < _LARGEST_MS else None
    if _FARTHEST.match(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("z", "Z"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return round((moment - epoch).total_seconds() * 1000)


def _matchers(text: str, name: str = "match[]") -> tuple[Matcher, ...]:
    try:
        node = parse(text)
    except ParseError as problem:
        if str(problem).endswith(_NO_MATCHER):
            raise BadParameter(name, f"match[] {_NO_MATCHER}") from None
        raise BadParameter(name, str(problem)) from None
    if not isinstance(node, Selector) or node.offset_ms or node.at is not None:
        raise BadParameter(name, f"1:1: parse error: expected a series selector, got {text}")
    return node.matchers


def unescape_label(name: str) -> str:
    """`U__http_2e_status` → `http.status`: how clients send UTF-8 names in a path."""
    if not name.startswith("U__"):
        return name
    return re.sub(r"_(?:_|([0-9A-Fa-f]{1,6})_)", _unescaped, name[3:])


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    return "_" if code is None else chr(min(int(code, 16), 0x10FFFF))
