"""/api/v1/rules a page at a time."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from watchkeeper.api.compat import Params, page_of_groups
from watchkeeper.api.compat.prometheus_params import BadParameter

GROUPS = [{"file": f, "name": n} for f, n in (("b", "x"), ("a", "z"), ("a", "y"), ("c", "w"))]


def page(query: str) -> dict[str, object]:
    return page_of_groups(GROUPS, Params.of(query, ""))


def names(answer: dict[str, object]) -> str:
    groups = answer["groups"]
    assert isinstance(groups, list)
    return "".join(group["name"] for group in groups)


def test_without_a_limit_all_groups_come_by_file_and_name() -> None:
    assert names(page("")) == "yzxw"
    assert "groupNextToken" not in page("")


def test_pages_follow_each_other_until_there_is_none() -> None:
    first = page("group_limit=3")
    assert names(first) == "yzx"
    last = page(f"group_limit=3&group_next_token={first['groupNextToken']}")
    assert names(last) == "w"
    assert "groupNextToken" not in last
    assert "groupNextToken" not in page("group_limit=4")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("group_limit=x", "needs to be a valid number"),
        ("group_limit=0", "needs to be greater than 0"),
        ("group_next_token=x", "group_limit needs to be present"),
        (f"group_limit=1&group_next_token={quote('of before')}", "were rule groups changed?"),
    ],
)
def test_what_cannot_be_turned_to(query: str, problem: str) -> None:
    with pytest.raises(BadParameter, match=problem.replace("?", r"\?")):
        page(query)
