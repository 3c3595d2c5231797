"""The values of templates, and how Go prints them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from watchkeeper.alerting.rules.templates.errors import TemplateFailed


@dataclass(frozen=True, slots=True)
class Sample:
    """One result of `query`: .Labels and .Value."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Duration:
    """A Go time.Duration."""

    seconds: float


Value = (
    str | int | float | bool | None | datetime | Sample | Duration
    | Mapping[str, "Value"] | Sequence["Value"]
)  # fmt: skip


def go_float(value: float) -> str:
    """A float64 as Go's %v prints it: shortest digits, an exponent below 1e-4 and from 1e21 on."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    exact = Decimal(repr(value)).normalize()
    power = exact.adjusted()
    if -5 < power < 21:
        return format(exact, "f")
    first, *rest = (str(digit) for digit in exact.as_tuple().digits)
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    minus, sign = "-" if value < 0 else "", "-" if power < 0 else "+"
    return f"{minus}{mantissa}e{sign}{abs(power):02d}"


def show(value: Value) -> str:
    """A value as a template prints it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "<no value>"
        case str():
            return value
        case float():
            return go_float(value)
        case int():
            return str(value)
        case datetime():
            return show_time(value)
        case Duration():
            return show_duration(value.seconds)
        case Sample():
            return f"{{{show(dict(value.labels))} {go_float(value.value)}}}"
        case Mapping():
            inside = " ".join(f"{key}:{show(value[key])}" for key in sorted(value))
            return f"map[{inside}]"
        case _:
            return f"[{' '.join(show(item) for item in value)}]"


def show_time(moment: datetime) -> str:
    """Go's Time.String() of a UTC time."""
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def show_duration(seconds: float) -> str:
    """Go's Duration.String(): 1h2m3.5s, 20ms."""
    if seconds == 0:
        return "0s"
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    if left < 1:
        for unit, size in (("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
            if left >= size:
                return f"{sign}{go_float(round(left / size, 6))}{unit}"
        return "0s"
    hours, left = divmod(left, 3600)
    minutes, left = divmod(left, 60)
    text = f"{go_float(round(left, 9))}s"
    if hours or minutes:
        text = f"{int(minutes)}m{text}"
    return f"{sign}{int(hours)}h{text}" if hours else f"{sign}{text}"


def is_true(value: Value) -> bool:
    """Go's truth: not zero, not empty, not nil."""
    if isinstance(value, float) and math.isnan(value):
        return True
    return bool(value) or isinstance(value, datetime | Sample | Duration)


def field_of(value: Value, name: str) -> Value:
    """`.name` of a value; an absent map key is empty. Raises TemplateFailed."""
    match value:
        case Sample(labels, number):
            if name in ("Labels", "Value"):
                return dict(labels) if name == "Labels" else number
        case Mapping():
            return value.get(name, "")
        case None:
            raise TemplateFailed(f"nil data; no entry for key {name!r}")
    raise TemplateFailed(f"can't evaluate field {name} in type {type_name(value)}")


def type_name(value: Value) -> str:
    """Go's name of a value's type."""
    names = {bool: "bool", int: "int", float: "float64", str: "string", datetime: "*time.Time"}
    if isinstance(value, Mapping):
        return "map[string]string"
    return names.get(type(value), "interface {}")


def to_number(value: Value) -> float:
    """A float64 of a number or of text that holds one. Raises TemplateFailed."""
    if isinstance(value, Duration):
        return value.seconds
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        if re.fullmatch(r"[-+]?0[xX][0-9a-fA-F]+", value):
            return float(int(value, 16))
        try:
            if "_" not in value:
                return float(value)
        except ValueError:
            pass
        raise TemplateFailed(f'strconv.ParseFloat: parsing "{value}": invalid syntax')
    raise TemplateFailed(f"can't convert {type_name(value)} to float")


def moment_of(seconds: float) -> datetime:
    """The UTC time of Unix seconds. Raises TemplateFailed for what no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise TemplateFailed(f"{go_float(seconds)} is not a representable time") from error
