"""Requests and replies of the ingest routes: raw ASGI, as little of it as a hot path needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec

from watchkeeper.ingest.drops import Drop
from watchkeeper.lib.errors import Overloaded

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON_TYPE: Header = (b"content-type", b"application/json")
TEXT_TYPE: Header = (b"content-type", b"text/plain; charset=utf-8")


@dataclass(slots=True)
class Request:
    """One request before its body is read. Header names are lower case.

    project_id: of a `/p/<project>` prefix, which `path` is without; None if it had none. sender:
    the client's IP address as trusted proxies tell it, looked for when it is asked for.
    """

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    receive: Receive
    project_id: int | None = None
    sender: Callable[[], str] = str

    @classmethod
    def of(
        cls,
        scope: AsgiMessage,
        receive: Receive,
        path: str,
        project_id: int | None,
        sender: Callable[[], str] = str,
    ) -> Request:
        """The request of an ASGI scope."""
        headers = dict(scope["headers"])
        query = scope["query_string"]
        return cls(scope["method"], path, query, headers, receive, project_id, sender)

    def header(self, name: bytes) -> str:
        """A header's value, or empty."""
        return self.headers.get(name, b"").decode("latin-1")

    def parameter(self, name: str) -> str:
        """The first value of a query parameter, or empty; so too in a query of over 100 fields."""
        if name.encode() not in self.query:
            return ""
        try:
            pairs = parse_qsl(self.query.decode("latin-1"), max_num_fields=100)
        except ValueError:  # more fields than any sender has
            return ""
        return next((value for key, value in pairs if key == name), "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. drop and project_id say why and for whom something was refused."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    drop: Drop | None = None
    project_id: int = 0

    async def send(self, send: Send) -> None:
        """Write the reply. A 204 has no length: RFC 9110, 8.6."""
        headers = list(self.headers)
        if self.status != 204:
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Endpoint(Protocol):
    """Answers the paths of one protocol. name: a metric's label."""

    name: str

    def owns(self, path: str) -> bool:
        """True if this endpoint answers the path."""
        ...

    async def __call__(self, request: Request) -> Reply: ...


class Refusal(Exception):
    """An ingest request is refused; the protocol words the answer.

    status, reason: what the client gets; reason is one safe sentence. drop: the counted reason.
    facts: more for the answer, e.g. {"limit_bytes": 1048576} or {"position": 17}.
    """

    def __init__(
        self,
        status: int,
        drop: Drop,
        reason: str,
        *,
        retry_after_s: int | None = None,
        **facts: int | str,
    ) -> None:
        super().__init__(reason)
        self.status, self.drop, self.reason = status, drop, reason
        self.retry_after_s, self.facts = retry_after_s, facts
        self.project_id = 0


def refusal_body(refusal: Refusal) -> bytes:
    """JSON that both our clients (`error`) and Sentry's (`detail`) understand."""
    error = {"code": refusal.drop.value, "message": refusal.reason, **refusal.facts}
    return msgspec.json.encode({"detail": refusal.reason, "error": error})


def refused_text(refusal: Refusal) -> bytes:
    """One line, for senders that log what they are answered."""
    return f"{refusal.drop.value}: {refusal.reason}\n".encode()


def refused_reply(
    refusal: Refusal, project_id: int, body: bytes, headers: Sequence[Header], *, scheme: bytes
) -> Reply:
    """The answer to what was refused. scheme: of the credential that a 401 asks for.

    headers: the protocol's own. A key that nobody knows says nothing about the project it named.
    """
    answered = list(headers)
    if refusal.status == 401:
        answered.append((b"www-authenticate", scheme + b' realm="watchkeeper"'))
    if refusal.retry_after_s is not None:
        answered.append((b"retry-after", str(refusal.retry_after_s).encode()))
    known = refusal.project_id or (0 if refusal.drop is Drop.UNKNOWN_KEY else project_id)
    return Reply(refusal.status, body, tuple(answered), refusal.drop, known)


def overload_of(error: Overloaded) -> Refusal:
    """What does not fit now: the sender is to come back."""
    return Refusal(503, Drop.SPOOL_FULL, str(error), retry_after_s=error.retry_after_s)


@dataclass(slots=True)
class InFlight:
    """Bytes of request bodies held in memory at once, over all connections."""

    limit_bytes: int = 256 * 2**20
    held_bytes: int = field(default=0)

    def take(self, size: int) -> None:
        """Hold more. Raises Refusal(503) if the bound would be passed."""
        if self.held_bytes + size > self.limit_bytes:
            raise Refusal(
                503,
                Drop.SPOOL_FULL,
                "Too much is being received at once; send again.",
                retry_after_s=1,
            )
        self.held_bytes += size

    def give(self, size: int) -> None:
        """Let go of what `take` held."""
        self.held_bytes -= size
