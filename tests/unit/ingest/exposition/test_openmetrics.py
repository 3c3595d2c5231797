"""OpenMetrics is read as its specification has it, and never crashes the reader."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Enum, Histogram, Info, Summary
from prometheus_client.openmetrics.exposition import generate_latest

from tests.unit.ingest.exposition.reader import Reader
from watchkeeper.ingest.exposition import BadExposition, Format

WHOLE = """\
# TYPE requests counter
# HELP requests All of "them"\\n
requests_total{path="/"} 5 1700000000.123 # {trace_id="abc",span_id="1"} 0.5 1700000000
requests_created{path="/"} 1600000000
# TYPE latency_seconds histogram
# UNIT latency_seconds seconds
latency_seconds_bucket{le="1"} 1 # {trace_id="x"} 0.3
latency_seconds_bucket{le="+Inf"} 2
latency_seconds_count 2
latency_seconds_sum 1.5
# TYPE build info
build_info{version="1"} 1
# TYPE state stateset
state{state="on"} 1
state{state="off"} 0
# TYPE queue gaugehistogram
queue_bucket{le="+Inf"} 3
queue_gcount 3
queue_gsum 7
# TYPE s summary
s{quantile="0.5"} 1
s_count 1
s_sum 1
# TYPE u unknown
u 3
{"utf8.name","a.b"="c"} 4
# EOF
"""


def reader() -> Reader:
    return Reader(Format.OPENMETRICS)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_every_type_is_read(times: int) -> None:
    openmetrics = reader()
    for _ in range(times):
        found = openmetrics.series(WHOLE)
    assert found == {
        'requests_total{path="/"}': 5,
        'requests_created{path="/"}': 1_600_000_000,
        'latency_seconds_bucket{le="1.0"}': 1,
        'latency_seconds_bucket{le="+Inf"}': 2,
        "latency_seconds_count{}": 2,
        "latency_seconds_sum{}": 1.5,
        'build_info{version="1"}': 1,
        'state{state="on"}': 1,
        'state{state="off"}': 0,
        'queue_bucket{le="+Inf"}': 3,
        "queue_gcount{}": 3,
        "queue_gsum{}": 7,
        's{quantile="0.5"}': 1,
        "s_count{}": 1,
        "s_sum{}": 1,
        "u{}": 3,
        'utf8.name{a.b="c"}': 4,
    }
    assert len(openmetrics.learned) == len(found)
    assert openmetrics.found.timestamps == {0: 1_700_000_000_123}
    assert openmetrics.memory.metadata["requests"] == ("counter", 'All of "them"\n', "")


def test_a_time_beyond_all_calendars_does_not_fail_the_scrape() -> None:
    openmetrics = Reader(Format.OPENMETRICS)
    (sample, _) = openmetrics.read("a 1 12345678901234567890.5\nb 2\n# EOF\n")
    assert sample[2] == 2**53 * 1000


def test_an_exemplar_is_told_once_until_there_is_another() -> None:
    openmetrics = reader()
    line = 'a_total 1 # {{trace_id="{}"}} 0.5 1700000000.25\n# EOF\n'
    told = []
    for trace in ("x", "x", "y"):
        openmetrics.read(line.format(trace))
        told.append([(e.labels, e.value, e.ts_ms) for e in openmetrics.found.exemplars])
    assert told == [
        [({"trace_id": "x"}, 0.5, 1_700_000_000_250)],
        [],
        [({"trace_id": "y"}, 0.5, 1_700_000_000_250)],
    ]


def test_a_label_value_that_looks_like_an_exemplar_is_a_label_value() -> None:
    openmetrics = reader()
    for value in (1, 2):
        ((labels, found, _),) = openmetrics.read(f'a{{x="y # {{z=1}} 2"}} {value}\n# EOF\n')
        assert (labels["x"], found) == ("y # {z=1} 2", value)
        assert openmetrics.found.exemplars == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("a 1\n", "does not end with # EOF"),
        ("", "does not end with # EOF"),
        ("a 1# EOF", "does not end with # EOF"),
        ("a 1\n# EOF\nb 2\n# EOF\n", "after # EOF"),
        ("a 1\n# EOF\n\n", "does not end with # EOF"),
        ("a 1\n\n# EOF\n", "metric name"),
        (" a 1\n# EOF\n", "one space"),
        ("a  1\n# EOF\n", "one space"),
        ("a\t1\n# EOF\n", "one space"),
        ("a 1 \n# EOF\n", "one space"),
        ("a 1\r\n# EOF\n", "not a number"),
        ("a 1 2 3\n# EOF\n", "one space"),
        ("a\n# EOF\n", "one space"),
        ("a 1_0\n# EOF\n", "not a number"),
        ("a 1 NaN\n# EOF\n", "invalid timestamp"),
        ("a 1 Inf\n# EOF\n", "invalid timestamp"),
        ("a 1 # {} \n# EOF\n", "exemplar"),
        ("a 1 # {a=b} 1\n# EOF\n", "quoted value"),
        ('a 1 # {a="b",a="c"} 1\n# EOF\n', "set twice"),
        ('a 1 # {a="b"} 1 2 3\n# EOF\n', "exemplar"),
        ('a{x="1",x="2"} 1\n# EOF\n', "set twice"),
        ("# TYPE a gaug\n# EOF\n", "invalid metric type"),
        ("# TYPE a untyped\n# EOF\n", "invalid metric type"),
        ("# UNIT a_seconds bytes\n# EOF\n", "not a suffix"),
        ("# a comment\n# EOF\n", "expected HELP"),
        ("#TYPE a gauge\n# EOF\n", "expected HELP"),
        ("# TYPE a\n# EOF\n", "expected HELP"),
        (b'a{x="\xff"} 1\n# EOF\n', "UTF-8"),
    ],
)
def test_what_the_specification_forbids_fails(body: str | bytes, problem: str) -> None:
    with pytest.raises(BadExposition, match=problem):
        reader().read(body)


@pytest.mark.parametrize("bad", ["a 1 \n# EOF\n", "a 1 x\n# EOF\n", "a 1 # x\n# EOF\n"])
def test_a_known_series_does_not_make_a_bad_line_good(bad: str) -> None:
    openmetrics = reader()
    openmetrics.read("a 1\n# EOF\n")
    with pytest.raises(BadExposition):
        openmetrics.read(bad)


def test_an_empty_exposition_is_good() -> None:
    assert reader().read("# EOF\n") == []
    assert reader().read("# EOF") == []


def test_what_prometheus_client_writes_is_read() -> None:
    registry = CollectorRegistry()
    Counter("jobs", "Jobs.", ["kind"], registry=registry).labels("a b").inc(
        3, exemplar={"trace_id": "t1"}
    )
    Histogram("wait_seconds", "Wait.", registry=registry).observe(0.2, {"trace_id": "t2"})
    Summary("size_bytes", "Size.", registry=registry).observe(5)
    Info("build", "Build.", registry=registry).info({"version": "1"})
    Enum("phase", "Phase.", states=["on", "off"], registry=registry).state("off")
    body: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    openmetrics = reader()
    found = openmetrics.series(body)

    assert found['jobs_total{kind="a b"}'] == 3
    assert found['wait_seconds_bucket{le="0.25"}'] == 1
    assert found['phase{phase="off"}'] == 1
    assert found['build_info{version="1"}'] == 1
    assert {e.labels["trace_id"] for e in openmetrics.found.exemplars} == {"t1", "t2"}
    assert openmetrics.series(body) == found


TOKENS = st.sampled_from(
    ["a", "{", "}", '"', ",", "=", " ", "1", "# ", "# EOF\n", "\n", "# TYPE ", "counter", "\\", "e",
     "NaN", " # {", "_total", "\t", "\r", "é", "."]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(TOKENS, max_size=30).map("".join), min_size=1, max_size=3))
def test_nothing_crashes_the_reader(bodies: list[str]) -> None:
    openmetrics = reader()
    for body in bodies:
        with suppress(BadExposition):
            openmetrics.read(body if body.endswith("# EOF\n") else f"{body}\n# EOF\n")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    with suppress(BadExposition):
        reader().read(body + b"\n# EOF\n")
