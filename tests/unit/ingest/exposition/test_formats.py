"""What is asked for, and what an answer's Content-Type makes of it."""

from __future__ import annotations

import pytest

from watchkeeper.ingest.exposition import (
    DEFAULT_PROTOCOLS,
    BadExposition,
    Format,
    Protocol,
    accept_header,
    format_bound,
    format_of,
)


def test_formats_are_asked_for_in_order_as_prometheus_3_does() -> None:
    assert accept_header(DEFAULT_PROTOCOLS, escaping="allow-utf-8") == (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    )


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain; version=0.0.4; charset=utf-8", Format.TEXT),
        ("TEXT/PLAIN", Format.TEXT),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", Format.OPENMETRICS),
        (
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            " encoding=delimited",
            Format.PROTOBUF,
        ),
    ],
)
def test_a_known_type_says_the_format(content_type: str, expected: Format) -> None:
    assert format_of(content_type, Protocol.PROTOBUF) is expected


@pytest.mark.parametrize(
    ("content_type", "problem"),
    [("", "blank Content-Type"), ("text/html", "unsupported"), ("???", "cannot parse")],
)
def test_another_type_needs_a_fallback(content_type: str, problem: str) -> None:
    assert format_of(content_type, Protocol.OPENMETRICS_0_0_1) is Format.OPENMETRICS
    with pytest.raises(BadExposition, match=f"{problem}.*fallback_scrape_protocol"):
        format_of(content_type, None)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (1, "1.0"), (0, "0.0"), (-1, "-1.0"), (10, "10.0"), (0.1, "0.1"), (123456, "123456.0"),
        (1e6, "1e+06"), (1234567, "1.234567e+06"), (0.0001, "0.0001"), (0.00001, "1e-05"),
        (1e21, "1e+21"), (2.5, "2.5"), (float("inf"), "+Inf"), (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_bounds_are_spelled_as_go_spells_floats(value: float, spelled: str) -> None:
    assert format_bound(value) == spelled
