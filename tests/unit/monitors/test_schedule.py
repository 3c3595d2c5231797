"""When jobs are due: crontab lines and intervals, across clock changes and month ends."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.monitors.schedule import MonitorConfig, config_of


def config(schedule: dict[str, Any], **fields: Any) -> MonitorConfig:
    return config_of(json.dumps({"schedule": schedule, **fields}))


def crontab(value: str, **fields: Any) -> MonitorConfig:
    return config({"type": "crontab", "value": value}, **fields)


def at(text: str, zone: str = "UTC") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("line", "after", "expected"),
    [
        ("0 2 * * *", "2026-11-21T02:00", "2026-11-22T02:00"),
        ("*/10 * * * *", "2026-11-21T02:03", "2026-11-21T02:10"),
        ("0 9 * * MON-FRI", "2026-11-20T09:00", "2026-11-23T09:00"),
        ("@daily", "2026-11-21T02:00", "2026-11-22T00:00"),
        ("0  0   1 * *", "2026-12-31T23:59", "2027-01-01T00:00"),
        ("0 0 29 2 *", "2026-11-21T00:00", "2028-02-29T00:00"),
    ],
)
def test_a_crontab_line_is_due(line: str, after: str, expected: str) -> None:
    assert crontab(line).next_ms(at(after)) == at(expected)


def test_a_crontab_line_keeps_the_wall_clock_of_its_zone() -> None:
    nightly = crontab("0 2 * * *", timezone="Europe/Vienna")
    before, after = at("2026-10-24T02:00", "Europe/Vienna"), at("2026-10-26T02:00", "Europe/Vienna")

    first = nightly.next_ms(before)
    assert first is not None
    assert nightly.next_ms(first) == after


@pytest.mark.parametrize(
    ("every", "unit", "after", "expected"),
    [
        (10, "minute", "2026-11-21T02:03", "2026-11-21T02:13"),
        (2, "hours", "2026-11-21T23:30", "2026-11-22T01:30"),
        (1, "month", "2026-01-31T08:00", "2026-02-28T08:00"),
        (1, "year", "2028-02-29T08:00", "2029-02-28T08:00"),
        (2, "week", "2026-11-21T08:00", "2026-12-05T08:00"),
    ],
)
def test_an_interval_is_due(every: int, unit: str, after: str, expected: str) -> None:
    interval = config({"type": "interval", "value": every, "unit": unit})
    assert interval.next_ms(at(after)) == at(expected)


def test_days_of_an_interval_are_days_of_the_calendar() -> None:
    daily = config({"type": "interval", "value": 1, "unit": "day"}, timezone="Europe/Vienna")
    monday = at("2026-03-28T09:00", "Europe/Vienna")
    assert daily.next_ms(monday) == at("2026-03-29T09:00", "Europe/Vienna")


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        (b'{"schedule":{"type":"crontab","value":"every day"}}', "crontab"),
        (b'{"schedule":{"type":"crontab","value":"* * * * * *"}}', "five fields"),
        (b'{"schedule":{"type":"crontab","value":"0 0 31 2 *"}}', "crontab"),
        (b'{"schedule":{"type":"interval","value":0,"unit":"day"}}', "interval"),
        (b'{"schedule":{"type":"interval","value":5,"unit":"moons"}}', "interval"),
        (b'{"schedule":{"type":"moon","value":5}}', "moon"),
        (b'{"schedule":{"type":"crontab","value":"* * * * *"},"timezone":"Mars/X"}', "time zone"),
        (b"[1]", "monitor_config"),
        (b"{", "monitor_config"),
    ],
)
def test_what_cannot_be_read_says_why_and_is_never_due(sent: bytes, word: str) -> None:
    read = config_of(sent)
    assert read.schedule is None
    assert word in read.error
    assert read.next_ms(0) is None


def test_margins_are_those_told_or_sentrys_defaults() -> None:
    plain = crontab("* * * * *")
    told = crontab("* * * * *", checkin_margin=5, max_runtime=90)
    odd = crontab("* * * * *", checkin_margin=0, max_runtime=10**9)

    assert (plain.margin_min, plain.max_runtime_min) == (1, 30)
    assert (told.margin_min, told.max_runtime_min) == (5, 90)
    assert (odd.margin_min, odd.max_runtime_min) == (1, 30)


_JSON = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
_CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "schedule": st.fixed_dictionaries(
            {"type": st.sampled_from(["crontab", "interval"]) | st.text()},
            optional={
                "value": st.text("0159*/,-LW# ", max_size=20) | st.integers() | st.none(),
                "unit": st.sampled_from(["day", "month", "year"]) | st.text(),
            },
        )
        | _JSON,
        "timezone": st.sampled_from(["UTC", "Asia/Kolkata", "../etc"]) | _JSON,
        "checkin_margin": _JSON,
        "max_runtime": _JSON,
    },
)


@given(_CONFIGS)
def test_no_config_breaks_it(sent: dict[str, Any]) -> None:
    read = config_of(json.dumps(sent))
    due_ms = read.next_ms(at("2026-11-21T00:00"))
    assert due_ms is None or due_ms > at("2026-11-21T00:00")
