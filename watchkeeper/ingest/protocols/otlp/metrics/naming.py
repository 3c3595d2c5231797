"""What OTLP names are called as Prometheus names. Pure.

The rules are those of Prometheus's own OTLP receiver (otlptranslator 1.0), so that dashboards and
rules written against it hold here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_UNITS = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds",
    "us": "microseconds", "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes",
    "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes", "KBy": "kilobytes",
    "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes", "m": "meters", "V": "volts",
    "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "Cel": "celsius", "Hz": "hertz",
    "1": "", "%": "percent",
}  # fmt: skip
_PER_UNITS = {
    "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
}  # fmt: skip
_NOT_IN_TOKEN = re.compile(r"[^a-zA-Z0-9:]+")
_NOT_IN_NAME = re.compile(r"[^a-zA-Z0-9:_]+")
_NOT_IN_LABEL = re.compile(r"[^a-zA-Z0-9_]")


class MetricKind(StrEnum):
    """What a metric is to Prometheus; the value is the word of its metadata."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Naming:
    """A translation strategy: whether names are escaped to ASCII and get suffixes."""

    escapes: bool = True
    suffixes: bool = True

    @classmethod
    def of(cls, strategy: str) -> Naming:
        """The strategy of a setting."""
        return cls(
            escapes=strategy.startswith("UnderscoreEscaping"),
            suffixes=strategy.endswith("WithSuffixes"),
        )

    def metric(self, name: str, unit: str, kind: MetricKind, *, is_level: bool = False) -> str:
        """A metric's name, or empty if nothing of it is left.

        is_level: a sum that may fall; it is a gauge, and yet no ratio.
        """
        if not self.escapes:
            return _suffixed(name, unit, kind, is_level=is_level) if self.suffixes else name
        if self.suffixes:
            found = "_".join(_tokens(name, unit, kind, is_level=is_level))
        else:
            found = "_".join(part for part in _NOT_IN_NAME.split(name) if part)
        found = f"_{found}" if found[:1].isdigit() else found
        return found if found.strip("_") or found == name else ""

    def label(self, name: str) -> str:
        """A label's name, or empty if nothing of it is left."""
        if self.escapes:
            name = _NOT_IN_LABEL.sub("_", name)
            if name[:1].isdigit():
                name = f"key_{name}"
            elif name.startswith("_") and not name.startswith("__"):
                name = f"key{name}"
        return name if name.strip("_") else ""

    def unit(self, unit: str) -> str:
        """A unit as metadata has it: "By/s" is bytes_per_second."""
        main, per = _unit_words(unit)
        if self.escapes:
            main, per = _clean(main), _clean(per)
        return "_".join(part for part in (main, per) if part).strip("_")


def _tokens(name: str, unit: str, kind: MetricKind, *, is_level: bool) -> list[str]:
    tokens = [token for token in _NOT_IN_TOKEN.split(name) if token]
    main, per = (_clean(word) for word in _unit_words(unit))
    per = per.removesuffix("_")
    if main in tokens:
        main = ""
    if per in tokens:
        per = ""
    if per:
        main = main.removesuffix("_")
    tokens += [word for word in (main, per) if word]
    if kind is MetricKind.COUNTER:
        tokens = [*(token for token in tokens if token != "total"), "total"]
    if unit == "1" and kind is MetricKind.GAUGE and not is_level:
        tokens = [*(token for token in tokens if token != "ratio"), "ratio"]
    return tokens


def _suffixed(name: str, unit: str, kind: MetricKind, *, is_level: bool) -> str:
    """Suffixes without escaping: _bytes_per_second_total, each once."""
    ends = []
    if unit == "1" and kind is MetricKind.GAUGE and not is_level:
        ends.append("ratio")
    if kind is MetricKind.COUNTER:
        ends.append("total")
    main, per = _unit_words(unit)
    if per:
        ends.append(per)
    for end in ends:
        if name.endswith(end) and len(name) > len(end) + 1:
            name = name[: -len(end) - 1]
    if main and not name.endswith(main):
        name = f"{name}_{main}"
    return "_".join((name, *reversed(ends)))


def _unit_words(unit: str) -> tuple[str, str]:
    """The unit before and after the slash in words; annotations such as {request} have none."""
    main, _, per = unit.partition("/")
    main, per = main.strip(), per.strip()
    main = "" if "{" in main or "}" in main else _UNITS.get(main, main)
    per = "" if "{" in per or "}" in per else _PER_UNITS.get(per, per)
    return main, f"per_{per}" if per else ""


def _clean(word: str) -> str:
    """Of ASCII letters and digits, runs of others as one underscore, none in front."""
    return re.sub("_+", "_", re.sub("[^a-zA-Z0-9:]", "_", word)).removeprefix("_")
