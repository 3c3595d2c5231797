"""What is pushed over HTTP with the server key: what is the same for every format."""

from __future__ import annotations

from abc import ABC, abstractmethod

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.body import BodyLimits, read_body
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import InFlight, Refusal, Reply, Request, overload_of
from watchkeeper.ingest.pipeline import LogLimits, SentLog, finish_log
from watchkeeper.ingest.writers import Writers
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.privacy import Scrubber


class Push(ABC):
    """Answers one format's paths. A success means that everything of the body is on disk."""

    name: str
    paths: frozenset[str]

    def __init__(
        self,
        *,
        acceptor: Acceptor,
        writers: Writers,
        scrubber: Scrubber,
        clock: Clock,
        in_flight: InFlight,
        body_limits: BodyLimits | None = None,
        limits: LogLimits | None = None,
    ) -> None:
        self._acceptor, self._writers, self._scrubber = acceptor, writers, scrubber
        self._clock, self._in_flight = clock, in_flight
        self._body_limits, self._limits = body_limits or BodyLimits(), limits or LogLimits()

    @abstractmethod
    async def take(self, project_id: int, packed: bytes, request: Request) -> Reply:
        """Keep what a body holds. Raises Refusal, Overloaded."""

    @abstractmethod
    def refused(self, refusal: Refusal, project_id: int) -> Reply:
        """The answer when nothing was kept."""

    def owns(self, path: str) -> bool:
        """True if this endpoint answers the path."""
        return path in self.paths

    async def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        project_id = request.project_id or 0
        try:
            if request.method != "POST":
                raise Refusal(405, Drop.MALFORMED, "Send this by POST.")
            project_id = await self._writers.project(request, needs_server=True)
            async with read_body(request, self._body_limits, self._in_flight) as packed:
                return await self.take(project_id, packed, request)
        except Refusal as refusal:
            self._acceptor.metrics.drop(refusal.drop)
            return self.refused(refusal, project_id)
        except Overloaded as error:
            return self.refused(overload_of(error), project_id)


class LogPush(Push):
    """A format that holds log lines and nothing else."""

    @abstractmethod
    def read(self, packed: bytes, request: Request) -> list[SentLog]:
        """The lines of a body as sent. Raises Refusal."""

    @abstractmethod
    def kept(self, lines: int, project_id: int) -> Reply:
        """The answer once so many lines are on disk."""

    async def take(self, project_id: int, packed: bytes, request: Request) -> Reply:
        lines = self.read(packed, request)
        now_ms, scrubber = self._clock(), self._scrubber.of(project_id)
        rows = [
            finish_log(line, received_ms=now_ms, scrubber=scrubber, limits=self._limits)
            for line in lines
        ]
        await self._acceptor.accept_logs(project_id, rows)
        return self.kept(len(rows), project_id)


def too_many_lines(most: int) -> Refusal:
    """A request holds more lines than one may."""
    return Refusal(413, Drop.TOO_LARGE, f"A request has at most {most:,} lines; send several.")
