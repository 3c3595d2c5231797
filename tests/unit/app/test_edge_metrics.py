from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from watchkeeper.app.edge_metrics import merge_expositions

EDGE = b"""# HELP x_total Things.
# TYPE x_total counter
x_total{kind="a"} 1.0
# HELP up_seconds Age.
# TYPE up_seconds gauge
up_seconds 3.0
"""
ENGINE = b"""# HELP x_total Things.
# TYPE x_total counter
x_total{kind="a",path="{b} c"} 2.0
# HELP only_here Value.
# TYPE only_here gauge
only_here 7.0
"""


def test_families_of_two_processes_stand_under_one_heading() -> None:
    text = merge_expositions({"edge": EDGE, "engine": ENGINE}).decode()

    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert text.count("# TYPE x_total counter") == 1
    assert [(each.labels, each.value) for each in families["x"].samples] == [
        ({"process": "edge", "kind": "a"}, 1.0),
        ({"process": "engine", "kind": "a", "path": "{b} c"}, 2.0),
    ]
    assert families["up_seconds"].samples[0].labels == {"process": "edge"}
    assert families["only_here"].samples[0].labels == {"process": "engine"}
