"""The search language over stored issues and events, on both kinds of store."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from tests.fakes.house import PROJECT, SCOPE, House
from tests.unit.issues.events import OTHER_PROJECT, digested, error, span, titles
from watchkeeper.issues import IssueChange, IssueQuery, IssueStatus, SearchDraft
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Role, Scope, Severity
from watchkeeper.store.meta import tables

FRAMES = {"stacktrace": {"frames": [{"module": "m", "function": "charge", "in_app": True}]}}


def person(house: House, email: str, role: Role = Role.MEMBER) -> Scope:
    """Somebody of the organisation."""
    with house.meta.write() as conn:
        user = {"email": email, "name": email, "password_hash": "", "created_ms": 0}
        added = insert(tables.users).values(**user).returning(tables.users.c.id)
        user_id = int(conn.execute(added).scalar_one())
        conn.execute(
            insert(tables.members).values(org_id=1, user_id=user_id, role=role, created_ms=0)
        )
    return Scope(org_id=1, project_ids=(PROJECT,), role=role, user_id=user_id)


def shop(house: House) -> None:
    """Three issues: A old and handled, B of two people in staging, C new and unhandled."""
    digested(
        house,
        error(house, 1, "A", release="1.0", environment="prod", tags={"plan": "free"}),
    )
    house.clock.forward(3 * HOUR_MS)
    digested(
        house,
        error(
            house, 2, "B", release="1.1", environment="staging", transaction="/cart",
            user={"id": 1, "username": "ann"}, request={"url": "https://acme.io/cart?x=1"},
        ),
        error(
            house, 3, "B", release="1.1", environment="staging", user={"id": 2},
            contexts={"trace": {"trace_id": "c" * 32}, "browser": {"name": "Firefox"}},
        ),
        error(
            house, 4, "C", release="1.10", level="fatal", tags={"plan": "pro", "a b": "c d"},
            server_name="host-1", exception={"mechanism": {"handled": False}, **FRAMES},
        ),
    )  # fmt: skip
    house.clock.forward(MINUTE_MS)


FOUND = {
    "": "ABC",
    "is:unresolved": "ABC",
    "is:resolved": "",
    "is:unhandled": "C",
    "error.handled:yes": "AB",
    "!error.handled:yes": "C",
    "is:unassigned": "ABC",
    "level:fatal": "C",
    "!level:[fatal, info]": "AB",
    "severity:critical": "C",
    "type:A": "A",
    "type:[a*, C]": "AC",
    "first_release:1.0": "A",
    "release:1.1*": "BC",
    "release:latest": "C",
    "first_release:latest": "C",
    "environment:staging": "B",
    "!environment:staging": "AC",
    "!has:environment": "C",
    "env:prod release:1.0": "A",
    "env:prod release:1.1": "",
    "user.id:1": "B",
    "user.username:A*": "B",
    "has:user.id": "B",
    "transaction:/cart": "B",
    "url:cart?x": "B",
    "trace:" + "c" * 32: "B",
    "trace:cc*": "B",
    "id:" + f"{3:032x}": "B",
    "server_name:host-*": "C",
    "stack.function:charge": "C",
    "stack.function:CH*": "C",
    "stack.function:harg": "",
    "plan:pro": "C",
    "tag[plan]:[free, pro]": "AC",
    "!plan:pro": "AB",
    "has:plan": "AC",
    'tag[a b]:x': "",
    "browser.name:Fire*": "B",
    "message:HAPPENED": "ABC",
    "message:\"a happened\"": "A",
    "c happened": "C",
    "!happened": "",
    "WEB-2": "B",
    "events:2": "B",
    "events:>1": "B",
    "!events:>1": "AC",
    "users:>=2": "B",
    "first_seen:-1h": "BC",
    "first_seen:+1h": "A",
    "last_seen:>=2020-01-01": "ABC",
    "100%": "",
    "type:_": "",
}  # fmt: skip
"""Search → types of the issues that `shop` leaves it, in order."""


@pytest.mark.parametrize("back_ms", [6 * HOUR_MS, 7 * DAY_MS])
def test_a_search_finds_what_it_says(house: House, back_ms: int) -> None:
    shop(house)
    found = {
        text: "".join(sorted(titles(house, text=text, range=span(house, back_ms))))
        for text in FOUND
    }
    assert found == FOUND


def test_new_is_what_was_first_seen_in_the_range(house: House) -> None:
    shop(house)
    digested(house, error(house, 9, "A"))
    assert sorted(titles(house, text="is:new")) == ["B", "C"]
    assert sorted(titles(house)) == ["A", "B", "C"]


def test_my_issues_are_those_assigned_to_me(house: House) -> None:
    shop(house)
    ann = person(house, "Ann@acme.io")
    house.issues.change(ann, ["WEB-1"], IssueChange(assignee="me"), actor="ann")

    for text in ("is:for_me", "assigned:me", "is:assigned", "assigned:ann@*", "!assigned:none"):
        query = IssueQuery(range=span(house, DAY_MS), text=text)
        assert [one.type for one in house.issues.list(ann, query).issues] == ["A"]
    with pytest.raises(Invalid, match="no person"):
        titles(house, text="is:for_me")


def test_a_regression_is_found_as_one(house: House) -> None:
    shop(house)
    house.issues.change(SCOPE, ["WEB-1"], IssueChange(status=IssueStatus.RESOLVED), actor="ann")
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 9, "A"))
    assert titles(house, text="is:regressed") == ["A"]


def test_a_misspelt_key_is_pointed_at_when_nothing_is_found(house: House) -> None:
    shop(house)
    page = house.issues.list(SCOPE, IssueQuery(range=span(house, DAY_MS), text="enviroment:prod"))
    assert page.hints == ["No event has a tag enviroment. Did you mean environment:?"]


# Completion


def offered(house: House, text: str, scope: Scope = SCOPE) -> list[str]:
    found = house.issues.searches.complete(scope, text, len(text), span(house, DAY_MS))
    return [text[: found.start] + one.text + text[found.end :] for one in found.suggestions]


OFFERED = {
    "le": "level:",
    "is:new !rel": "is:new !release:",
    "pl": "platform:",
    "is:reg": "is:regressed ",
    "level:f": "level:fatal ",
    "env:sta": "env:staging ",
    "release:1.0": "release:1.0 ",
    "plan:p": "plan:pro ",
    "tag[plan]:f": "tag[plan]:free ",
    "tag[a b]:": "tag[a b]:",
    "type:[A,b": "type:[A,B ",
    "has:pla": "has:platform ",
    "user.id:": "user.id:1 ",
    "events:": "events:>1 ",
    "last_seen:": "last_seen:-1h ",
    "assigned:m": "assigned:me ",
    "stack.function:ch": "stack.function:charge ",
}
"""What is typed → the text with the first suggestion taken."""


def test_what_may_come_next_is_offered(house: House) -> None:
    shop(house)
    assert {text: (offered(house, text) or [text])[0] for text in OFFERED} == OFFERED


def test_tags_and_members_are_offered_and_only_those_of_the_project(house: House) -> None:
    shop(house)
    person(house, "ann@acme.io")
    assert "plan:" in offered(house, "pla")
    assert "tag[a b]:" in offered(house, "")
    assert "assigned:ann@acme.io " in offered(house, "assigned:an")
    assert offered(house, "plan:p", OTHER_PROJECT) == []
    assert offered(house, "type:A", OTHER_PROJECT) == []
    with pytest.raises(Invalid):
        house.issues.searches.complete(SCOPE, "a", 5, span(house))


# Kept searches


def test_searches_are_kept_shared_and_forgotten(house: House) -> None:
    ann, bob = person(house, "ann@acme.io"), person(house, "bob@acme.io")
    searches = house.issues.searches
    own = searches.add(
        ann, SearchDraft(name="Mine", query="is:for_me", is_default=True), actor="ann"
    )
    shared = searches.add(
        ann, SearchDraft(name="Cart", query="transaction:/cart", is_shared=True), actor="ann"
    )

    assert [one.name for one in searches.list(ann)] == ["Cart", "Mine"]
    assert [(one.name, one.is_own) for one in searches.list(bob)] == [("Cart", False)]
    assert searches.list(OTHER_PROJECT) == []
    for scope, number in ((bob, own.id), (OTHER_PROJECT, shared.id)):
        with pytest.raises(NotFound):
            searches.delete(scope, number)
    with pytest.raises(Forbidden):
        searches.delete(bob, shared.id)
    second = searches.add(ann, SearchDraft(name="B", query="", is_default=True), actor="ann")
    assert [one.id for one in searches.list(ann) if one.is_default] == [second.id]
    changed = searches.change(ann, own.id, SearchDraft(name="Renamed", query="is:new"))
    assert (changed.name, changed.query, changed.is_shared) == ("Renamed", "is:new", False)
    admin = person(house, "root@acme.io", Role.ADMIN)
    searches.delete(admin, shared.id)
    assert searches.list(bob) == []


def test_a_search_that_cannot_be_read_is_not_kept(house: House) -> None:
    with pytest.raises(Invalid):
        house.issues.searches.add(
            SCOPE, SearchDraft(name="x", query="is:nwe", is_shared=True), actor="ann"
        )
    with pytest.raises(Invalid, match="shared searches only"):
        house.issues.searches.add(SCOPE, SearchDraft(name="x", query=""), actor="token:ci")


def test_filters_beside_the_text_hold_as_well(house: House) -> None:
    shop(house)
    fields: list[dict[str, Any]] = [
        {"text": "is:unresolved", "severity": Severity.CRITICAL},
        {"text": "type:C", "release": "latest"},
    ]
    for given in fields:
        assert titles(house, range=span(house, DAY_MS), **given) == ["C"]
