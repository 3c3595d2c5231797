"""Who may write: the key or API token of a request, wherever its sender's exporter puts it."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Sequence

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import Refusal, Request
from watchkeeper.ingest.keys import Keys, admitted_key, check_origin
from watchkeeper.lib.clock import SECOND_MS, Clock

TokenProject = Callable[[str, int | None], int | None]
"""The project that an API token may write to, given the one that the path names; None: none."""

_MAX_KNOWN_TOKENS = 1_000
_KEY_HEADERS = (b"x-api-key", b"api-key", b"x-watchkeeper-key")


class Writers:
    """Finds the project that a request may write to."""

    def __init__(
        self, keys: Keys, clock: Clock, *, token_project: TokenProject | None = None
    ) -> None:
        self._keys, self._clock, self._token_project = keys, clock, token_project
        self._tokens: dict[tuple[str, int | None], tuple[int | None, int]] = {}

    async def project(
        self,
        request: Request,
        *,
        needs_server: bool,
        found: Sequence[str] | None = None,
        hint: str = "Send the server key: header Authorization: Bearer KEY.",
    ) -> int:
        """The project's id. Raises Refusal 401 without a credential, 403 with a wrong one.

        A page whose origin is not on the key's list is refused with 403 as well.

        found: credentials in the order to be tried, where the protocol names fewer places for
        them. hint: what a sender without one should do.
        """
        found = credentials_of(request) if found is None else found
        for credential in found:
            if self._keys.lookup(credential) is not None:
                wanted = request.project_id
                key = admitted_key(
                    self._keys, credential, project_id=wanted, needs_server=needs_server
                )
                check_origin(request, key)
                return key.project_id
        for credential in found:
            project_id = await self._project_of_token(credential, request.project_id)
            if project_id is not None:
                return project_id
        if found:
            raise Refusal(403, Drop.UNKNOWN_KEY, "This key is not known; use the server key.")
        raise Refusal(401, Drop.UNKNOWN_KEY, hint)

    async def _project_of_token(self, token: str, wanted: int | None) -> int | None:
        """As `token_project` tells; remembered for a second, so that a revoked one soon ends."""
        if self._token_project is None:
            return None
        now_ms = self._clock()
        known, until_ms = self._tokens.get((token, wanted), (None, 0))
        if now_ms < until_ms:
            return known
        found = await asyncio.to_thread(self._token_project, token, wanted)
        if len(self._tokens) >= _MAX_KNOWN_TOKENS:
            self._tokens.clear()
        self._tokens[token, wanted] = (found, now_ms + SECOND_MS)
        return found


def credentials_of(request: Request) -> list[str]:
    """What may be the key: of Authorization (bearer, basic or bare), a key header, or `?key=`."""
    scheme, _, rest = request.header(b"authorization").strip().partition(" ")
    found = []
    if scheme.lower() == "basic":
        found += basic_parts(rest)
    elif scheme:
        found.append(rest.strip() or scheme)
    found += [request.header(name).strip() for name in _KEY_HEADERS]
    found.append(request.parameter("key"))
    return [each for each in found if each]


def basic_parts(encoded: str) -> list[str]:
    """Password, then user, of basic auth."""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return []
    return [password, user]
