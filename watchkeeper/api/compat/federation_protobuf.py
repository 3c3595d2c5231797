"""The exposition of /federate as delimited MetricFamily messages: it carries native histograms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from watchkeeper.api.compat.remote_read import bucket_fields
from watchkeeper.lib.protobuf_wire import (
    bytes_field,
    double_field,
    number_field,
    signed_field,
    text_field,
)
from watchkeeper.lib.varint import varint
from watchkeeper.model import METRIC_NAME, Histogram, Labels, ResetHint

MEDIA_TYPE = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)

Sample = tuple[int, float | Histogram]
"""Unix ms and what stood there."""

_UNTYPED, _HISTOGRAM, _GAUGE_HISTOGRAM = 3, 4, 5
_QUALITY = re.compile(r"q=([0-9.]+)")


def prefers_protobuf(accept: str) -> bool:
    """True if an Accept header likes these messages no less than anything else it names."""
    best: dict[bool, float] = {}
    for part in accept.split(","):
        media = part.replace(" ", "").lower()
        is_ours = "/vnd.google.protobuf" in media and "encoding=delimited" in media
        given = _QUALITY.search(media)
        quality = float(given[1]) if given and given[1].count(".") < 2 else 1.0
        best[is_ours] = max(best.get(is_ours, 0.0), quality)
    return best.get(True, 0.0) > 0 and best[True] >= best.get(False, 0.0)


def messages(
    found: Mapping[Labels, Sample], labelled: Callable[[Labels], Iterable[tuple[str, str]]]
) -> bytes:
    """A family for each name and type, sorted by name. labelled: the labels that are shown.

    Histograms of custom bounds have no place in these messages and are left out.
    """
    rows = sorted(
        (dict(labels).get(METRIC_NAME, ""), _type_of(value), labels, ts_ms, value)
        for labels, (ts_ms, value) in found.items()
        if not (isinstance(value, Histogram) and value.custom_bounds)
    )
    families: list[bytes] = []
    for (name, kind), members in groupby(rows, key=lambda row: row[:2]):
        family = text_field(1, name) + number_field(3, kind)
        for *_, labels, ts_ms, value in members:
            family += bytes_field(4, _metric(labelled(labels), ts_ms, value))
        families.append(varint(len(family)) + family)
    return b"".join(families)


def _type_of(value: float | Histogram) -> int:
    if not isinstance(value, Histogram):
        return _UNTYPED
    return _GAUGE_HISTOGRAM if value.reset_hint is ResetHint.GAUGE else _HISTOGRAM


def _metric(labels: Iterable[tuple[str, str]], ts_ms: int, value: float | Histogram) -> bytes:
    pairs = b"".join(
        bytes_field(1, text_field(1, name) + text_field(2, text)) for name, text in labels
    )
    if isinstance(value, Histogram):
        content = bytes_field(7, _histogram(value))
    else:
        content = bytes_field(5, double_field(1, value))
    return pairs + content + number_field(6, ts_ms)


def _histogram(histogram: Histogram) -> bytes:
    return b"".join((
        double_field(2, histogram.sum),
        double_field(4, histogram.count),
        signed_field(5, histogram.schema),
        double_field(6, histogram.zero_threshold),
        double_field(8, histogram.zero_count),
        bucket_fields(histogram.negative, spans=9, counts=11),
        # An empty span tells a reader that there are no classic ones.
        bucket_fields(histogram.positive, spans=12, counts=14) or bytes_field(12, b""),
    ))  # fmt: skip
