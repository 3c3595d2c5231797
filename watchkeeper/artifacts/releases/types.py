"""The nouns of releases. Times are Unix ms UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.artifacts.sessions import Health
from watchkeeper.model import TimeRange


class DeployStatus(StrEnum):
    """How far a deploy is."""

    STARTED = "started"
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILURE = "failure"

    @property
    def is_final(self) -> bool:
        """True once nothing more is to come."""
        return self in {DeployStatus.SUCCESS, DeployStatus.FAILURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit of a release. files: (path, A | M | D); empty if they were not sent."""

    id: str
    repository: str = ""
    message: str = ""
    author_name: str = ""
    author_email: str = ""
    committed_ms: int | None = None
    files: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """One time that a release went somewhere. finished_ms, duration_ms: None until it ended."""

    id: int
    project_id: int
    deployment_id: str
    release: str
    environment: str
    name: str
    status: DeployStatus
    started_ms: int
    finished_ms: int | None
    duration_ms: int | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployChange:
    """What is said of a deploy, at its start, on its way or at its end. None: not said.

    deployment_id: names it in its project, so that a later word changes the same one.
    """

    deployment_id: str = ""
    release: str | None = None
    environment: str | None = None
    name: str | None = None
    status: DeployStatus | None = None
    started_ms: int | None = None
    finished_ms: int | None = None
    duration_ms: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version. first_seen_ms, last_seen_ms: of its records, None before the first.

    new_issues: issues first seen in it; regressions: resolved ones that came back in it.
    events, users: errors in the asked range. deploys: the latest of each environment, newest first.
    health: None without sessions.
    """

    project_id: int
    version: str
    created_ms: int
    first_seen_ms: int | None
    last_seen_ms: int | None
    started_ms: int | None
    released_ms: int | None
    url: str
    ref: str
    commits: int
    new_issues: int = 0
    regressions: int = 0
    events: int = 0
    users: int = 0
    last_commit: str = ""
    authors: Sequence[str] = ()
    deploys: Sequence[Deploy] = ()
    health: Health | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseChange:
    """What a tool says of a release. None: not said."""

    url: str | None = None
    ref: str | None = None
    started_ms: int | None = None
    released_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseQuery:
    """Which releases, the newest first. text: part of the version.

    environment: deployed there, or seen there in the range.
    """

    range: TimeRange
    text: str = ""
    environment: str = ""
    limit: int = 50
    offset: int = 0
