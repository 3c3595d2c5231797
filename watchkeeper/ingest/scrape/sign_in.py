"""The headers by which a scrape signs in at its target."""

from __future__ import annotations

import os
from base64 import b64encode

from watchkeeper.ingest.scrape.types import HttpClient


def headers_for(client: HttpClient, directory: str) -> dict[str, str]:
    """Authorization and other configured headers.

    directory: where relative *_file paths start. Files are read anew at each call.
    Raises OSError if one cannot be read.
    """
    headers = dict(client.headers or {})
    credentials = client.credentials
    if credentials.username or credentials.password or credentials.password_file:
        secret = _secret(credentials.password, credentials.password_file, directory)
        pair = f"{credentials.username}:{secret}".encode()
        headers["authorization"] = f"Basic {b64encode(pair).decode()}"
    elif credentials.token or credentials.token_file:
        secret = _secret(credentials.token, credentials.token_file, directory)
        headers["authorization"] = f"{credentials.scheme} {secret}"
    return headers


def _secret(text: str, path: str, directory: str) -> str:
    if not path:
        return text
    with open(os.path.join(directory, path), encoding="utf-8") as file:
        return file.read().strip()
