"""Sends requests in their order, keeps them while the server is away, and forgets the oldest."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from watchkeeper import __version__
from watchkeeper.lib.backoff import backoff_ms

TIMEOUT_S = 10.0
FIRST_PAUSE_MS = 1_000
LONGEST_PAUSE_MS = 60_000
_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
LINE_HEADERS = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
REFUSED_KEY = {401, 403, 404}


class Answer(NamedTuple):
    """status: 0 if there was none. retry_after_s: as the server asked, or 0."""

    status: int
    text: str
    retry_after_s: float = 0.0


Post = Callable[[bytes], Answer]


@dataclass(slots=True)
class Waiting:
    """One request that waits. samples: how many it holds."""

    body: bytes
    samples: int


class Outbox:
    """A queue bounded in bytes. One thread puts, another sends."""

    def __init__(self, post: Post, *, max_bytes: int, say: Callable[[str], None]) -> None:
        self._post, self._max_bytes, self._say = post, max_bytes, say
        self._waiting: deque[Waiting] = deque()
        self._wakes = threading.Condition()
        self._held = self._failures = 0
        self._is_ending = False
        self.sent = self.dropped = self.failed = 0
        """Samples accepted and lost, and attempts that failed, since the start."""

    def put(self, body: bytes, samples: int) -> None:
        """Queue a request; the oldest make room."""
        with self._wakes:
            self._waiting.append(Waiting(body, samples))
            self._held += len(body)
            while self._held > self._max_bytes and len(self._waiting) > 1:
                self._lose(self._waiting.popleft())
            self._wakes.notify()

    def run(self) -> None:
        """Send until `end`; what waits then has one more try."""
        while True:
            with self._wakes:
                while not self._waiting and not self._is_ending:
                    self._wakes.wait()
                if self._is_ending:
                    break
            pause_s = self.send_one()
            with self._wakes:
                if pause_s and not self._is_ending:
                    self._wakes.wait_for(lambda: self._is_ending, pause_s)
        while self._waiting and not self.send_one():
            pass

    def end(self) -> None:
        """Make `run` return."""
        with self._wakes:
            self._is_ending = True
            self._wakes.notify_all()

    def send_one(self) -> float:
        """Send the oldest request. Returns seconds to wait before the next call."""
        with self._wakes:
            oldest = self._waiting[0]
        answer = self._post(oldest.body)
        if 200 <= answer.status < 300:
            self._done(oldest, is_kept=True)
            return 0.0
        self.failed += 1
        if 400 <= answer.status < 500 and answer.status not in {*REFUSED_KEY, 408, 425, 429}:
            self._say(f"the server refused some of {oldest.samples} samples: {answer.text}")
            self._done(oldest, is_kept=False)
            return 0.0
        if not self._failures or answer.status in REFUSED_KEY:
            self._say(f"cannot send, trying again: {answer.status or ''} {answer.text}".strip())
        self._failures += 1
        pause_ms = backoff_ms(self._failures, first_ms=FIRST_PAUSE_MS, largest_ms=LONGEST_PAUSE_MS)
        return max(pause_ms / 1000, min(answer.retry_after_s, LONGEST_PAUSE_MS / 1000))

    def _done(self, request: Waiting, *, is_kept: bool) -> None:
        with self._wakes:
            if self._failures and is_kept:
                self._say("the server takes samples again")
            self._failures = 0
            if self._waiting and self._waiting[0] is request:
                self._waiting.popleft()
                self._held -= len(request.body)
            if is_kept:
                self.sent += request.samples
            else:
                self.dropped += request.samples

    def _lose(self, request: Waiting) -> None:
        self._held -= len(request.body)
        self.dropped += request.samples


class HttpPost:
    """Posts to one address over one connection that is kept. headers: of what is posted."""

    def __init__(self, url: str, key: str, headers: Mapping[str, str] = _HEADERS) -> None:
        self._url = urlsplit(url)
        self._target = f"{self._url.path}?{self._url.query}" if self._url.query else self._url.path
        self._headers = {
            **headers,
            "Authorization": f"Bearer {key}",
            "User-Agent": f"watchkeeper-agent/{__version__}",
        }
        self._connection: http.client.HTTPConnection | None = None

    def __call__(self, body: bytes) -> Answer:
        try:
            connection = self._connection or self._connect()
            self._connection = connection
            connection.request("POST", self._target, body, self._headers)
            answer = connection.getresponse()
            text = answer.read(1_000).decode("utf-8", "replace").strip()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, str(error) or type(error).__name__)
        after = answer.getheader("Retry-After", "")
        return Answer(answer.status, text, float(after) if after.isdecimal() else 0.0)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(host, self._url.port, timeout=TIMEOUT_S)
        return http.client.HTTPConnection(host, self._url.port, timeout=TIMEOUT_S)
