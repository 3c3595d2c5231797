"""What is known about an issue, and how many errors a project has."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from tests.fakes.house import PROJECT, SCOPE, House
from tests.fakes.spans import span_row
from tests.unit.issues.events import OTHER_PROJECT, digested, error, span
from watchkeeper.issues import ErrorFilter, GroupBy, Intent, IssueQuery, ResolvedIn
from watchkeeper.issues.rates import percent
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import TimeRange
from watchkeeper.store.meta import tables


def frames(*functions: str, file: str = "app/cart.py") -> dict[str, Any]:
    listed = [
        {"module": "app", "function": one, "filename": file, "in_app": True} for one in functions
    ]
    return {"stacktrace": {"frames": listed}}


def deployed(house: House, release: str, at_ms: int, **fields: Any) -> None:
    values = {
        "project_id": PROJECT, "deployment_id": f"{release}{at_ms}", "release": release,
        "environment": "prod", "name": "", "status": "success", "started_ms": at_ms,
        "url": "https://ci/7", "created_ms": at_ms, "updated_ms": at_ms,
    }  # fmt: skip
    with house.meta.write() as conn:
        conn.execute(insert(tables.deploys).values(**(values | fields)))


def committed(house: House, release: str, *files: str) -> None:
    with house.meta.write() as conn:
        values = {"project_id": PROJECT, "version": release, "created_ms": 1, "url": ""}
        added = insert(tables.releases).values(**values, ref="", commits=1)
        release_id = conn.execute(added.returning(tables.releases.c.id)).scalar_one()
        commit = {"release_id": release_id, "repository": "", "author_name": "Ann"}
        commit |= {"author_email": "ann@acme.io", "message": "Cart\n\nmore"}
        rows = [
            commit | {"position": n, "commit_id": f"{n:040x}", "files": [[path, "M"]]}
            for n, path in enumerate(files)
        ]
        conn.execute(insert(tables.release_commits), rows)


def test_facts_tell_releases_environments_and_the_edges(house: House) -> None:
    digested(house, error(house, 1, release="1.2", environment="prod"))
    house.clock.forward(2 * HOUR_MS)
    digested(house, *[error(house, n, release="1.10", environment="prod") for n in (2, 3)])
    digested(house, error(house, 4, release="1.9", environment="dev"))
    house.issues.acts.change(
        SCOPE, [1], None, actor="a", intent=Intent(resolve=ResolvedIn.RELEASE, release="1.10")
    )

    facts = house.issues.facts(SCOPE, "WEB-1")

    assert [(one.name, one.events) for one in facts.releases] == [
        ("1.10", 2),
        ("1.9", 1),
        ("1.2", 1),
    ]
    assert [(one.name, one.events) for one in facts.environments] == [("prod", 3), ("dev", 1)]
    assert (facts.first_release, facts.resolved_in, facts.stored_events) == ("1.2", "1.10", 4)
    assert facts.first_event_id == f"{1:032x}"
    assert facts.suspect_deploy is None
    assert list(facts.suspect_commits) == []
    with pytest.raises(NotFound):
        house.issues.facts(OTHER_PROJECT, 1)


def test_the_deploy_is_of_the_environment_in_which_it_began(house: House) -> None:
    now_ms = house.clock()
    deployed(house, "prod-7", now_ms - HOUR_MS)
    deployed(house, "dev-9", now_ms - MINUTE_MS, environment="dev")
    digested(house, error(house, 1, environment="prod"))
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 2, environment="dev"))

    first = house.issues.facts(SCOPE, "WEB-1").suspect_deploy
    house.issues.acts.change(SCOPE, [1], None, actor="a", intent=Intent(resolve=ResolvedIn.NOW))
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 3, environment="dev"))
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 4, environment="prod"))
    again = house.issues.facts(SCOPE, "WEB-1").suspect_deploy

    assert first is not None
    assert first.release == "prod-7"
    assert again is not None
    assert again.release == "dev-9"


def test_the_deploy_before_it_began_is_suspected_with_commits_that_touched_the_stack(
    house: House,
) -> None:
    now_ms = house.clock()
    deployed(house, "0.9", now_ms - HOUR_MS)
    deployed(house, "1.0", now_ms - MINUTE_MS)
    deployed(house, "1.1", now_ms - 1, status="failure")
    deployed(house, "1.2", now_ms + MINUTE_MS)
    deployed(house, "2.0", now_ms - 1, environment="staging")
    committed(house, "1.0", "src/app/cart.py", "docs/a.md", "app/other/cart.py")
    digested(house, error(house, 1, release="1.0", environment="prod", exception=frames("show")))

    facts = house.issues.facts(SCOPE, "WEB-1")

    assert facts.suspect_deploy is not None
    assert (facts.suspect_deploy.release, facts.suspect_deploy.before_ms) == ("1.0", MINUTE_MS)
    assert facts.suspect_deploy.is_of_first_release
    [commit] = facts.suspect_commits
    assert (commit.message, list(commit.files)) == ("Cart", ["src/app/cart.py"])
    house.clock.forward(2 * MINUTE_MS)
    [row] = house.issues.list(SCOPE, IssueQuery(range=span(house))).issues
    assert not row.is_since_deploy


def test_similar_issues_come_with_their_reasons(house: House) -> None:
    digested(
        house,
        error(house, 1, "CartError", exception=frames("main", "show", "total")),
        error(house, 2, "CartError", exception=frames("main", "show", "sum")),
        error(house, 3, "Unrelated", exception={"value": "x", **frames("other")}),
    )

    found = house.issues.similar(SCOPE, "WEB-1")

    [one] = found.issues
    assert (one.short_id, one.same_type, one.places) == ("WEB-2", True, ["main", "show"])
    assert one.score == pytest.approx(0.35 + 0.45 * 0.5 + 0.2)
    assert found.looked_at == 2
    with pytest.raises(NotFound):
        house.issues.similar(OTHER_PROJECT, 1)


def test_why_names_the_rule_the_parts_and_the_verdict(house: House) -> None:
    digested(
        house,
        error(house, 1, exception=frames("show")),
        error(house, 2, exception=frames("show")),
        error(house, 3, exception=frames("hide")),
        error(house, 4, fingerprint=["mine"]),
    )
    one, same, differs, own = (f"{n:032x}" for n in (1, 2, 3, 4))

    alone = house.issues.why(SCOPE, "WEB-1", one)
    assert (alone.verdict, alone.event.rule, alone.other) == ("same_hash", "place", None)
    assert [part.text for part in alone.event.parts] == ["type ValueError", "at app show"]
    assert not alone.event.is_recomputed
    assert house.issues.why(SCOPE, "WEB-1", one, same).verdict == "same_hash"
    apart = house.issues.why(SCOPE, "WEB-1", one, differs)
    assert (apart.verdict, apart.other and apart.other.short_id) == ("different", "WEB-2")
    assert [part.is_shared for part in apart.event.parts] == [True, False]
    assert "different rules" in house.issues.why(SCOPE, "WEB-1", one, own).sentence
    house.issues.acts.merge(SCOPE, "WEB-1", ["WEB-2"], actor="ann")
    assert house.issues.why(SCOPE, "WEB-1", one, differs).verdict == "merged"
    with pytest.raises(NotFound):
        house.issues.why(SCOPE, "WEB-1", one, "f" * 32)


def test_events_are_listed_page_by_page_and_filtered(house: House) -> None:
    for number in range(1, 6):
        digested(house, error(house, number, environment="prod" if number % 2 else "dev"))
        house.clock.forward(MINUTE_MS)

    first = house.issues.events(SCOPE, "WEB-1", span(house), limit=3)
    second = house.issues.events(
        SCOPE, "WEB-1", span(house), limit=3, cursor=first.next_cursor or ""
    )

    ids = [int(one.event_id, 16) for one in [*first.events, *second.events]]
    assert ids == [5, 4, 3, 2, 1]
    assert second.next_cursor is None
    some = house.issues.events(SCOPE, "WEB-1", span(house), text="env:dev")
    assert [int(one.event_id, 16) for one in some.events] == [4, 2]
    with pytest.raises(Invalid):
        house.issues.events(SCOPE, "WEB-1", span(house), cursor="x")


def test_all_values_of_a_tag_are_counted(house: House) -> None:
    tags: tuple[dict[str, str], ...] = ({"plan": "pro"}, {"plan": "pro"}, {"plan": "free"}, {})
    digested(house, *[error(house, n, tags=one) for n, one in enumerate(tags, 1)])

    found = house.issues.tag_values(SCOPE, "WEB-1", span(house), "plan")

    assert found.total == 3
    assert [(value, n) for value, n, _first, _last in found.values] == [("pro", 2), ("free", 1)]


# Rates


def some_errors(house: House) -> None:
    digested(
        house,
        error(house, 1, "A", transaction="/cart", user={"id": 1}, tags={"feature": "pay"}),
        error(house, 2, "A", transaction="/cart", user={"id": 2}, exception=frames("total")),
        error(house, 3, "B", transaction="/", level="fatal", release="1.0"),
        error(house, 4, "B", timestamp=(house.clock() - 90 * MINUTE_MS) / 1000),
    )


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        (GroupBy.ENDPOINT, [("/cart", 2, 0), ("/", 1, 0)]),
        (GroupBy.USER, [("id:1", 1, 0), ("id:2", 1, 0)]),
        (GroupBy.FEATURE, [("pay", 1, 0)]),
        (GroupBy.TYPE, [("A", 2, 0), ("B", 1, 1)]),
        (GroupBy.FUNCTION, [("total", 1, 0)]),
        (GroupBy.RELEASE, [("1.0", 1, 0)]),
    ],
)
def test_errors_are_counted_by_what_they_share(
    house: House, by: GroupBy, groups: list[tuple[str, int, int]]
) -> None:
    some_errors(house)

    found = house.issues.rates.groups(SCOPE, ErrorFilter(range=span(house)), by, buckets=6)

    assert [(one.value, one.events, one.previous_events) for one in found.groups] == groups
    assert (found.total, found.other) == (3, 3 - sum(one.events for one in found.groups))
    assert all(sum(one.series) == one.events for one in found.groups)
    assert 1 < len(found.times_ms) <= 6
    other = house.issues.rates.groups(OTHER_PROJECT, ErrorFilter(range=span(house)), by)
    assert (other.total, list(other.groups)) == (0, [])


def test_errors_by_severity_and_issue_have_names(house: House) -> None:
    some_errors(house)
    chosen = ErrorFilter(range=span(house, 3 * DAY_MS))

    severities = house.issues.rates.groups(SCOPE, chosen, GroupBy.SEVERITY)
    issues = house.issues.rates.groups(SCOPE, chosen, GroupBy.ISSUE, limit=1)

    assert [(one.value, one.events) for one in severities.groups] == [
        ("critical", 1), ("high", 0), ("medium", 3), ("low", 0),
    ]  # fmt: skip
    assert len(issues.groups) == 1
    assert issues.groups[0].short_id in {"WEB-1", "WEB-2", "WEB-3"}
    assert issues.other == 4 - issues.groups[0].events


def test_the_error_rate_is_errors_of_the_requests(house: House) -> None:
    some_errors(house)
    ts_ns = (house.clock() - MINUTE_MS) * 1_000_000
    rows = [
        span_row(
            span_id=f"{n:016x}", is_entry=True, transaction="/cart", route="/cart", ts_ns=ts_ns
        )
        for n in range(1, 7)
    ]
    house.acceptor().accept_spans_blocking(PROJECT, rows)
    house.digest().run_once()

    summary = house.issues.rates.summary(SCOPE, ErrorFilter(range=span(house)))
    by_endpoint = house.issues.rates.groups(SCOPE, ErrorFilter(range=span(house)), GroupBy.ENDPOINT)

    assert (summary.now.events, summary.before.events, summary.now.users) == (3, 1, 2)
    assert (summary.now.requests, summary.now.error_pct) == (6, 50.0)
    assert (summary.change_pct, sum(summary.events)) == (200.0, 3)
    assert by_endpoint.groups[0].error_pct == 33.33
    assert by_endpoint.groups[1].error_pct is None


def test_requests_of_a_long_range_are_counted_once_each(house: House) -> None:
    some_errors(house)
    now_ms = house.clock()
    rows = [
        span_row(
            span_id=f"{n:016x}",
            is_entry=n % 3 > 0,
            environment="production" if n % 2 else "staging",
            ts_ns=(now_ms - n * 7 * MINUTE_MS) * 1_000_000,
        )
        for n in range(1, 200)
    ]
    house.acceptor().accept_spans_blocking(PROJECT, rows)
    house.digest().run_once()

    for minutes in (150, 311, 700):
        start_ms = now_ms - minutes * MINUTE_MS
        for environment in ("", "staging"):
            held = [
                each
                for each in rows
                if start_ms <= each.ts_ns // 1_000_000 < now_ms
                and each.is_entry
                and environment in ("", each.environment)
            ]
            chosen = ErrorFilter(range=TimeRange(start_ms, now_ms), environment=environment)
            assert house.issues.rates.summary(SCOPE, chosen).now.requests == len(held)


@pytest.mark.parametrize(
    ("errors", "requests", "pct"), [(1, 3, 33.33), (0, 5, 0.0), (9, 3, 100.0), (1, 0, None)]
)
def test_percent(errors: int, requests: int, pct: float | None) -> None:
    assert percent(errors, requests) == pct
