"""Profiles: formats that are read, stacks merged into flame graphs."""

from watchkeeper.traces.profiles.desk import Profiles
from watchkeeper.traces.profiles.pprof import checked_pprof
from watchkeeper.traces.profiles.types import (
    Flame,
    FlameFrames,
    FlameNodes,
    FlameThread,
    ProfiledTransaction,
    ProfileItem,
    ProfilePage,
    UploadedProfile,
)

__all__ = [
    "Flame",
    "FlameFrames",
    "FlameNodes",
    "FlameThread",
    "ProfileItem",
    "ProfilePage",
    "ProfiledTransaction",
    "Profiles",
    "UploadedProfile",
    "checked_pprof",
]
