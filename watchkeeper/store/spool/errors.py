"""What the spool can refuse."""

from __future__ import annotations

from watchkeeper.lib.errors import Overloaded, WatchkeeperError


class SpoolFull(Overloaded):
    """The bound in bytes is reached or the disk has no room; nothing of the call was kept."""

    code = "spool_full"


class SpoolUnavailable(Overloaded):
    """The disk refused a write or a sync for another reason; nothing of the call was kept."""

    code = "spool_unavailable"


class LaneInUse(WatchkeeperError):
    """Another process writes to this lane."""

    code = "lane_in_use"
