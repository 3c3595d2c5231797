"""Releases make themselves, tools fill them, and deploys are noted as they go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.fakes.house import SCOPE, event_json
from tests.fakes.spans import span_row
from tests.unit.artifacts.conftest import Works, open_works
from watchkeeper.artifacts import (
    Commit,
    DeployChange,
    DeployStatus,
    Release,
    ReleaseChange,
    ReleaseQuery,
    UnreadReleases,
)
from watchkeeper.artifacts.releases import suspects_of
from watchkeeper.issues import IssueChange, IssueStatus
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Kind, Role, Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

HOUR = 3_600_000
RIVAL = Scope(org_id=1, project_ids=(2,), role=Role.OWNER)
VIEWER = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)


@pytest.fixture
def works(meta: Meta, tmp_path: Path, empty_columns: Columns) -> Iterator[Works]:
    """On both databases."""
    with open_works(tmp_path, meta, empty_columns) as opened:
        yield opened


def page(works: Works, **fields: object) -> list[Release]:
    now_ms = works.house.clock()
    query = ReleaseQuery(range=TimeRange(now_ms - 24 * HOUR, now_ms + HOUR), **fields)  # type: ignore[arg-type]
    return works.releases.page(SCOPE, query)[0]


def test_a_release_is_made_by_its_first_error_and_seen_until_its_last(works: Works) -> None:
    house = works.house
    first_s = house.clock() / 1_000 - 60
    for number, at_s in ((1, first_s), (2, first_s + 30), (3, first_s - 30)):
        user = {"id": str(number % 2)}
        house.receive([event_json(number, release="shop@1", timestamp=at_s, user=user)])
        house.digest().run_once()

    (release,) = page(works)

    assert release.version == "shop@1"
    assert release.first_seen_ms == round((first_s - 30) * 1_000)
    assert release.last_seen_ms == round((first_s + 30) * 1_000)
    assert (release.new_issues, release.events, release.users) == (1, 3, 2)
    assert release.health is None


def test_spans_make_releases_too(works: Works) -> None:
    house = works.house
    rows = [span_row(release="api@7", ts_ns=house.clock() * 1_000_000)]
    house.receive([msgspec.msgpack.encode(rows)], Kind.SPANS)
    house.digest().run_once()
    seen = UnreadReleases(house.columns, house.meta, house.clock)

    assert (seen.run_once(), seen.run_once()) == (1, 1)
    assert [one.version for one in page(works)] == ["api@7"]
    house.clock.forward(HOUR)
    assert (seen.run_once(), seen.run_once()) == (1, 0), "what is older was looked at"


def test_an_issue_that_comes_back_counts_in_its_new_release(works: Works) -> None:
    house = works.house
    house.receive([event_json(1, release="shop@1", timestamp=house.clock() / 1_000)])
    house.digest().run_once()
    works.issues().change(SCOPE, ["WEB-1"], IssueChange(status=IssueStatus.RESOLVED), actor="ada")
    house.clock.forward(HOUR)
    house.receive([event_json(2, release="shop@2", timestamp=house.clock() / 1_000)])
    house.digest().run_once()

    counted = {one.version: (one.new_issues, one.regressions) for one in page(works)}

    assert counted == {"shop@1": (1, 0), "shop@2": (0, 1)}


def test_another_project_s_releases_stay_its_own(works: Works) -> None:
    works.releases.put(SCOPE, "shop@1")
    works.releases.set_commits(SCOPE, "shop@1", [Commit(id="a1")])
    works.releases.put_deploy(SCOPE, DeployChange(release="shop@1"))

    with pytest.raises(NotFound):
        works.releases.get(RIVAL, "shop@1")
    with pytest.raises(NotFound):
        works.releases.commits(RIVAL, "shop@1")
    with pytest.raises(NotFound):
        works.releases.delete(RIVAL, "shop@1")
    assert works.releases.deploys(RIVAL) == []
    assert works.releases.suspects(RIVAL, "shop@1", ["a.py"]) == []
    assert works.releases.previous_with_commits(RIVAL, "shop@2") is None


def test_a_viewer_changes_nothing(works: Works) -> None:
    for change in (
        lambda: works.releases.put(VIEWER, "shop@1"),
        lambda: works.releases.set_commits(VIEWER, "shop@1", []),
        lambda: works.releases.delete(VIEWER, "shop@1"),
        lambda: works.releases.put_deploy(VIEWER, DeployChange()),
    ):
        with pytest.raises(Forbidden):
            change()


@pytest.mark.parametrize("version", ["", " ", "..", "latest", "a\nb", "a\\b", "x" * 251])
def test_a_release_has_a_name_that_can_stand_in_an_address(works: Works, version: str) -> None:
    with pytest.raises(Invalid, match="A release is named"):
        works.releases.put(SCOPE, version)


def test_a_tool_makes_changes_and_finishes_a_release(works: Works) -> None:
    _, is_new = works.releases.put(SCOPE, "shop@1", ReleaseChange(url="https://a", started_ms=5))
    (changed,), is_new_again = works.releases.put(SCOPE, "shop@1", ReleaseChange(released_ms=9))

    assert (is_new, is_new_again) == (True, False)
    assert (changed.url, changed.started_ms, changed.released_ms) == ("https://a", 5, 9)


def test_commits_replace_those_before(works: Works) -> None:
    works.releases.set_commits(SCOPE, "shop@1", [Commit(id="a1", author_name="Ada")])
    two = [Commit(id="b2", author_name="Bob"), Commit(id="b1", author_name="Bob")]
    works.releases.set_commits(SCOPE, "shop@1", two)

    (release,) = works.releases.get(SCOPE, "shop@1")

    assert [one.id for one in works.releases.commits(SCOPE, "shop@1")] == ["b2", "b1"]
    assert (release.commits, release.last_commit, release.authors) == (2, "b2", ["Bob"])


def test_the_release_before_is_the_newest_older_one_with_commits(works: Works) -> None:
    for version in ("shop@1", "shop@2", "shop@3", "shop@4"):
        works.releases.put(SCOPE, version)
        works.house.clock.forward(HOUR)
    for version in ("shop@1", "shop@2", "shop@4"):
        works.releases.set_commits(SCOPE, version, [Commit(id=version)])

    found = works.releases.previous_with_commits(SCOPE, "shop@3")

    assert found is not None
    assert found.last_commit == "shop@2"
    assert works.releases.previous_with_commits(SCOPE, "shop@1") is None


def test_a_deploy_is_told_from_start_to_end(works: Works) -> None:
    clock = works.house.clock
    started = works.releases.put_deploy(
        SCOPE,
        DeployChange(
            deployment_id="d1", release="shop@1", environment="staging", status=DeployStatus.STARTED
        ),
    )
    clock.forward(HOUR)
    ended = works.releases.put_deploy(
        SCOPE, DeployChange(deployment_id="d1", status=DeployStatus.FAILURE)
    )

    assert (started.finished_ms, started.duration_ms) == (None, None)
    assert (ended.id, ended.environment, ended.release) == (started.id, "staging", "shop@1")
    assert (ended.status, ended.duration_ms) == (DeployStatus.FAILURE, HOUR)
    assert [one.version for one in page(works, environment="staging")] == ["shop@1"]
    assert page(works, environment="production") == []


def test_a_deploy_told_once_knows_its_start_from_its_length(works: Works) -> None:
    now_ms = works.house.clock()

    told = works.releases.put_deploy(SCOPE, DeployChange(release="shop@1", duration_ms=45_000))

    assert (told.started_ms, told.finished_ms) == (now_ms - 45_000, now_ms)
    assert (told.environment, told.status) == ("production", DeployStatus.SUCCESS)
    assert told.deployment_id.startswith("wk-")


def test_a_deploy_of_the_past_ended_when_its_duration_says(works: Works) -> None:
    began_ms = works.house.clock() - 5 * HOUR
    change = DeployChange(release="shop@1", started_ms=began_ms, duration_ms=45_000)

    told = works.releases.put_deploy(SCOPE, change)

    assert (told.started_ms, told.finished_ms) == (began_ms, began_ms + 45_000)


def test_a_deploy_does_not_end_before_it_starts(works: Works) -> None:
    with pytest.raises(Invalid, match="finish before"):
        works.releases.put_deploy(SCOPE, DeployChange(started_ms=9, finished_ms=5))


def test_deploys_are_listed_by_range_release_and_environment(works: Works) -> None:
    for number, environment in ((1, "production"), (2, "staging"), (3, "production")):
        at_ms = number * HOUR
        works.releases.put_deploy(
            SCOPE,
            DeployChange(
                deployment_id=f"d{number}",
                release=f"shop@{number}",
                environment=environment,
                started_ms=at_ms,
                finished_ms=at_ms,
            ),
        )

    def ids(**fields: object) -> list[str]:
        return [one.deployment_id for one in works.releases.deploys(SCOPE, **fields)]  # type: ignore[arg-type]

    assert ids() == ["d3", "d2", "d1"]
    assert ids(span=TimeRange(HOUR, 3 * HOUR)) == ["d2", "d1"]
    assert ids(environment="production") == ["d3", "d1"]
    assert ids(release="shop@2") == ["d2"]


def test_who_changed_the_file_where_it_happened_is_suspected_first() -> None:
    commits = [
        Commit(id="newest", files=[("README.md", "M")]),
        Commit(id="outer", files=[("src/shop/views.py", "M")]),
        Commit(id="inner", files=[("src/shop/cart.py", "M"), ("src/shop/views.py", "M")]),
        Commit(id="same-name", files=[("other/cart.py", "A")]),
    ]

    found = suspects_of(["shop/cart.py", "/app/src/shop/views.py"], commits)

    assert [(one.commit.id, one.path, one.depth) for one in found] == [
        ("inner", "src/shop/cart.py", 0),
        ("outer", "src/shop/views.py", 1),
    ]


def test_releases_are_found_by_a_part_of_their_name_and_paged(works: Works) -> None:
    for number in range(5):
        works.releases.put(SCOPE, f"shop@1.{number}")
        works.house.clock.forward(1)
    works.releases.put(SCOPE, "api_100%")

    assert [one.version for one in page(works, text="_100%")] == ["api_100%"]
    assert [one.version for one in page(works, text="shop", limit=2, offset=1)] == [
        "shop@1.3",
        "shop@1.2",
    ]
