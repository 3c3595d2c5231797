"""Names as Prometheus's OTLP receiver gives them."""

from __future__ import annotations

import pytest

from watchkeeper.app.options import OTLP_STRATEGIES, OtlpSettings
from watchkeeper.ingest.protocols.otlp.metrics.naming import MetricKind, Naming

ESCAPED, PLAIN_ESCAPED, UTF8, UNTOUCHED = (Naming.of(strategy) for strategy in OTLP_STRATEGIES)
COUNTER, GAUGE, HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM


@pytest.mark.parametrize(
    ("name", "unit", "kind", "wanted"),
    [
        ("system.disk.io", "By", COUNTER, "system_disk_io_bytes_total"),
        ("a__b..c", "", GAUGE, "a_b_c"),
        ("unsupported.metric.temperature", "°F", GAUGE, "unsupported_metric_temperature_F"),
        ("requests", "{request}/s", GAUGE, "requests_per_second"),
        ("speed", "By/s", GAUGE, "speed_bytes_per_second"),
        ("speed", "km/h", GAUGE, "speed_km_per_hour"),
        ("memory.bytes.used", "By", GAUGE, "memory_bytes_used"),
        ("requests.total", "1", COUNTER, "requests_total"),
        ("total.requests", "", COUNTER, "requests_total"),
        ("hit.ratio", "1", GAUGE, "hit_ratio"),
        ("cpu.usage", "%", GAUGE, "cpu_usage_percent"),
        ("took", "ms", HISTOGRAM, "took_milliseconds"),
        ("2xx", "", COUNTER, "_2xx_total"),
        (":rule:level", "", GAUGE, ":rule:level"),
        ("Überlauf", "", GAUGE, "berlauf"),
        ("日本", "", GAUGE, ""),
        ("", "", GAUGE, ""),
    ],
)
def test_metric_names_have_units_and_suffixes(
    name: str, unit: str, kind: MetricKind, wanted: str
) -> None:
    assert ESCAPED.metric(name, unit, kind) == wanted


@pytest.mark.parametrize(
    ("naming", "wanted"),
    [
        (ESCAPED, "http_requests_bytes_per_second_total"),
        (PLAIN_ESCAPED, "http_requests"),
        (UTF8, "http.requests_bytes_per_second_total"),
        (UNTOUCHED, "http.requests"),
    ],
)
def test_strategies_differ_in_escaping_and_suffixes(naming: Naming, wanted: str) -> None:
    assert naming.metric("http.requests", "By/s", COUNTER) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("http.method", "http_method"),
        ("a..b", "a__b"),
        ("0x", "key_0x"),
        ("_private", "key_private"),
        ("__name", "__name"),
        ("ключ", ""),
        ("", ""),
    ],
)
def test_label_names_are_escaped(name: str, wanted: str) -> None:
    assert ESCAPED.label(name) == wanted


def test_label_names_in_utf8_stay() -> None:
    assert (UTF8.label("http.method"), UTF8.label("___")) == ("http.method", "")


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [("By/s", "bytes_per_second"), ("{x}", ""), ("1", ""), ("m/s", "meters_per_second")],
)
def test_units_of_metadata_are_words(unit: str, wanted: str) -> None:
    assert ESCAPED.unit(unit) == wanted


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="translation_strategy must be one of Underscore"):
        OtlpSettings(translation_strategy="Hyphens")
