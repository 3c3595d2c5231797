"""Where history goes: the server of this data directory, or one elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import cramjam
import msgspec

from watchkeeper.app.control import ServerRefused, send_history
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import PLAIN_TLS, Outbound, OutboundFailed, TlsOptions

_TRIES = 60
_PAUSE_S = 2.0
_TIMEOUT_S = 120.0
_COME_BACK = frozenset({429, 500, 502, 503, 504})


class TargetFailed(WatchkeeperError):
    """The server that is written to did not take what was read."""

    code = "import_target_failed"


class Taken(msgspec.Struct):
    """What became of one request, as the server tells it."""

    kept: int
    repeated: int
    refused: dict[str, int]


class Target(Protocol):
    """Keeps samples, or raises TargetFailed. Sending again is harmless."""

    async def send(self, request: bytes) -> Taken:
        """Keep an unpacked WriteRequest; waits while the server is away or full."""
        ...


Sleep = Callable[[float], Awaitable[None]]
Post = Callable[[bytes], Awaitable[tuple[int, bytes, int]]]


class LocalTarget:
    """The server of this data directory, by its control socket: no key is needed."""

    def __init__(self, socket: Path, project_id: int, *, sleep: Sleep = asyncio.sleep) -> None:
        self._socket, self._project_id, self._sleep = socket, project_id, sleep

    async def send(self, request: bytes) -> Taken:
        async def post(packed: bytes) -> tuple[int, bytes, int]:
            return await asyncio.to_thread(send_history, self._socket, self._project_id, packed)

        return await _sent(post, request, self._sleep)


class RemoteTarget:
    """A server elsewhere, by a server key or an API token."""

    def __init__(
        self,
        outbound: Outbound,
        url: str,
        key: str,
        *,
        tls: TlsOptions = PLAIN_TLS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._outbound, self._url, self._tls = outbound, url.rstrip("/"), tls
        self._headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/x-protobuf",
            "content-encoding": "snappy",
        }
        self._sleep = sleep

    async def send(self, request: bytes) -> Taken:
        async def post(packed: bytes) -> tuple[int, bytes, int]:
            answer = await self._outbound.request(
                "POST",
                f"{self._url}/api/v1/write/history",
                headers=self._headers,
                content=packed,
                timeout_s=_TIMEOUT_S,
                trusted=True,
                tls=self._tls,
            )
            wait_s = answer.headers.get("retry-after", "")
            return answer.status, answer.body, int(wait_s) if wait_s.isdigit() else 0

        return await _sent(post, request, self._sleep)


def _decoded(body: bytes) -> Taken:
    try:
        return msgspec.json.decode(body, type=Taken)
    except msgspec.MsgspecError as error:
        raise TargetFailed("That address is no Watchkeeper that takes history.") from error


async def _sent(post: Post, request: bytes, sleep: Sleep) -> Taken:
    packed = bytes(cramjam.snappy.compress_raw(request))
    problem = ""
    for _ in range(_TRIES):
        wait_s = 0
        try:
            status, body, wait_s = await post(packed)
        except (OutboundFailed, ServerRefused) as error:
            problem = str(error)
        else:
            if status == 200:
                return _decoded(body)
            problem = f"{status}: {body[:300].decode('utf-8', 'replace').strip()}"
            if status not in _COME_BACK:
                break
        await sleep(wait_s or _PAUSE_S)
    raise TargetFailed(f"Watchkeeper did not take the samples. {problem}")
