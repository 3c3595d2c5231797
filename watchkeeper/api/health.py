"""Whether this server does its work: /api/health."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import anyio.to_thread
import structlog
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import WatchkeeperError

PATH = "/api/health"
CHECK_WITHIN_S = 5.0
REUSE_FOR_MS = 1_000
"""An answer is given again for this long, so that asking often costs nothing."""

Check = Callable[[], None]
"""Returns when all is well. Raises Unhealthy, or any WatchkeeperError, with a safe sentence."""

_log = structlog.get_logger("watchkeeper.health")


class Unhealthy(WatchkeeperError):
    """A check found that something does not work; the sentence says what."""

    code = "unhealthy"
    http_status = 503


class CheckAnswer(BaseModel):
    """One check. error: empty when it is healthy."""

    status: Literal["healthy", "unhealthy"]
    response_time_ms: float
    error: str = ""


class HealthAnswer(BaseModel):
    """timestamp: ISO 8601, UTC. A slow check never makes the whole unhealthy."""

    status: Literal["healthy", "unhealthy"]
    timestamp: str
    version: str
    environment: str
    checks: dict[str, CheckAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChecks:
    """quick: each decides over the whole; slow: foreign parties, asked with ?full=true only."""

    quick: Mapping[str, Check]
    slow: Mapping[str, Check]


class Health:
    """Answers /api/health: 200 when every quick check passes, else 503."""

    def __init__(
        self, checks: HealthChecks, *, clock: Clock, version: str, environment: str,
        check_within_s: float = CHECK_WITHIN_S,
    ) -> None:  # fmt: skip
        self._checks = checks
        self._clock = clock
        self._version = version
        self._environment = environment
        self._check_within_s = check_within_s
        self._kept: dict[bool, tuple[int, HealthAnswer]] = {}
        self._asking = asyncio.Lock()

    def routes(self) -> list[Route]:
        """The one route; HEAD works too."""
        return [Route(PATH, self._answer, methods=["GET"])]

    async def ask(self, *, full: bool) -> HealthAnswer:
        """Run the checks side by side, or give the answer of a moment ago again."""
        async with self._asking:
            now_ms = self._clock()
            kept_ms, kept = self._kept.get(full, (0, None))
            if kept is None or now_ms - kept_ms >= REUSE_FOR_MS:
                kept = await self._run(now_ms, full=full)
                self._kept[full] = (now_ms, kept)
            return kept

    async def _answer(self, request: Request) -> Response:
        answer = await self.ask(full=request.query_params.get("full") in {"true", "1"})
        return JSONResponse(answer.model_dump(), 200 if answer.status == "healthy" else 503)

    async def _run(self, now_ms: int, *, full: bool) -> HealthAnswer:
        named = {**self._checks.quick, **(self._checks.slow if full else {})}
        results = await asyncio.gather(*(self._one(name, check) for name, check in named.items()))
        checks = dict(zip(named, results, strict=True))
        healthy = all(checks[name].status == "healthy" for name in self._checks.quick)
        return HealthAnswer(
            status="healthy" if healthy else "unhealthy",
            timestamp=datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(),
            version=self._version,
            environment=self._environment,
            checks=checks,
        )

    async def _one(self, name: str, check: Check) -> CheckAnswer:
        started_s = time.perf_counter()
        error = ""
        try:
            async with asyncio.timeout(self._check_within_s):
                await anyio.to_thread.run_sync(check, abandon_on_cancel=True)
        except TimeoutError:
            error = f"No answer within {self._check_within_s:g} s."
        except WatchkeeperError as refused:
            error = str(refused)
        except Exception:
            _log.exception("health check failed", check=name)
            error = "The check failed; the server's log says why."
        return CheckAnswer(
            status="unhealthy" if error else "healthy",
            response_time_ms=round((time.perf_counter() - started_s) * 1000, 2),
            error=error,
        )
