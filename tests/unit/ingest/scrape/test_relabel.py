"""Relabelling does what Prometheus does, action by action."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from watchkeeper.ingest.scrape import parse_config
from watchkeeper.ingest.scrape.relabel import RelabelStep, relabel


def step(text: str) -> RelabelStep:
    source = f"scrape_configs: [{{job_name: j, relabel_configs: [{text}]}}]"
    return parse_config(source).jobs[0].relabel[0]


LABELS = {"a": "foo", "b": "bar", "c": "baz", "__meta_x_y": "z"}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("{source_labels: [a], regex: 'f(.*)', target_label: d, replacement: 'ch${1}-ch$1'}", {"d": "choo-choo"}),
        ("{source_labels: [a, b], regex: '(.*);(.*)', target_label: d, replacement: '$2$1'}", {"d": "barfoo"}),
        ("{source_labels: [a, b], separator: '-', target_label: d}", {"d": "foo-bar"}),
        ("{source_labels: [a], regex: nomatch, target_label: d, replacement: x}", {}),
        ("{source_labels: [a], regex: 'fo', target_label: d, replacement: x}", {}),
        ("{source_labels: [a], target_label: b, replacement: ''}", {"b": None}),
        ("{target_label: d, replacement: const}", {"d": "const"}),
        ("{source_labels: [a], regex: '(f).*', target_label: '${1}oo', replacement: v}", {"foo": "v"}),
        ("{source_labels: [a], regex: '(?P<n>fo+)', target_label: d, replacement: '$n'}", {"d": "foo"}),
        ("{source_labels: [a], regex: f.., action: keep}", {}),
        ("{source_labels: [a], regex: f.., action: drop}", None),
        ("{source_labels: [nope], regex: x, action: keep}", None),
        ("{source_labels: [nope], regex: '', action: drop}", None),
        ("{source_labels: [c], target_label: d, action: hashmod, modulus: 1000}", {"d": "976"}),
        ("{regex: '__meta_(.*)_(.*)', action: labelmap, replacement: '${2}_$1'}", {"y_x": "z"}),
        ("{regex: '[ab]', action: labeldrop}", {"a": None, "b": None}),
        ("{regex: '[ab]', action: labelkeep}", {"c": None, "__meta_x_y": None}),
        ("{source_labels: [a], target_label: A, action: uppercase}", {"A": "FOO"}),
        ("{source_labels: [a], target_label: A, action: Lowercase}", {"A": "foo"}),
        ("{source_labels: [a], target_label: b, action: keepequal}", None),
        ("{source_labels: [a], target_label: a, action: keepequal}", {}),
        ("{source_labels: [a], target_label: a, action: dropequal}", None),
    ],
)  # fmt: skip
def test_an_action(text: str, changed: dict[str, str | None] | None) -> None:
    found = relabel(dict(LABELS), [step(text)])
    if changed is None:
        assert found is None
        return
    merged = {**LABELS, **changed}
    assert found == {name: value for name, value in merged.items() if value}
