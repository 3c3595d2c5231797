"""Native histograms in the JSON of the Prometheus API."""

from __future__ import annotations

import json

import pytest

from tests.promqltest.series import parse_histogram
from watchkeeper.api.compat.prometheus_histograms import histogram_text
from watchkeeper.api.compat.prometheus_json import query_data
from watchkeeper.model import Role, Scope, labels_of
from watchkeeper.query.promql import Engine, MemorySource

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "{{schema:0 count:12 sum:18.4 z_bucket:2 z_bucket_w:0.001 buckets:[1 0 9] "
            "n_buckets:[1.5]}}",
            '{"count":"12","sum":"18.4","buckets":[[1,"-1","-0.5","1.5"],[3,"-0.001","0.001","2"],'
            '[0,"0.5","1","1"],[0,"2","4","9"]]}',
        ),
        (
            "{{schema:-53 count:3 sum:1e25 custom_values:[-1 2] buckets:[1 1 1]}}",
            '{"count":"3","sum":"1e+25","buckets":[[3,"-Inf","-1","1"],[0,"-1","2","1"],'
            '[0,"2","+Inf","1"]]}',
        ),
        ("{{}}", '{"count":"0","sum":"0"}'),
        ("{{schema:0 count:NaN sum:-Inf buckets:[0]}}", '{"count":"NaN","sum":"-Inf"}'),
    ],
)
def test_a_histogram_is_written_as_prometheus_does(text: str, shown: str) -> None:
    assert histogram_text(parse_histogram(text)) == shown
    json.loads(shown)


@pytest.fixture
def engine() -> Engine:
    source = MemorySource()
    one = parse_histogram("{{schema:0 count:1 sum:1 buckets:[1]}}")
    two = parse_histogram("{{schema:0 count:2 sum:2 buckets:[2]}}")
    source.append(
        labels_of({"__name__": "m", "k": "both"}), [(0, 1.5), (60_000, one), (120_500, two)]
    )
    source.append(labels_of({"__name__": "m", "k": "float"}), [(0, 3.0), (60_000, 4.0)])
    return Engine(source)


def test_a_vector_has_values_and_histograms(engine: Engine) -> None:
    body, cut = query_data(engine.instant(SCOPE, "m", 60_000), with_stats=False, limit=0)
    data = json.loads(body)

    assert not cut
    assert data["resultType"] == "vector"
    assert data["result"] == [
        {
            "metric": {"__name__": "m", "k": "both"},
            "histogram": [60, {"count": "1", "sum": "1", "buckets": [[0, "0.5", "1", "1"]]}],
        },
        {"metric": {"__name__": "m", "k": "float"}, "value": [60, "4"]},
    ]


def test_a_series_has_its_floats_beside_its_histograms(engine: Engine) -> None:
    body, _ = query_data(engine.instant(SCOPE, "m[3m]", 120_500), with_stats=False, limit=0)
    both, floats = json.loads(body)["result"]

    assert both["values"] == [[0, "1.5"]]
    assert [point[0] for point in both["histograms"]] == [60, 120.5]
    assert both["histograms"][1][1]["count"] == "2"
    assert list(floats) == ["metric", "values"]


def test_a_limit_cuts_series_off(engine: Engine) -> None:
    body, cut = query_data(engine.range(SCOPE, "m", 0, 60_000, 60_000), with_stats=False, limit=1)

    assert cut
    assert [row["metric"]["k"] for row in json.loads(body)["result"]] == ["both"]
