"""Labels are matched and replaced by RE2: as Go does it, and never for ever."""

from __future__ import annotations

import pytest

from watchkeeper.model import Role, Scope, labels_of
from watchkeeper.query.promql import Engine, MemorySource, Vector

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)


def labels_after(query: str, value: str) -> dict[str, str]:
    """The labels of the one series that the query makes of `m{l=value}`."""
    source = MemorySource()
    source.append(labels_of({"__name__": "m", "l": value}), [(0, 1.0)])
    answer = Engine(source).instant(SCOPE, query, 0).value
    assert isinstance(answer, Vector)
    assert len(answer.labels) == 1
    return dict(answer.labels[0])


def test_everyday_patterns_run() -> None:
    query = 'label_replace(m, "x", "$2", "l", "([^.]+)\\\\.(.*)(:[0-9]+)?")'

    assert labels_after(query, "node-1.example.com:9100")["x"] == "example.com:9100"


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "((a+)b?)+c", "(.*)(.*)(.*)(.*)(.*)x"])
def test_a_pattern_that_would_backtrack_for_ever_answers(pattern: str) -> None:
    query = f'label_replace(m{{l!~"{pattern}"}}, "x", "$1", "l", "{pattern}")'

    assert labels_after(query, "a" * 5000) == {"__name__": "m", "l": "a" * 5000}
