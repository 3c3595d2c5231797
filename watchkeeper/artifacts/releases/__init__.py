"""Releases: when each was seen, what is in it, where it went, and how well it does."""

from watchkeeper.artifacts.releases.deploys import note_heard_deploy
from watchkeeper.artifacts.releases.desk import Releases
from watchkeeper.artifacts.releases.health import NoSessions, ReleaseHealth
from watchkeeper.artifacts.releases.seen import Sighting, note_releases
from watchkeeper.artifacts.releases.seen_unread import UnreadReleases
from watchkeeper.artifacts.releases.suspects import Suspect, suspects_of
from watchkeeper.artifacts.releases.types import (
    Commit,
    Deploy,
    DeployChange,
    DeployStatus,
    Release,
    ReleaseChange,
    ReleaseQuery,
)

__all__ = [
    "Commit",
    "Deploy",
    "DeployChange",
    "DeployStatus",
    "NoSessions",
    "Release",
    "ReleaseChange",
    "ReleaseHealth",
    "ReleaseQuery",
    "Releases",
    "Sighting",
    "Suspect",
    "UnreadReleases",
    "note_heard_deploy",
    "note_releases",
    "suspects_of",
]
