"""Releases: when each was seen, what is in it, where it went, and how well it does."""

from watchkeeper.artifacts.releases.deploys import note_heard_deploy
from watchkeeper.artifacts.releases.desk import Releases
from watchkeeper.artifacts.releases.health import NoSessions, ReleaseHealth
from watchkeeper.artifacts.releases.seen import Sighting, note_releases
from watchkeeper.artifacts.releases.seen_in_spans import SpanReleases
from watchkeeper.artifacts.releases.suspects import Suspect, suspects_of
from watchkeeper.artifacts.releases.types import (
    Commit,
    Deploy,
    DeployChange,
    DeployStatus,
    Health,
    Release,
    ReleaseChange,
    ReleaseQuery,
)

__all__ = [
    "Commit",
    "Deploy",
    "DeployChange",
    "DeployStatus",
    "Health",
    "NoSessions",
    "Release",
    "ReleaseChange",
    "ReleaseHealth",
    "ReleaseQuery",
    "Releases",
    "Sighting",
    "SpanReleases",
    "Suspect",
    "note_heard_deploy",
    "note_releases",
    "suspects_of",
]
