"""Reads and changes over Watchkeeper's JSON API, with an API token."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3


class ApiFailed(Exception):
    """The server did not answer as asked. status: 0 if there was no answer at all."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ApiClient:
    """One project of one server. Safe to share between threads.

    address: such as https://watch.example.com, by default WATCHKEEPER_URL. token: an API token
    (Settings → Tokens), by default WATCHKEEPER_TOKEN. project_id: by default
    WATCHKEEPER_PROJECT_ID.
    """

    def __init__(
        self,
        address: str | None = None,
        token: str | None = None,
        project_id: int | None = None,
        *,
        timeout_s: float = 10.0,
    ) -> None:
        self._address = (address or os.environ.get("WATCHKEEPER_URL", "")).rstrip("/")
        self._token = token or os.environ.get("WATCHKEEPER_TOKEN", "")
        self.project_id = project_id or int(os.environ.get("WATCHKEEPER_PROJECT_ID", "0"))
        if not (self._address and self._token and self.project_id):
            raise ValueError(
                "address, token and project_id are needed: pass them, or set WATCHKEEPER_URL, "
                "WATCHKEEPER_TOKEN and WATCHKEEPER_PROJECT_ID"
            )
        self._pool = urllib3.PoolManager(timeout=timeout_s, retries=urllib3.Retry(2, redirect=0))

    def get(self, path: str, **parameters: object) -> Any:
        """The JSON answer of a path below the project. Raises ApiFailed."""
        asked = {name: value for name, value in parameters.items() if value not in (None, "")}
        query = f"?{urlencode(asked, doseq=True)}" if asked else ""
        return self._ask("GET", path + query)

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The JSON answer to a change. Raises ApiFailed."""
        return self._ask(method, path, body if body is not None else {})

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self._address}/api/wk/projects/{self.project_id}/{path}"
        try:
            answer = self._pool.request(
                method, url, headers=headers, body=None if body is None else json.dumps(body)
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiFailed(0, f"{self._address} does not answer: {error}") from error
        if answer.status >= 400:
            raise ApiFailed(answer.status, _message(answer))
        return answer.json() if answer.data else None


def _message(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status}"
