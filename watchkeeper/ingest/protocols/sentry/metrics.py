"""`trace_metric` items as points: names and labels as Prometheus writes them. Pure."""

from __future__ import annotations

import math
import re

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept, Point
from watchkeeper.ingest.protocols.sentry.values import (
    attributes_of,
    field,
    list_of,
    object_of,
)
from watchkeeper.model import METRIC_NAME

TYPES = frozenset({"counter", "gauge", "distribution"})
_UNITS = {
    "nanosecond": "nanoseconds", "microsecond": "microseconds", "millisecond": "milliseconds",
    "second": "seconds", "minute": "minutes", "hour": "hours", "day": "days", "week": "weeks",
    "bit": "bits", "byte": "bytes", "kilobyte": "kilobytes", "kibibyte": "kibibytes",
    "megabyte": "megabytes", "mebibyte": "mebibytes", "gigabyte": "gigabytes",
    "gibibyte": "gibibytes", "terabyte": "terabytes", "tebibyte": "tebibytes",
    "petabyte": "petabytes", "pebibyte": "pebibytes", "exabyte": "exabytes",
    "exbibyte": "exbibytes", "ratio": "ratio", "percent": "percent", "none": "",
}  # fmt: skip
_RENAMED = {
    "sentry.environment": "environment",
    "sentry.release": "release",
    "server.address": "instance",
    "service.name": "job",
}
_OF_THE_SENDER = (
    "sentry.", "user.", "process.", "thread.", "browser.", "os.", "device.", "culture.", "code.",
    "session.", "telemetry.", "client.", "replay", "trace_id", "span_id", "url.full",
    "user_agent.",
)  # fmt: skip
"""What SDKs add to every metric by themselves: each visitor would be a series."""
_NOT_IN_NAME = re.compile(r"[^a-zA-Z0-9:]+")
_NOT_IN_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_MOST_LABELS = 30
_LONGEST_VALUE = 250


def take_metric(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """A list of measurements, or one."""
    sent = payload.get("items")
    for each in [payload] if sent is None else list_of(sent):
        point = point_of(object_of(each), facts)
        if point is None:
            kept.drops[Drop.MALFORMED] += 1
        else:
            kept.points.append(point)


def point_of(sent: dict[str, object], facts: Facts) -> Point | None:
    """One measurement; None for what is none."""
    kind, value, unit = field(sent, "type"), sent.get("value"), field(sent, "unit")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind not in TYPES or not is_number:
        return None
    number = float(str(value))
    name = metric_name(field(sent, "name"), unit, kind)
    if not name or not math.isfinite(number) or (kind == "counter" and number < 0):
        return None
    attributes = facts.scrubber.scrub_attributes(_labelled(sent.get("attributes")))
    return Point(name=name, type=kind, unit=_unit(unit), value=number, labels=_labels(attributes))


def metric_name(name: str, unit: str, kind: str) -> str:
    """`checkout.time` in millisecond is checkout_time_milliseconds; counters end in _total.

    Empty if nothing of the name is left.
    """
    tokens = [token for token in _NOT_IN_NAME.split(name) if token]
    if not tokens:
        return ""
    word = _unit(unit)
    if word and word not in tokens:
        tokens.append(word)
    if kind == "counter":
        tokens = [*(token for token in tokens if token != "total"), "total"]
    joined = "_".join(tokens)
    return f"_{joined}" if joined[0].isdigit() else joined


def _unit(unit: str) -> str:
    known = _UNITS.get(unit)
    return "_".join(_NOT_IN_NAME.split(unit)).strip("_") if known is None else known


def _labelled(sent: object) -> dict[str, str]:
    """The attributes that become labels: the sender's own, environment, release and host."""
    found = attributes_of(sent)
    own = {n: v for n, v in found.items() if n not in _RENAMED and not n.startswith(_OF_THE_SENDER)}
    ours = {label: found[name] for name, label in _RENAMED.items() if found.get(name)}
    return {**own, **ours}


def _labels(attributes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for name, value in list(attributes.items())[:_MOST_LABELS]:
        label = _NOT_IN_LABEL.sub("_", name)
        label = f"key_{label}" if label[:1].isdigit() or label.startswith("__") else label
        if value and label.strip("_") and label != METRIC_NAME:
            found[label] = value[:_LONGEST_VALUE]
    return tuple(sorted(found.items()))
