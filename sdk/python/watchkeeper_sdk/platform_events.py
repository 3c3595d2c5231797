"""What a platform does, in batches and beside the app: deployments, builds, functions, calls."""

from __future__ import annotations

import atexit
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Mapping

import urllib3

_PATH = "/v1/platform/events"
_MOST_WAITING = 10_000
_A_REQUEST = 1_000
_log = logging.getLogger("watchkeeper_sdk.platform")


class PlatformEvents:
    """Sends events of one project. Safe to share between threads; never raises into the app.

    address: such as https://watch.example.com, by default WATCHKEEPER_URL. key: the project's
    server key, by default WATCHKEEPER_KEY. Events wait in memory, at most 10,000, for up to
    `every_s`; what does not fit, or is refused, is counted in `dropped`.
    """

    def __init__(
        self, address: str | None = None, key: str | None = None, *, every_s: float = 1.0
    ) -> None:
        self._url = (address or os.environ.get("WATCHKEEPER_URL", "")).rstrip("/") + _PATH
        self._key = key or os.environ.get("WATCHKEEPER_KEY", "")
        self._every_s = every_s
        self._waiting: deque[Mapping[str, object]] = deque()
        self._changed = threading.Condition()
        self._sender: threading.Thread | None = None
        self._in_flight = 0
        self._resume_at = 0.0
        self._pool = urllib3.PoolManager(timeout=10.0, retries=False)
        self.dropped = 0
        if not (self._key and self._url != _PATH):
            _log.warning("no address or key, nothing will be sent; set WATCHKEEPER_URL and _KEY")

    def record_deployment_event(
        self, deployment_id: str, status: str = "started", **facts: object
    ) -> None:
        """status: started, in_progress, success or failure. facts: duration_ms, release,
        environment, url, timestamp (Unix ms) and others of your own."""
        self._put("deployment", {"deployment_id": deployment_id, "status": status}, facts)

    def record_build_event(self, deployment_id: str, phase: str, **facts: object) -> None:
        """facts: start_time and end_time (Unix ms) or duration_ms, status, error, framework,
        asset_count, total_size_bytes."""
        self._put("build", {"deployment_id": deployment_id, "phase": phase}, facts)

    def record_function_invocation(self, function_id: str, **facts: object) -> None:
        """facts: start_time at its start; status, duration_ms and error at its end."""
        self._put("function", {"function_id": function_id}, facts)

    def record_api_call(
        self, endpoint: str, method: str, status_code: int, response_time_ms: float, **facts: object
    ) -> None:
        """facts: user_id, trace_id, service."""
        known: dict[str, object] = {"endpoint": endpoint, "method": method}
        known |= {"status_code": status_code, "response_time_ms": response_time_ms}
        self._put("api_call", known, facts)

    def record_domain_event(self, domain: str, type: str, **facts: object) -> None:
        """type: such as domain_added, ssl_issued, ssl_expiring, ssl_failed. facts: status, error,
        expires_at."""
        self._put(type, {"domain": domain}, facts)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything was sent; False if it was not in time."""
        until = time.monotonic() + timeout_s
        with self._changed:
            self._resume_at = 0.0
            self._changed.notify_all()
            while self._waiting or self._in_flight:
                left_s = until - time.monotonic()
                if left_s <= 0 or not self._is_sending():
                    return False
                self._changed.wait(left_s)
        return True

    def _put(self, type: str, known: Mapping[str, object], facts: Mapping[str, object]) -> None:
        now_ms = int(time.time() * 1000)
        event: dict[str, object] = {"type": type, "timestamp": now_ms, **known, **facts}
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING or not self._key:
                self.dropped += 1
                return
            self._waiting.append(event)
            if not self._is_sending():
                self._sender = threading.Thread(target=self._send_on, daemon=True)
                self._resume_at = time.monotonic() + self._every_s
                self._sender.start()
                atexit.register(self.flush)
            self._changed.notify_all()

    def _is_sending(self) -> bool:
        """False after a fork as well: a child has no sender of its parent's."""
        return self._sender is not None and self._sender.is_alive()

    def _send_on(self) -> None:
        while True:
            batch = self._taken()
            waits_s = self._send(batch)
            with self._changed:
                self._in_flight = 0
                if waits_s is not None:
                    self._waiting.extendleft(reversed(batch))
                pause_s = 0.0 if len(batch) == _A_REQUEST else self._every_s
                self._resume_at = time.monotonic() + (pause_s if waits_s is None else waits_s)
                self._changed.notify_all()

    def _taken(self) -> list[Mapping[str, object]]:
        """The next events, once there are some and it is time."""
        with self._changed:
            while True:
                left_s = self._resume_at - time.monotonic()
                if self._waiting and left_s <= 0:
                    break
                self._changed.wait(left_s if self._waiting else None)
            batch = [self._waiting.popleft() for _at in range(min(_A_REQUEST, len(self._waiting)))]
            self._in_flight = len(batch)
            return batch

    def _send(self, batch: list[Mapping[str, object]]) -> float | None:
        """None when the batch is done with, else in how many seconds to try again."""
        try:
            body = json.dumps(batch, default=str).encode()
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            answer = self._pool.request("POST", self._url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            _log.debug("not sent: %s", error)
            return 5.0
        except Exception:  # never into the app, nor the end of this thread
            _log.debug("these events cannot be sent", exc_info=True)
            self.dropped += len(batch)
            return None
        if answer.status in (429, 503):
            return _seconds(answer.headers.get("retry-after", ""))
        if answer.status >= 400:
            _log.warning("events were refused: HTTP %s %s", answer.status, answer.data[:300])
            self.dropped += len(batch)
        return None


def _seconds(retry_after: str) -> float:
    return min(float(retry_after), 300.0) if retry_after.isdigit() else 5.0
