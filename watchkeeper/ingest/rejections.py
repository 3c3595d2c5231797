"""What was refused lately, for the setup page: kept in memory for a second, then written."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from watchkeeper.ingest.http import Reply, Request
from watchkeeper.lib.clock import Clock

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One refused request. project_id: 0 if unknown. sender: what it calls itself."""

    project_id: int
    at_ms: int
    method: str
    path: str
    status: int
    reason: str
    sender: str


@dataclass(slots=True)
class RejectionLog:
    """Keeps at most `limit` rejections between two takes; counts those beyond."""

    clock: Clock
    limit: int = 50
    unwritten: int = 0
    _waiting: deque[Rejection] = field(default_factory=deque)

    def note(self, request: Request, reply: Reply) -> None:
        """Remember why a request was refused. The query is left out: it may hold the key."""
        if reply.drop is None:
            return
        if len(self._waiting) >= self.limit:
            self.unwritten += 1
            return
        self._waiting.append(
            Rejection(
                project_id=reply.project_id,
                at_ms=self.clock(),
                method=request.method[:8],
                path=request.path[:_SHOWN_CHARACTERS],
                status=reply.status,
                reason=reply.drop.value,
                sender=request.header(b"user-agent")[:_SHOWN_CHARACTERS],
            )
        )

    def take(self) -> list[Rejection]:
        """What has gathered, oldest first."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken
