"""Clients that send errors and samples, keep at it through crashes, and know what was accepted."""

from __future__ import annotations

import http.client
import json
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cramjam

EVENTS_AN_ISSUE = 50
SERIES_A_CLIENT = 20
SAMPLE_STEP_MS = 10
METRIC = "crash_load_total"
_RETRY_S = 0.02
_PADDING = "x" * 200


@dataclass
class Client:
    """One sender with a connection of its own. Repeats each request until it is accepted.

    accepted: numbers of the requests that were answered with success, in order.
    """

    port: int
    number: int
    request: Callable[[int, int], tuple[str, dict[str, str], bytes]]
    pause_s: float
    accepted: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        sequence = 0
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not stop.is_set():
            path, headers, body = self.request(self.number, sequence)
            status = self._post(connection, path, headers, body)
            if status is None or status in {502, 503, 504}:
                connection.close()
                time.sleep(_RETRY_S)
                continue
            if not 200 <= status < 300:
                self.refused.append(f"{status} for request {sequence}")
            else:
                self.accepted.append(sequence)
            sequence += 1
            time.sleep(self.pause_s)
        connection.close()

    def _post(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        headers: dict[str, str],
        body: bytes,
    ) -> int | None:
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return None
        return answer.status


def event_id(client: int, sequence: int) -> str:
    """The id of one client's event."""
    return f"{client:08x}{sequence:024x}"


def issue_type(client: int, sequence: int) -> str:
    """Its exception's type: so many consecutive events of a client make one issue."""
    return f"Load{client}x{sequence // EVENTS_AN_ISSUE}"


def envelopes(project_id: int, key: str) -> Callable[[int, int], tuple[str, dict[str, str], bytes]]:
    """Requests of a Sentry SDK with one event each."""
    headers = {
        "Content-Type": "application/x-sentry-envelope",
        "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=load/1, sentry_key={key}",
    }

    def request(client: int, sequence: int) -> tuple[str, dict[str, str], bytes]:
        event = {
            "event_id": event_id(client, sequence),
            "timestamp": time.time(),
            "platform": "python",
            "exception": {"values": [{"type": issue_type(client, sequence), "value": "load"}]},
            "extra": {f"field{n}": _PADDING for n in range(10)},
        }
        lines = ({"event_id": event["event_id"]}, {"type": "event"}, event)
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        return f"/api/{project_id}/envelope/", headers, body

    return request


def remote_writes(
    project_id: int, key: str, start_ms: int
) -> Callable[[int, int], tuple[str, dict[str, str], bytes]]:
    """Requests of Prometheus remote write 1.0: one sample of each of a client's series."""
    headers = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        "Authorization": f"Bearer {key}",
    }
    path = f"/p/{project_id}/api/v1/write"

    def request(client: int, sequence: int) -> tuple[str, dict[str, str], bytes]:
        ts_ms = start_ms + sequence * SAMPLE_STEP_MS
        series = b"".join(
            part(1, labels_of(client, slot) + part(2, sample_of(ts_ms, float(sequence))))
            for slot in range(SERIES_A_CLIENT)
        )
        return path, headers, bytes(cramjam.snappy.compress_raw(series))

    return request


def labels_of(client: int, slot: int) -> bytes:
    """Labels of one of a client's series."""
    pairs = (("__name__", METRIC), ("client", str(client)), ("slot", str(slot)))
    return b"".join(
        part(1, part(1, name.encode()) + part(2, value.encode())) for name, value in pairs
    )


def sample_of(ts_ms: int, value: float) -> bytes:
    """A sample's fields."""
    return b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(ts_ms)


def part(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
