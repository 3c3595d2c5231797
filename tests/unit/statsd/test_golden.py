"""Datagrams captured from real clients (the file's name tells which), read as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.statsd.lines import Lines

CAPTURED = Path(__file__).parents[2] / "golden" / "wire" / "statsd"
"""Each file: the datagrams of one run of that client, a zero byte between them."""


def read(name: str) -> Lines:
    lines = Lines()
    for datagram in (CAPTURED / name).read_bytes().split(b"\0"):
        lines.aggregator.feed(datagram, lines.clock())
    return lines


@pytest.mark.parametrize(
    ("name", "refused", "expected"),
    [
        (
            "hot-shots-17.1.1.bin",
            {},
            {
                'sigma_playground_workbook_views{user_id="u7",workbook_id="w1"}': 3.0,
                'sigma_playground_workbook_load_time_sum{workbook_id="w1"}': 0.32,
                "sigma_playground_queue_delta": 7.0,
                "sigma_playground_sampled": 5.0,
                'service_check_status{check="sigma_playground.db.up",env="prod",host="db-1"}': 1.0,
            },
        ),
        (
            "datadog-0.56.0.bin",
            {},
            {
                'page_views{env="prod",page="home"}': 4.0,
                'depth{env="prod"}': 9.0,
                'past{env="prod"}': 3.0,
                'past_count{env="prod"}': 3.0,
                'took_sum{env="prod"}': 0.25,
                'service_check_status{check="db.up",db="a",env="prod",host="db-1"}': 2.0,
            },
        ),
        (
            "statsd-4.0.1.bin",
            {"negative_counter": 1},
            {
                "py_hits": 3.0,
                "py_temperature": -5.0,
                "py_level": 4.0,
                "py_took_sum": 1.5005,
                "py_a": 1.0,
                "py_b": 1.0,
            },
        ),
    ],
)
def test_what_a_client_sends_is_understood(
    name: str, refused: dict[str, int], expected: dict[str, float]
) -> None:
    lines = read(name)

    assert lines.refused == refused
    values = lines.values()
    assert {series: values[series] for series in expected} == expected


def test_an_event_of_each_client_is_a_log_line() -> None:
    bodies = [
        row.body
        for name in ("hot-shots-17.1.1.bin", "datadog-0.56.0.bin")
        for row in read(name).harvest().messages
    ]

    assert bodies == [
        "sigma_playground.deployed\nversion 1.2",
        "sigma_playground.db.up: slow",
        "Deploy\ntwo\nlines",
        "db.up: away",
    ]
