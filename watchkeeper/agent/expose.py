"""The agent's local /metrics, for a Prometheus that would rather scrape."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from watchkeeper.lib.host import Reading, type_of

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def expose(listen: str, read: Callable[[], Sequence[Reading]]) -> ThreadingHTTPServer:
    """Answer GET /metrics at HOST:PORT from a thread. Raises OSError."""
    host, _, port = listen.rpartition(":")

    class Handler(BaseHTTPRequestHandler):
        """Answers one path."""

        def do_GET(self) -> None:
            is_known = self.path.partition("?")[0] == "/metrics"
            body = exposition(read()).encode() if is_known else b"Look at /metrics\n"
            self.send_response(200 if is_known else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A scrape is no news."""

    server = ThreadingHTTPServer((host.strip("[]") or "0.0.0.0", int(port)), Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


def exposition(readings: Sequence[Reading]) -> str:
    """Prometheus's text format, family by family."""
    families: dict[str, list[str]] = {}
    for name, labels, value in readings:
        text = ",".join(f'{label}="{text.translate(_ESCAPES)}"' for label, text in labels)
        families.setdefault(name, []).append(f"{name}{{{text}}} {value!r}")
    lines = []
    for name, samples in families.items():
        lines += [f"# TYPE {name} {type_of(name)}", *samples]
    return "\n".join(lines) + "\n"
