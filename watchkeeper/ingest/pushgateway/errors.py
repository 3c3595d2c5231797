"""What a push can be refused for."""

from __future__ import annotations

from typing import ClassVar

from watchkeeper.lib.errors import WatchkeeperError


class BadPush(WatchkeeperError):
    """Address or body is wrong, or does not fit what was pushed before; the sentence says how."""

    code: ClassVar[str] = "bad_push"
    http_status: ClassVar[int] = 400
