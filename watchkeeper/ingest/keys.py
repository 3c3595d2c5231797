"""Who may send what: ingest keys as the edge sees them."""

from __future__ import annotations

from typing import Protocol

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import Refusal, Request

SERVER_KIND = "server"


class KeyFacts(Protocol):
    """One ingest key. kind: `public` or `server`."""

    @property
    def id(self) -> int: ...
    @property
    def project_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    def allows_origin(self, origin: str | None, /) -> bool: ...


class Keys(Protocol):
    """The key ring: answers from memory, without waiting."""

    def lookup(self, key: str, /) -> KeyFacts | None: ...

    def touch(self, key_id: int, /) -> None:
        """Remember that the key was used."""
        ...


def admitted_key(
    keys: Keys, key: str, *, project_id: int | None, needs_server: bool = False
) -> KeyFacts:
    """The key, if it may write to the project (None: to its own). Raises Refusal 401 or 403."""
    if not key:
        raise Refusal(401, Drop.UNKNOWN_KEY, "No key was sent; put the project's DSN or key in.")
    found = keys.lookup(key)
    if found is None:
        raise Refusal(403, Drop.UNKNOWN_KEY, "This key is not known; copy it from Settings, Keys.")
    refusal = _key_refusal(found, project_id=project_id, needs_server=needs_server)
    if refusal is not None:
        refusal.project_id = found.project_id
        raise refusal
    keys.touch(found.id)
    return found


def _key_refusal(key: KeyFacts, *, project_id: int | None, needs_server: bool) -> Refusal | None:
    if not key.enabled:
        return Refusal(403, Drop.DISABLED_KEY, "This key is switched off; use the project's other.")
    if project_id is not None and key.project_id != project_id:
        return Refusal(403, Drop.WRONG_PROJECT, "This key belongs to another project.")
    if needs_server and key.kind != SERVER_KIND:
        return Refusal(
            403, Drop.WRONG_KEY_KIND, "A public key cannot write metrics; use the server key."
        )
    return None


def check_origin(request: Request, key: KeyFacts) -> None:
    """Raises Refusal 403 if the browser's origin is not on the key's list."""
    origin = request.header(b"origin") or None
    if origin is None or key.allows_origin(origin):
        return
    refusal = Refusal(
        403, Drop.ORIGIN_NOT_ALLOWED, f"Pages of {origin[:100]} may not use this key."
    )
    refusal.project_id = key.project_id
    raise refusal
