"""Groups arrivals by the version that their project uses, without splitting what has an issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from watchkeeper.issues.event import ErrorFacts
from watchkeeper.issues.grouping import LATEST, VERSIONS, Grouping, Repeated
from watchkeeper.issues.repo import grouped as repo
from watchkeeper.issues.repo.grouped import Choice

_ByVersion = Mapping[int, Grouping]


def groupings(
    conn: Connection,
    events: Sequence[tuple[int, ErrorFacts]],
    choices: Mapping[int, Choice],
    repeated: Repeated,
) -> list[Grouping]:
    """The group of each (project, event), in order. repeated: remembers groups over calls.

    Where a project has changed its version, an event that an older version knows goes on into
    that version's issue; only what no version knows opens one by the project's own.
    """
    tried = [_by_version(facts, choices[project_id], repeated) for project_id, facts in events]
    asked: dict[int, set[int]] = {}
    for (project_id, _facts), by_version in zip(events, tried, strict=True):
        if len(by_version) > 1:
            asked.setdefault(project_id, set()).update(one.hash for one in by_version.values())
    known = repo.known(conn, asked)
    return [
        _chosen(project_id, by_version, choices[project_id], known)
        for (project_id, _facts), by_version in zip(events, tried, strict=True)
    ]


def _by_version(facts: ErrorFacts, choice: Choice, repeated: Repeated) -> _ByVersion:
    """A version that this program does not know is the default one."""
    wanted = {version if version in VERSIONS else LATEST for version in choice.oldest_first}
    return {
        version: repeated.group(VERSIONS[version], facts.groupable) for version in sorted(wanted)
    }


def _chosen(
    project_id: int, by_version: _ByVersion, choice: Choice, known: set[tuple[int, int]]
) -> Grouping:
    own = by_version.get(choice.own) or by_version[LATEST]
    found = (one for one in by_version.values() if (project_id, one.hash) in known)
    return next(found, own)
