"""Writes some of the requests of a run as captures that tests replay.

`python -m tests.matrix.keep DIRECTORY/passed.pickle TARGET`
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import pickle
import re
import sys
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.matrix.compare import items_of
from tests.matrix.relay import Passed

_KEY = b"a" * 32
_PATHS = re.compile(rb"/(?:work|tmp|root|home)/[\w./+@-]+|(?<=\")work\.[\w.-]+")
_LEFT_OUT = {"host", "content-length", "connection", "x-forwarded-for"}
WANTED: Mapping[str, tuple[str, str, frozenset[str]]] = {
    "raven-python": ("raven python", "raven 6.10.0 (Python)", frozenset({"event"})),
    "raven-node": ("raven node", "raven 2.6.4 (Node)", frozenset({"event"})),
    "python-0-errors": (
        "sentry-sdk 0.20.3 errors",
        "sentry-sdk 0.20.3 (Python)",
        frozenset({"event"}),
    ),
    "python-0-flask": (
        "sentry-sdk 0.20.3 flask",
        "sentry-sdk 0.20.3 (Python)",
        frozenset({"event", "transaction"}),
    ),
    "python-1-flask": (
        "sentry-sdk 1.0.0 flask",
        "sentry-sdk 1.0.0 (Python)",
        frozenset({"sessions", "transaction"}),
    ),
    "python-1-profile": (
        "sentry-sdk 1.45.1 profile",
        "sentry-sdk 1.45.1 (Python)",
        frozenset({"profile"}),
    ),
    "python-1-metrics": (
        "sentry-sdk 1.45.1 metrics",
        "sentry-sdk 1.45.1 (Python)",
        frozenset({"statsd"}),
    ),
    "python-2-profile": (
        "sentry-sdk 2.20.0 continuous",
        "sentry-sdk 2.20.0 (Python)",
        frozenset({"profile_chunk"}),
    ),
    "node-6": (
        "@sentry/node 6",
        "@sentry/node 6.19.7",
        frozenset({"event", "transaction", "session"}),
    ),
    "node-7": ("@sentry/node 7", "@sentry/node 7.120.4", frozenset({"profile", "check_in"})),
    "browser-6": (
        "@sentry/browser 6",
        "@sentry/browser 6.19.7",
        frozenset({"event", "transaction", "client_report"}),
    ),
    "browser-7": (
        "@sentry/browser 7",
        "@sentry/browser 7.120.4",
        frozenset({"user_report", "replay_event", "event"}),
    ),
}
"""Label of the capture: label of the run, client, and types of items of which some are kept."""
_MOST = 5
"""Requests kept of one type of item."""


def main(run: Path, target: Path) -> None:
    """Write the captures."""
    with run.open("rb") as file:
        passed: list[Passed] = pickle.load(file)
    for label, (program, client, types) in WANTED.items():
        kept: Counter[str] = Counter()
        found = [each for each in passed if each.label == program and each.method == "POST"]
        for each in found:
            sent = [item.type for item in items_of(each) if item.type in types]
            if not sent or kept[sent[0]] >= _MOST:
                continue
            number = kept.total()
            kept[sent[0]] += 1
            text = json.dumps(_capture(each, client), indent=1)
            (target / f"{label}-{number}.json").write_text(text + "\n")


def _capture(passed: Passed, client: str) -> dict[str, object]:
    """The request as a test replays it: another key, no path of the machine it ran on."""
    path, _, query = passed.path.partition("?")
    key = _key_of(passed)
    headers = {
        name: value.replace(key, _KEY.decode())
        for name, value in passed.headers.items()
        if name not in _LEFT_OUT
    }
    return {
        "client": client,
        "method": passed.method,
        "path": path,
        "query": query.replace(key, _KEY.decode()),
        "headers": headers,
        "body": base64.b64encode(_neutral(passed.body, key.encode())).decode(),
    }


def _key_of(passed: Passed) -> str:
    told = f"{passed.path} {passed.headers.get('x-sentry-auth', '')}"
    found = re.search(r"sentry_key=([0-9a-f]{32})", told)
    return found[1] if found else ""


def _neutral(body: bytes, key: bytes) -> bytes:
    """The body, packed as it was."""
    if body.startswith(b"\x1f\x8b"):
        return gzip.compress(_plain(gzip.decompress(body), key), mtime=0)
    if body[:1] == b"\x78":
        return zlib.compress(_plain(zlib.decompress(body), key))
    try:
        packed = base64.b64decode(body, validate=True)
    except binascii.Error:
        return _plain(body, key)
    return base64.b64encode(zlib.compress(_plain(zlib.decompress(packed), key)))


def _plain(body: bytes, key: bytes) -> bytes:
    """Of the same length, as items tell theirs."""
    body = body.replace(key, _KEY) if key else body
    return _PATHS.sub(_other_path, body)


def _other_path(found: re.Match[bytes]) -> bytes:
    """`/srv/shop…/name.py` as long as the path was."""
    path: bytes = found[0]
    if not path.startswith(b"/"):  # a module named after its folders
        return (b"shop." * len(path))[: len(path)]
    name = path.rpartition(b"/")[2]
    middle = len(path) - len(b"/srv/") - len(name) - 1
    return path if middle < 1 else b"/srv/" + (b"shop" * middle)[:middle] + b"/" + name


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
