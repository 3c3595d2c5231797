"""Groups as the Pushgateway's API shows them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from watchkeeper.ingest.pushgateway.gateway import FAILED, PUSHED
from watchkeeper.ingest.pushgateway.types import Group, PushedFamily
from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.lib.rfc3339 import rfc3339
from watchkeeper.model import METRIC_NAME, Labels

_TYPES = {"unknown": "UNTYPED", "gaugehistogram": "GAUGE_HISTOGRAM"}
_BUCKETS = ("le", "buckets")
_PARTS = {
    "histogram": _BUCKETS,
    "gaugehistogram": _BUCKETS,
    "summary": ("quantile", "quantiles"),
}


def shown_groups(groups: Iterable[Group]) -> list[dict[str, object]]:
    """JSON-ready groups: labels, whether the last push went well, and each metric by name."""
    return [_shown(group) for group in groups]


def _shown(group: Group) -> dict[str, object]:
    own = (
        PushedFamily(name=PUSHED, type="gauge", help="", pushed_ms=group.pushed_ms),
        PushedFamily(name=FAILED, type="gauge", help="", pushed_ms=group.failed_ms),
    )
    found: dict[str, object] = {
        "labels": dict(group.labels),
        "last_push_successful": group.pushed_ms > group.failed_ms,
    }
    for family in own:
        metric: dict[str, object] = {"labels": dict(group.labels)}
        metric["value"] = number_text(family.pushed_ms / SECOND_MS)
        found[family.name] = _facts(family, [metric])
    for family in group.families.values():
        found[family.name] = _facts(family, _metrics(family))
    return found


def _facts(family: PushedFamily, metrics: list[dict[str, object]]) -> dict[str, object]:
    facts: dict[str, object] = {
        "time_stamp": rfc3339(family.pushed_ms, timespec="auto"),
        "type": _TYPES.get(family.type, family.type.upper()),
    }
    return facts | ({"help": family.help} if family.help else {}) | {"metrics": metrics}


def _metrics(family: PushedFamily) -> list[dict[str, object]]:
    label, parts = _PARTS.get(family.type, ("", ""))
    found: dict[Labels, dict[str, object]] = {}
    for labels, value in family.samples:
        name = dict(labels)[METRIC_NAME]
        own = tuple((n, v) for n, v in labels if n not in {METRIC_NAME, label})
        metric = found.setdefault(own, {"labels": dict(own)})
        text = number_text(value)
        if not parts:
            metric["value"] = text
        elif label in dict(labels):
            inner = metric.setdefault(parts, {})
            if isinstance(inner, dict):
                inner[_bound(dict(labels)[label])] = text
        else:
            metric[name.rpartition("_")[2]] = text
    for labels, histogram in family.histograms:
        own = tuple((n, v) for n, v in labels if n != METRIC_NAME)
        facts = {"count": number_text(histogram.count), "sum": number_text(histogram.sum)}
        found.setdefault(own, {"labels": dict(own)}).update(facts)
    return list(found.values())


def _bound(label: str) -> str:
    """A bound as its number; what is no number stays as it is."""
    try:
        return number_text(float(label))
    except ValueError:
        return label


def number_text(value: float) -> str:
    """A number as Go prints it: the shortest text, with an exponent from 1e+06 on."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    if -4 <= power < 6:
        return format(Decimal(repr(value)).normalize(), "f")
    text = "".join(map(str, digits))
    mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'+' if power >= 0 else '-'}{abs(power):02d}"
