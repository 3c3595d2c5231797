"""The headers by which a scrape signs in at its target."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote_plus, urlencode

import msgspec

from watchkeeper.ingest.scrape.types import HttpClient, OAuth2
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.outbound import Outbound

_EARLY_MS = 10 * SECOND_MS
"""A token is renewed so long before it is over."""
_WITHOUT_END_MS = 3600 * SECOND_MS


class SignInFailed(ValueError):
    """The token endpoint gave no token; the sentence says why."""


class _TokenAnswer(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"
    expires_in: float | str | None = None


@dataclass(slots=True)
class _Token:
    """renew_ms: Unix ms from which it is not used any more."""

    header: str = ""
    renew_ms: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class SignIn:
    """Makes the headers of requests. Tokens are shared by all targets with the same credentials."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock
        self._tokens: dict[tuple[OAuth2, str, bool], _Token] = {}

    async def headers(
        self, client: HttpClient, directory: str, *, trusted: bool, timeout_s: float
    ) -> dict[str, str]:
        """Authorization and other configured headers.

        directory: where relative *_file paths start. Files are read anew at each call.
        trusted: the token endpoint may stand at a private address. timeout_s: for its answer.
        Raises OSError if a file cannot be read, SignInFailed, and what `Outbound.request` raises.
        """
        found = plain_headers(client, directory)
        if client.oauth2 is not None:
            found["authorization"] = await self._bearer(
                client.oauth2, directory, trusted=trusted, timeout_s=timeout_s
            )
        return found

    async def _bearer(
        self, oauth2: OAuth2, directory: str, *, trusted: bool, timeout_s: float
    ) -> str:
        token = self._tokens.setdefault((oauth2, directory, trusted), _Token())
        async with token.lock:
            if self._clock() >= token.renew_ms:
                answer = await self._ask(oauth2, directory, trusted=trusted, timeout_s=timeout_s)
                kind = "Bearer" if answer.token_type.lower() == "bearer" else answer.token_type
                token.header = f"{kind} {answer.access_token}"
                token.renew_ms = self._clock() + _lifetime_ms(answer)
            return token.header

    async def _ask(
        self, oauth2: OAuth2, directory: str, *, trusted: bool, timeout_s: float
    ) -> _TokenAnswer:
        secret = _secret(oauth2.client_secret, oauth2.client_secret_file, directory)
        form = {"grant_type": "client_credentials", **dict(oauth2.endpoint_params)}
        if oauth2.scopes:
            form["scope"] = " ".join(oauth2.scopes)
        answer = await self._outbound.request(
            "POST",
            oauth2.token_url,
            headers={
                "content-type": "application/x-www-form-urlencoded",
                "accept": "application/json",
                "authorization": _basic(quote_plus(oauth2.client_id), quote_plus(secret)),
            },
            content=urlencode(form).encode(),
            timeout_s=timeout_s,
            trusted=trusted,
            tls=oauth2.tls,
            proxy=oauth2.proxy,
        )
        if answer.status != HTTPStatus.OK:
            raise SignInFailed(f"{oauth2.token_url} answered {answer.status} instead of a token")
        try:
            return msgspec.json.decode(answer.body, type=_TokenAnswer)
        except msgspec.DecodeError as error:
            raise SignInFailed(f"{oauth2.token_url} answered no token: {error}") from error


def plain_headers(client: HttpClient, directory: str) -> dict[str, str]:
    """All headers but those that another server has to be asked for. Raises OSError."""
    headers: dict[str, str] = {}
    for header in client.headers:
        values = (*header.values, *(_secret("", path, directory) for path in header.files))
        headers[header.name] = ", ".join(values)
    credentials = client.credentials
    if credentials.username or credentials.username_file or credentials.password_file:
        name = _secret(credentials.username, credentials.username_file, directory)
        word = _secret(credentials.password, credentials.password_file, directory)
        headers["authorization"] = _basic(name, word)
    elif credentials.password:
        headers["authorization"] = _basic("", credentials.password)
    elif credentials.token or credentials.token_file:
        word = _secret(credentials.token, credentials.token_file, directory)
        headers["authorization"] = f"{credentials.scheme} {word}"
    return headers


def names_files(client: HttpClient) -> bool:
    """True if reaching the peer means reading files of this machine, or its environment."""
    tls, credentials, oauth2 = client.tls, client.credentials, client.oauth2
    paths: Mapping[str, object] = {
        "ca": tls.ca_file,
        "cert": tls.cert_file,
        "key": tls.key_file,
        "username": credentials.username_file,
        "password": credentials.password_file,
        "token": credentials.token_file,
        "headers": any(header.files for header in client.headers),
        "oauth2": oauth2 and (oauth2.client_secret_file or oauth2.tls.ca_file),
        "oauth2 key": oauth2 and (oauth2.tls.cert_file or oauth2.tls.key_file),
        "proxy": client.proxy.from_environment or (oauth2 and oauth2.proxy.from_environment),
    }
    return any(paths.values())


def _basic(username: str, password: str) -> str:
    return f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"


def _lifetime_ms(answer: _TokenAnswer) -> int:
    try:
        lifetime_ms = round(float(answer.expires_in or 0) * SECOND_MS)
    except (ValueError, OverflowError):
        lifetime_ms = 0
    return max(lifetime_ms - _EARLY_MS, 0) if lifetime_ms > 0 else _WITHOUT_END_MS


def _secret(text: str, path: str, directory: str) -> str:
    if not path:
        return text
    with open(os.path.join(directory, path), encoding="utf-8") as file:
        return file.read().strip()
