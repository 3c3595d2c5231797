"""A project that changes its version of grouping: no issue splits, new faults are grouped anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.house import PROJECT, SCOPE, House, event_json
from tests.unit.issues.events import digested, span
from watchkeeper.access.repo import tenants
from watchkeeper.issues import IssueQuery
from watchkeeper.issues.grouping import LATEST
from watchkeeper.lib.clock import SECOND_MS


def failing(house: House, number: int, caller: str, line: str = "charge(cart)") -> bytes:
    """One fault in `pay`, reached from any caller: two groups by version 1, one by version 2."""
    frames = [
        {"module": "app", "function": caller, "in_app": True, "context_line": "pay(cart)"},
        {"module": "app", "function": "pay", "in_app": True, "context_line": line},
    ]
    exception: dict[str, Any] = {
        "type": "ValueError", "value": "no", "stacktrace": {"frames": frames},
    }  # fmt: skip
    stamp = house.clock() / SECOND_MS
    return event_json(number, timestamp=stamp, exception={"values": [exception]})


def choose(house: House, version: int) -> None:
    with house.meta.write() as conn:
        tenants.change_grouping(conn, PROJECT, version)


def counts(house: House) -> dict[str, int]:
    page = house.issues.list(SCOPE, IssueQuery(range=span(house)))
    return {one.short_id: one.events for one in page.issues}


def test_an_old_issue_goes_on_and_new_faults_are_one_by_their_place(house: House) -> None:
    choose(house, 1)
    digested(house, failing(house, 1, "web"), failing(house, 2, "api"))
    choose(house, 2)
    digested(house, failing(house, 3, "web"), failing(house, 4, "api"))
    other = "refund(cart)"
    digested(house, failing(house, 5, "cli", other), failing(house, 6, "job", other))
    digested(house, failing(house, 7, "cron", other))

    assert counts(house) == {"WEB-1": 2, "WEB-2": 2, "WEB-3": 3}
    assert house.issues.why(SCOPE, "WEB-1", "latest", "").event.version == 1
    told = house.issues.why(SCOPE, "WEB-3", "latest", "")
    assert (told.event.version, told.event.rule) == (2, "place")
    assert told.event.rule_text


def test_a_new_project_groups_by_the_latest_version(house: House) -> None:
    digested(house, failing(house, 1, "web"), failing(house, 2, "api"))

    assert counts(house) == {"WEB-1": 2}
    assert house.issues.why(SCOPE, "WEB-1", "latest", "").event.version == LATEST


def test_who_changes_back_keeps_the_issues_of_both_versions(house: House) -> None:
    choose(house, 2)
    digested(house, failing(house, 1, "web"), failing(house, 2, "api"))
    choose(house, 1)
    digested(house, failing(house, 3, "web"), failing(house, 4, "new"))
    digested(house, failing(house, 5, "web", "other()"), failing(house, 6, "api", "other()"))
    choose(house, 1)
    digested(house, failing(house, 7, "web", "other()"))

    assert counts(house) == {"WEB-1": 4, "WEB-2": 2, "WEB-3": 1}


@pytest.mark.parametrize("version", [0, 7])
def test_a_version_that_this_program_does_not_know_is_the_default(
    house: House, version: int
) -> None:
    choose(house, version)
    digested(house, failing(house, 1, "web"), failing(house, 2, "web"))

    assert counts(house) == {"WEB-1": 2}
