"""What a release is made of: source maps and their look-up, commits, deploys."""

from watchkeeper.artifacts.bundle import Manifest
from watchkeeper.artifacts.errors import BadBundle, BadSourceMap, BundleTooLarge
from watchkeeper.artifacts.order import (
    SeenRelease,
    Version,
    compared,
    newest,
    not_after,
    read_version,
)
from watchkeeper.artifacts.releases import (
    Commit,
    Deploy,
    DeployChange,
    DeployStatus,
    NoSessions,
    Release,
    ReleaseChange,
    ReleaseHealth,
    ReleaseQuery,
    Releases,
    Sighting,
    Suspect,
    UnreadReleases,
    note_heard_deploy,
    note_releases,
)
from watchkeeper.artifacts.sessions import (
    Health,
    HealthLine,
    HealthPage,
    HealthPoint,
    SessionHealth,
)
from watchkeeper.artifacts.symbolicate import PLATFORMS as MAPPED_PLATFORMS
from watchkeeper.artifacts.symbolicate import Symbolicator
from watchkeeper.artifacts.uploads import (
    CHUNK_BYTES,
    CHUNKS_A_REQUEST,
    MOST_BUNDLE_BYTES,
    Assembly,
    State,
    Uploads,
    Wanted,
)

__all__ = [
    "CHUNKS_A_REQUEST",
    "CHUNK_BYTES",
    "MAPPED_PLATFORMS",
    "MOST_BUNDLE_BYTES",
    "Assembly",
    "BadBundle",
    "BadSourceMap",
    "BundleTooLarge",
    "Commit",
    "Deploy",
    "DeployChange",
    "DeployStatus",
    "Health",
    "HealthLine",
    "HealthPage",
    "HealthPoint",
    "Manifest",
    "NoSessions",
    "Release",
    "ReleaseChange",
    "ReleaseHealth",
    "ReleaseQuery",
    "Releases",
    "SeenRelease",
    "SessionHealth",
    "Sighting",
    "State",
    "Suspect",
    "Symbolicator",
    "UnreadReleases",
    "Uploads",
    "Version",
    "Wanted",
    "compared",
    "newest",
    "not_after",
    "note_heard_deploy",
    "note_releases",
    "read_version",
]
