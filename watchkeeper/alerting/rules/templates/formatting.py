"""Numbers for people, and Go's printf."""

from __future__ import annotations

import math
import re

from watchkeeper.alerting.rules.templates.errors import TemplateFailed
from watchkeeper.alerting.rules.templates.values import Value, go_float, show, type_name

_VERB = re.compile(r"%([-+# 0]*)([0-9]{0,3})(?:\.([0-9]{0,2}))?([a-zA-Z%])")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")


def general(value: float, digits: int = 4) -> str:
    """Go's %.<digits>g."""
    if math.isnan(value) or math.isinf(value):
        return go_float(value)
    return re.sub(r"e([+-])0?([0-9])$", r"e\g<1>0\2", f"{value:.{digits}g}")


def humanize(value: float) -> str:
    """With a metric prefix: 1.235k, 12.35m."""
    if value == 0 or math.isnan(value) or math.isinf(value):
        return general(value)
    prefix = ""
    if abs(value) >= 1:
        for each in _LARGE:
            if abs(value) < 1000:
                break
            prefix, value = each, value / 1000
    else:
        for each in _SMALL:
            if abs(value) >= 1:
                break
            prefix, value = each, value * 1000
    return f"{general(value)}{prefix}"


def humanize1024(value: float) -> str:
    """With a binary prefix: 1.5Mi."""
    if abs(value) <= 1 or math.isnan(value) or math.isinf(value):
        return general(value)
    prefix = ""
    for each in _BINARY:
        if abs(value) < 1024:
            break
        prefix, value = each, value / 1024
    return f"{general(value)}{prefix}"


def humanize_percentage(value: float) -> str:
    """A ratio as per cent: 12.35%."""
    return f"{general(value * 100)}%"


def humanize_duration(value: float) -> str:
    """Seconds as days to seconds, or with a prefix below one second."""
    if math.isnan(value) or math.isinf(value):
        return general(value)
    if value == 0:
        return f"{general(value)}s"
    if abs(value) < 1:
        return f"{humanize(value)}s"
    sign, left = ("-" if value < 0 else ""), abs(value)
    whole = int(left)
    seconds, minutes = whole % 60, whole // 60 % 60
    hours, days = whole // 3600 % 24, whole // 86400
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{sign}{general(left)}s"


def printf(text: str, arguments: list[Value]) -> str:
    """Go's Sprintf for the verbs v s d f F e E g G x X q t c T %, with flags, width, precision."""
    left = list(arguments)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        if not left:
            return f"%!{verb}(MISSING)"
        shown = _verb(verb, left.pop(0), None if precision is None else int(precision or 0), flags)
        return _padded(shown, flags, int(width or 0))

    printed = _VERB.sub(one, text)
    if left:
        extra = ", ".join(f"{type_name(value)}={show(value)}" for value in left)
        printed += f"%!(EXTRA {extra})"
    return printed


def _verb(verb: str, value: Value, precision: int | None, flags: str) -> str:
    if verb == "v":
        text = show(value) if value is not None else "<nil>"
        return _signed(text, value, flags)
    if verb == "T":
        return type_name(value)
    if verb in "sq" and isinstance(value, str):
        text = value if precision is None else value[:precision]
        return text if verb == "s" else _quoted(text)
    if verb == "t" and isinstance(value, bool):
        return show(value)
    if verb in "fFeEgG" and isinstance(value, float):
        return _signed(_float_verb(verb, value, precision), value, flags)
    if verb in "dxXcob" and isinstance(value, int) and not isinstance(value, bool):
        return _signed(chr(value) if verb == "c" else format(value, verb), value, flags)
    if verb in "xX" and isinstance(value, str):
        return value.encode().hex() if verb == "x" else value.encode().hex().upper()
    return f"%!{verb}({type_name(value)}={show(value)})"


def _float_verb(verb: str, value: float, precision: int | None) -> str:
    if math.isnan(value) or math.isinf(value):
        return go_float(value)
    if verb in "gG" and precision is None:
        text = go_float(value)
        return text.upper() if verb == "G" else text
    return (
        general(value, precision or 0)
        if verb == "g"
        else format(value, f".{6 if precision is None else precision}{verb}")
    )


def _signed(text: str, value: Value, flags: str) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or text[:1] in "+-":
        return text
    if "+" in flags:
        return f"+{text}"
    return f" {text}" if " " in flags else text


def _padded(text: str, flags: str, width: int) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and text[:1] in "+-":
        return text[0] + text[1:].rjust(width - 1, "0")
    return text.rjust(width, "0" if "0" in flags else " ")


def _quoted(text: str) -> str:
    inside = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    )
    return f'"{inside}"'


def compare(name: str, left: Value, right: Value) -> bool:
    """eq ne lt le gt ge of two values of one kind. Raises TemplateFailed for two kinds."""
    if _kind(left) != _kind(right):
        raise TemplateFailed(f"error calling {name}: incompatible types for comparison")
    if name in ("eq", "ne"):
        return (left == right) is (name == "eq")
    if not isinstance(left, str | int | float) or not isinstance(right, str | int | float):
        raise TemplateFailed(f"error calling {name}: invalid type for comparison")
    lower = left < right if isinstance(left, str) else float(left) < float(right)  # type: ignore[operator]
    match name:
        case "lt":
            return lower
        case "le":
            return lower or left == right
        case "gt":
            return not lower and left != right and left == left and right == right  # noqa: PLR0124
    return not lower and left == left and right == right  # noqa: PLR0124


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "bool"
    return type(value).__name__
