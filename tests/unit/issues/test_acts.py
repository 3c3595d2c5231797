"""What people do to issues, and what brings an issue back by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.fakes.house import PROJECT, SCOPE, House
from tests.unit.issues.events import OTHER_PROJECT, VIEWER, digested, error, span, titles
from watchkeeper.issues import (
    Ignoring,
    Intent,
    IssueChange,
    IssueQuery,
    IssueStatus,
    ResolvedIn,
    SeverityRule,
)
from watchkeeper.issues.repo.returns import wake_due
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.lib.errors import Conflict, Forbidden, Invalid, NotFound
from watchkeeper.model import Role, Scope, Severity
from watchkeeper.store.meta import tables

ADMIN = Scope(org_id=1, project_ids=(PROJECT,), role=Role.ADMIN)
RESOLVE = IssueChange(status=IssueStatus.RESOLVED)


def status(house: House, issue: str = "WEB-1") -> IssueStatus:
    return house.issues.get(SCOPE, issue, span(house)).status


def resolve(house: House, kind: ResolvedIn, **fields: Any) -> None:
    house.issues.acts.change(
        SCOPE, ["WEB-1"], None, actor="ann", intent=Intent(resolve=kind, **fields)
    )


def ignore(house: House, ignoring: Ignoring, *, escalating: bool = False) -> None:
    intent = Intent(ignoring=ignoring, until_escalating=escalating)
    house.issues.acts.change(SCOPE, ["WEB-1"], None, actor="ann", intent=intent)


def comes(house: House, number: int, **fields: Any) -> IssueStatus:
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, number, **fields))
    return status(house)


def activity(house: House, issue: str = "WEB-1") -> list[str]:
    return [one.kind for one in house.issues.activity(SCOPE, issue)]


# Coming back


def test_resolved_in_the_next_release_only_a_later_release_brings_it_back(house: House) -> None:
    digested(house, error(house, 1, release="web@1.2.0"))
    resolve(house, ResolvedIn.NEXT_RELEASE)

    assert comes(house, 2, release="web@1.2.0") is IssueStatus.RESOLVED
    assert comes(house, 3, release="web@1.1.0") is IssueStatus.RESOLVED
    assert comes(house, 4) is IssueStatus.RESOLVED
    assert comes(house, 5, release="web@1.10.0") is IssueStatus.UNRESOLVED
    assert activity(house) == ["regressed", "status"]
    assert house.issues.get(SCOPE, "WEB-1", span(house)).resolution is None


def test_resolved_in_a_release_that_release_has_to_be_without_it(house: House) -> None:
    digested(house, error(house, 1, release="1.2.0"))
    resolve(house, ResolvedIn.RELEASE, release="1.3.0")

    assert comes(house, 2, release="1.2.9") is IssueStatus.RESOLVED
    assert comes(house, 3, release="1.3.0") is IssueStatus.UNRESOLVED


def test_releases_without_versions_go_by_when_they_were_first_seen(house: House) -> None:
    digested(house, error(house, 1, release="aaaa111"))
    house.clock.forward(2 * HOUR_MS)
    digested(house, error(house, 2, release="bbbb222"))
    resolve(house, ResolvedIn.NEXT_RELEASE)

    assert comes(house, 3, release="aaaa111") is IssueStatus.RESOLVED
    assert comes(house, 4, release="bbbb222") is IssueStatus.RESOLVED
    assert comes(house, 5, release="cccc333") is IssueStatus.UNRESOLVED


def test_resolved_in_a_commit_is_resolved_in_the_release_that_holds_it(house: House) -> None:
    digested(house, error(house, 1, release="1.0.0"))
    with house.meta.write() as conn:
        values = {"project_id": PROJECT, "version": "1.1.0", "created_ms": house.clock()}
        values |= {"url": "", "ref": "", "commits": 1}
        added = insert(tables.releases).values(**values).returning(tables.releases.c.id)
        release_id = conn.execute(added).scalar_one()
        commit = {"release_id": release_id, "position": 0, "commit_id": "deadbeef" * 5}
        commit |= {"repository": "", "message": "", "author_name": "", "author_email": ""}
        conn.execute(insert(tables.release_commits).values(**commit, files=[]))

    resolve(house, ResolvedIn.COMMIT, commit="deadbeef")

    found = house.issues.get(SCOPE, "WEB-1", span(house)).resolution
    assert found is not None
    assert (found.kind, found.release) == (ResolvedIn.RELEASE, "1.1.0")
    assert comes(house, 2, release="1.0.0") is IssueStatus.RESOLVED
    assert comes(house, 3, release="1.1.0") is IssueStatus.UNRESOLVED


def test_there_is_no_next_release_where_none_is_known(house: House) -> None:
    digested(house, error(house, 1))
    with pytest.raises(Invalid, match="set `release` in the SDK"):
        resolve(house, ResolvedIn.NEXT_RELEASE)
    with pytest.raises(Invalid, match="name the release"):
        resolve(house, ResolvedIn.RELEASE)
    with pytest.raises(Invalid, match="7 of its digits"):
        resolve(house, ResolvedIn.COMMIT, commit="abc")


def test_ignored_until_so_many_events(house: House) -> None:
    digested(house, error(house, 1))
    ignore(house, Ignoring(events=3))

    assert comes(house, 2) is IssueStatus.IGNORED
    assert comes(house, 3) is IssueStatus.IGNORED
    ignoring = house.issues.get(SCOPE, "WEB-1", span(house)).ignoring
    assert ignoring is not None
    assert ignoring.seen == 2
    assert comes(house, 4) is IssueStatus.UNRESOLVED
    assert activity(house) == ["unignored", "status"]
    assert house.issues.activity(SCOPE, "WEB-1")[0].facts["reason"] == "events"


def test_ignored_until_so_many_events_in_a_window(house: House) -> None:
    digested(house, error(house, 1))
    ignore(house, Ignoring(events=3, window_ms=10 * MINUTE_MS))

    for number in range(2, 6):
        house.clock.forward(9 * MINUTE_MS)
        assert comes(house, number) is IssueStatus.IGNORED
    assert comes(house, 6) is IssueStatus.IGNORED
    assert comes(house, 7) is IssueStatus.UNRESOLVED


def test_ignored_until_so_many_other_people(house: House) -> None:
    digested(house, error(house, 1, user={"id": 1}))
    ignore(house, Ignoring(users=2))

    assert comes(house, 2, user={"id": 1}) is IssueStatus.IGNORED
    assert comes(house, 3, user={"id": 1}) is IssueStatus.IGNORED
    assert comes(house, 4, user={"id": 2}) is IssueStatus.UNRESOLVED


def test_ignored_until_a_time_it_comes_back_by_itself(house: House) -> None:
    digested(house, error(house, 1))
    ignore(house, Ignoring(until_ms=house.clock() + HOUR_MS))

    with house.meta.write() as conn:
        assert wake_due(conn, house.clock()) == []
    house.clock.forward(HOUR_MS)
    with house.meta.write() as conn:
        assert wake_due(conn, house.clock()) == [(PROJECT, 1)]

    assert status(house) is IssueStatus.UNRESOLVED
    assert house.issues.activity(SCOPE, 1)[0].facts == {"reason": "until"}


def test_ignored_until_it_escalates_compares_with_the_week_before(house: House) -> None:
    digested(house, *[error(house, number) for number in range(1, 6)])
    house.clock.forward(HOUR_MS)
    ignore(house, Ignoring(), escalating=True)

    found = house.issues.get(SCOPE, "WEB-1", span(house)).ignoring
    assert found is not None
    assert (found.events, found.window_ms, found.is_escalating) == (15, HOUR_MS, True)
    digested(house, *[error(house, number) for number in range(10, 24)])
    assert status(house) is IssueStatus.IGNORED
    assert comes(house, 30) is IssueStatus.UNRESOLVED


# Severity


def test_a_severity_rule_decides_until_a_person_does(house: House) -> None:
    rules = [
        SeverityRule(query="environment:staging", severity=Severity.LOW),
        SeverityRule(query="type:Pay*", severity=Severity.CRITICAL),
    ]
    house.issues.searches.set_severity_rules(ADMIN, rules, actor="ann")
    digested(house, error(house, 1, "PayError"), error(house, 2, "Other"))

    assert house.issues.get(SCOPE, "WEB-1", span(house)).severity is Severity.CRITICAL
    assert house.issues.get(SCOPE, "WEB-1", span(house)).severity_by == "rule"
    assert house.issues.get(SCOPE, "WEB-2", span(house)).severity_by == "events"
    assert comes(house, 3, kind="PayError", environment="staging") is IssueStatus.UNRESOLVED
    assert house.issues.get(SCOPE, "WEB-1", span(house)).severity is Severity.LOW
    house.issues.change(SCOPE, ["WEB-1"], IssueChange(severity=Severity.HIGH), actor="ann")
    comes(house, 4, kind="PayError")
    found = house.issues.get(SCOPE, "WEB-1", span(house))
    assert (found.severity, found.severity_by) == (Severity.HIGH, "person")


def test_severity_rules_are_an_admin_s_and_must_be_readable(house: House) -> None:
    rule = SeverityRule(query="type:A", severity=Severity.LOW)
    with pytest.raises(Forbidden):
        house.issues.searches.set_severity_rules(SCOPE, [rule], actor="ann")
    wrong = SeverityRule(query="events:>3", severity=Severity.LOW)
    with pytest.raises(Invalid):
        house.issues.searches.set_severity_rules(ADMIN, [wrong], actor="ann")
    assert house.issues.searches.severity_rules(SCOPE) == []


# Many at once, and back


def test_what_a_search_finds_is_changed_and_taken_back(house: House) -> None:
    digested(house, *[error(house, n, f"Kind{n}") for n in range(1, 4)], error(house, 9, "Other"))
    query = IssueQuery(range=span(house), text="type:Kind*")

    done = house.issues.acts.change_found(SCOPE, query, RESOLVE, actor="ann")

    assert (done.issues, done.remaining) == (3, 0)
    assert titles(house, text="is:unresolved") == ["Other"]
    house.issues.change(SCOPE, ["WEB-2"], IssueChange(status=IssueStatus.IGNORED), actor="bob")
    assert done.undo is not None
    undone = house.issues.acts.undo(SCOPE, done.undo, actor="ann")
    assert (undone.issues, undone.kept) == (2, 1)
    assert status(house, "WEB-2") is IssueStatus.IGNORED
    assert sorted(titles(house, text="is:unresolved")) == ["Kind1", "Kind3", "Other"]
    assert activity(house, "WEB-1") == ["undone", "status"]
    with pytest.raises(NotFound):
        house.issues.acts.undo(SCOPE, done.undo, actor="ann")


def test_taking_back_is_for_who_did_it_and_for_an_hour(house: House) -> None:
    digested(house, error(house, 1))
    first = house.issues.acts.change(SCOPE, ["WEB-1"], RESOLVE, actor="ann").undo
    assert first is not None
    with pytest.raises(Forbidden):
        house.issues.acts.undo(SCOPE, first, actor="bob")
    with pytest.raises(NotFound):
        house.issues.acts.undo(OTHER_PROJECT, first, actor="ann")
    house.clock.forward(2 * HOUR_MS)
    with pytest.raises(NotFound, match="over an hour"):
        house.issues.acts.undo(SCOPE, first, actor="ann")


def test_a_change_that_contradicts_itself_is_refused(house: House) -> None:
    digested(house, error(house, 1))
    with pytest.raises(Invalid):
        house.issues.acts.change(
            SCOPE,
            ["WEB-1"],
            IssueChange(status=IssueStatus.IGNORED),
            actor="ann",
            intent=Intent(resolve=ResolvedIn.NOW),
        )
    with pytest.raises(Invalid, match="future"):
        ignore(house, Ignoring(until_ms=house.clock()))
    with pytest.raises(Invalid, match="no person"):
        house.issues.change(SCOPE, ["WEB-1"], IssueChange(assignee="me"), actor="ann")


# Merges


def two_issues(house: House) -> None:
    digested(
        house,
        error(house, 1, "A", user={"id": 1}, release="1.0"),
        error(house, 2, "A", user={"id": 2}),
    )
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 3, "B", user={"id": 1}, release="2.0"))


@pytest.mark.parametrize("back_ms", [HOUR_MS, 2 * DAY_MS])
def test_merged_issues_are_one_and_count_a_person_once(house: House, back_ms: int) -> None:
    two_issues(house)

    assert house.issues.acts.merge(SCOPE, "WEB-1", ["WEB-2", "WEB-1"], actor="ann").issues == 1

    for text in ("", "events:3", "users:2", "is:new"):
        page = house.issues.list(SCOPE, IssueQuery(range=span(house, back_ms), text=text))
        assert [(one.short_id, one.events, one.users, one.merged) for one in page.issues] == [
            ("WEB-1", 3, 2, 1)
        ]
    whole = house.issues.get(SCOPE, "WEB-2", span(house, back_ms))
    assert (whole.short_id, whole.total_events, whole.releases) == ("WEB-1", 3, ["2.0", "1.0"])
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 4, "B"))
    assert house.issues.get(SCOPE, "WEB-1", span(house, back_ms)).total_events == 4
    assert house.issues.status_counts(SCOPE)[IssueStatus.UNRESOLVED] == 1
    parts = house.issues.merged(SCOPE, "WEB-1")
    assert [(one.short_id, one.type, one.events) for one in parts.merged] == [("WEB-2", "B", 2)]
    assert len(parts.own_hashes) == len(parts.merged[0].hashes) == 1


def test_a_merge_is_undone_with_all_that_came_since(house: House) -> None:
    two_issues(house)
    house.issues.acts.merge(SCOPE, "WEB-1", ["WEB-2"], actor="ann")
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 4, "B"), error(house, 5, "A"))

    house.issues.acts.unmerge(SCOPE, "WEB-1", ["WEB-2"], actor="bob")

    counts = {
        name: house.issues.get(SCOPE, name, span(house)).total_events for name in ("WEB-1", "WEB-2")
    }
    assert counts == {"WEB-1": 3, "WEB-2": 2}
    assert activity(house, "WEB-1")[:2] == ["unmerged", "merged"]
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 6, "B"))
    assert house.issues.get(SCOPE, "WEB-2", span(house)).total_events == 3
    with pytest.raises(Conflict):
        house.issues.acts.unmerge(SCOPE, "WEB-1", ["WEB-2"], actor="bob")


def test_what_was_merged_into_a_merged_issue_stays_separable(house: House) -> None:
    two_issues(house)
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 7, "C"))
    house.issues.acts.merge(SCOPE, "WEB-2", ["WEB-1"], actor="ann")
    house.issues.acts.merge(SCOPE, "WEB-3", ["WEB-2"], actor="ann")
    assert len(house.issues.merged(SCOPE, "WEB-3").merged) == 2

    house.issues.acts.unmerge(SCOPE, "WEB-3", ["WEB-1"], actor="ann")
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 8, "A"), error(house, 9, "B"))

    assert house.issues.get(SCOPE, "WEB-1", span(house)).events == 3
    assert house.issues.get(SCOPE, "WEB-3", span(house)).events == 3


# Comments


def test_comments_are_written_changed_and_deleted_by_who_wrote_them(house: House) -> None:
    digested(house, error(house, 1))
    written = house.issues.acts.comment(SCOPE, "WEB-1", "rolled back", actor="ann")
    house.clock.forward(MINUTE_MS)
    changed = house.issues.acts.edit_comment(
        SCOPE, "WEB-1", written.id, "rolled back at 9", actor="ann"
    )

    assert house.issues.acts.comments(SCOPE, "WEB-1") == [changed]
    assert changed.edited_ms == house.clock()
    [line] = house.issues.activity(SCOPE, "WEB-1")
    assert (line.kind, line.facts["text"]) == ("comment", "rolled back at 9")
    with pytest.raises(Forbidden):
        house.issues.acts.edit_comment(SCOPE, "WEB-1", written.id, "x", actor="bob")
    with pytest.raises(Forbidden):
        house.issues.acts.delete_comment(SCOPE, "WEB-1", written.id, actor="bob")
    house.issues.acts.delete_comment(ADMIN, "WEB-1", written.id, actor="root")
    assert house.issues.acts.comments(SCOPE, "WEB-1") == []
    [line] = house.issues.activity(SCOPE, "WEB-1")
    assert line.facts == {"id": written.id, "is_deleted": True}


def test_acts_need_a_member_and_do_not_reach_another_project(house: House) -> None:
    two_issues(house)
    acts = house.issues.acts
    comment = acts.comment(SCOPE, "WEB-1", "x", actor="ann")
    with pytest.raises(Forbidden):
        acts.merge(VIEWER, "WEB-1", ["WEB-2"], actor="v")
    with pytest.raises(Forbidden):
        acts.comment(VIEWER, "WEB-1", "x", actor="v")
    with pytest.raises(Forbidden):
        acts.change(VIEWER, ["WEB-1"], RESOLVE, actor="v")
    with pytest.raises(NotFound):
        acts.merge(OTHER_PROJECT, "WEB-1", ["WEB-2"], actor="eve")
    with pytest.raises(NotFound):
        acts.comments(OTHER_PROJECT, "WEB-1")
    with pytest.raises(NotFound):
        acts.edit_comment(SCOPE, "WEB-2", comment.id, "y", actor="ann")
    query = IssueQuery(range=span(house))
    assert acts.change_found(OTHER_PROJECT, query, RESOLVE, actor="eve").issues == 0
    with house.meta.read() as conn:
        lines = [row.action for row in conn.execute(select(tables.audit_log))]
    assert lines == ["issue.comment"]


def test_what_is_kept_is_json(house: House) -> None:
    digested(house, error(house, 1, release="1.0"))
    resolve(house, ResolvedIn.NEXT_RELEASE)
    with house.meta.read() as conn:
        stored = conn.execute(select(tables.issues.c.resolution)).scalar_one()
    assert json.loads(json.dumps(stored))["kind"] == "next_release"
