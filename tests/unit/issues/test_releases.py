"""Which release is newer, and what that means for a resolution."""

from __future__ import annotations

from typing import Any

import pytest

from watchkeeper.artifacts import SeenRelease, compared, newest, not_after, read_version
from watchkeeper.issues.lapse import Ignoring, Resolution, ResolvedIn, counted, is_back, lapsed
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS
from watchkeeper.lib.errors import Invalid


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9.0", "1.10.0"),
        ("web@1.9.0", "web@1.10"),
        ("v1.2.3", "v1.2.4"),
        ("1.0.0-rc.1", "1.0.0"),
        ("1.0.0-alpha", "1.0.0-alpha.1"),
        ("1.0.0-alpha.9", "1.0.0-alpha.10"),
        ("1.0.0-9", "1.0.0-beta"),
        ("app@2.0.0+41", "app@2.0.0+42"),
        ("1.2.3.4", "1.2.3.5"),
    ],
)
def test_versions_are_compared_as_versions(older: str, newer: str) -> None:
    assert compared(older, newer) == -1
    assert compared(newer, older) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("api@1.0", "web@1.0"), ("9f86d081884c7d65", "2.0.0"), ("20261101", "20261102")],
)
def test_what_is_no_version_of_the_same_package_is_not_compared(one: str, other: str) -> None:
    assert compared(one, other) is None


def test_equal_versions_are_equal_however_written() -> None:
    assert compared("web@1.2", "web@1.2.0") == 0
    assert read_version("main") is None


def seen(name: str, first_ms: int) -> SeenRelease:
    return SeenRelease(name=name, first_ms=first_ms, last_ms=first_ms)


def test_the_newest_is_the_highest_version_else_the_last_that_came() -> None:
    late_fix = [seen("web@2.0.0", 1), seen("web@1.9.9", 2)]
    assert newest(late_fix) == late_fix[0]
    hashes = [seen("aaaa111", 1), seen("bbbb222", 3), seen("cccc333", 2)]
    assert newest(hashes) == hashes[1]
    assert newest([]) is None


def test_releases_without_versions_are_older_if_they_came_no_later() -> None:
    releases = [seen("aaaa111", 1), seen("bbbb222", 2), seen("cccc333", 3), seen("1.0.0", 2)]
    assert not_after("bbbb222", releases, including=False) == ["aaaa111", "1.0.0"]
    assert not_after("bbbb222", releases, including=True) == ["aaaa111", "cccc333", "1.0.0"]
    assert not_after("1.0.0", [*releases, seen("2.0.0", 9)], including=True) == [
        "aaaa111", "bbbb222", "cccc333",
    ]  # fmt: skip


AFTER_B = Resolution(kind=ResolvedIn.NEXT_RELEASE, release="bbbb222", older=["aaaa111"])


@pytest.mark.parametrize(
    ("resolution", "release", "back"),
    [
        (Resolution(), "", True),
        (Resolution(kind=ResolvedIn.RELEASE, release="1.2.0"), "1.1.9", False),
        (Resolution(kind=ResolvedIn.RELEASE, release="1.2.0"), "1.2.0", True),
        (Resolution(kind=ResolvedIn.RELEASE, release="1.2.0"), "1.3.0", True),
        (Resolution(kind=ResolvedIn.RELEASE, release="1.2.0"), "", False),
        (Resolution(kind=ResolvedIn.NEXT_RELEASE, release="1.2.0"), "1.2.0", False),
        (Resolution(kind=ResolvedIn.NEXT_RELEASE, release="1.2.0"), "1.2.1", True),
        (Resolution(kind=ResolvedIn.COMMIT, release="aaaa111"), "aaaa111", False),
        (AFTER_B, "aaaa111", False),
        (AFTER_B, "cccc333", True),
    ],
)  # fmt: skip
def test_an_event_of_a_release_with_the_fix_is_a_regression(
    resolution: Resolution, release: str, back: bool
) -> None:
    assert is_back(resolution, release) is back
    assert is_back(Resolution.of_json(resolution.as_json()), release) is back


def test_ignoring_for_ever_never_ends() -> None:
    assert lapsed(counted(Ignoring(), events=10**6, at_ms=5), at_ms=10**15, users=10**6) == ""


def test_ignoring_ends_at_its_time() -> None:
    ignoring = Ignoring(until_ms=1_000)
    assert lapsed(ignoring, at_ms=999, users=0) == ""
    assert lapsed(ignoring, at_ms=1_000, users=0) == "until"


def test_ignoring_ends_with_so_many_events_or_people() -> None:
    after = counted(counted(Ignoring(events=3, users=2), events=1, at_ms=1), events=1, at_ms=9)
    assert lapsed(after, at_ms=9, users=1) == ""
    assert lapsed(after, at_ms=9, users=2) == "users"
    assert lapsed(counted(after, events=1, at_ms=10), at_ms=10, users=0) == "events"


def test_events_of_a_window_are_forgotten_when_it_has_passed() -> None:
    ignoring = Ignoring(events=10, window_ms=HOUR_MS)
    for minute in range(0, 600, 10):
        ignoring = counted(ignoring, events=1, at_ms=minute * MINUTE_MS)
        assert lapsed(ignoring, at_ms=minute * MINUTE_MS, users=0) == ""
    assert len(ignoring.slots) <= 60
    burst = counted(ignoring, events=5, at_ms=600 * MINUTE_MS)
    assert lapsed(burst, at_ms=600 * MINUTE_MS, users=0) == "events"
    assert Ignoring.of_json(burst.as_json()) == burst


@pytest.mark.parametrize("wrong", [{"events": 0}, {"users": 10**6}, {"window_ms": 5}])
def test_an_ignoring_without_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Ignoring(**wrong)
