"""Sends log lines in order, remembers how far it is, and waits while the server is away."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath

from watchkeeper.agent.files import Event, Files
from watchkeeper.agent.journal import Journal
from watchkeeper.agent.positions import Positions
from watchkeeper.agent.send import FIRST_PAUSE_MS, LONGEST_PAUSE_MS, REFUSED_KEY, Answer
from watchkeeper.lib.backoff import backoff_ms

BATCH_BYTES = 512 * 1024
LOOK_AGAIN_S = 0.5
_ENTRIES = 1_000
_PLAIN_FOLDERS = {"log", "logs", ""}
_PASSING = {408, 425, 429}

PostTo = Callable[[str, bytes], Answer]
"""Posts a body to `file` or `journald`."""
Pause = Callable[[float], bool]
"""Waits seconds; True once it is over."""


class Shipper:
    """Log files and the journal of one host. One thread runs it."""

    def __init__(
        self,
        post: PostTo,
        *,
        directory: Path,
        patterns: Sequence[str],
        is_from_start: bool,
        host: str,
        service: str,
        say: Callable[[str], None],
        journal: Callable[[str], Journal] | None = None,
    ) -> None:
        self._post, self._host, self._service, self._say = post, host, service, say
        self._positions = Positions(directory)
        self._files = Files(patterns, self._positions.files, from_start=is_from_start)
        self._journal = journal(self._positions.journal) if journal else None
        self.sent = self.dropped = self.failed = 0
        """Lines kept and refused, and attempts that failed, since the start."""

    def run(self, pause: Pause) -> None:
        """Ship until `pause` says that it is over."""
        is_over = False
        while not is_over:
            is_over = pause(0.0 if self.step(pause) else LOOK_AGAIN_S)
        self._files.close()
        if self._journal:
            self._journal.close()

    def step(self, pause: Pause) -> int:
        """Ship what is new once; returns the number of lines."""
        return self._ship_files(pause) + self._ship_journal(pause)

    def _ship_files(self, pause: Pause) -> int:
        events = list(self._files.read(BATCH_BYTES))
        if events and self._send("file", [self._line(event) for event in events], pause):
            self._positions.save({event.key: event.end for event in events})
        return len(events)

    def _ship_journal(self, pause: Pause) -> int:
        entries = self._journal.read(_ENTRIES) if self._journal else []
        if entries and self._send("journald", [fields for fields, _cursor in entries], pause):
            self._positions.save(journal=entries[-1][1])
        return len(entries)

    def _line(self, event: Event) -> dict[str, str]:
        service = self._service or service_of(event.path)
        return {
            "log": event.text,
            "log.file.path": event.path,
            "service.name": service,
            "host.name": self._host,
        }

    def _send(self, source: str, lines: Sequence[Mapping[str, str]], pause: Pause) -> bool:
        """True once they are kept, or refused for good; False if it is over before."""
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        body, failures = gzip.compress(text.encode("utf-8", "replace"), 3), 0
        while True:
            answer = self._post(source, body)
            if 200 <= answer.status < 300:
                self.sent += len(lines)
                return True
            self.failed += 1
            if 400 <= answer.status < 500 and answer.status not in REFUSED_KEY | _PASSING:
                self._say(f"the server refused {len(lines)} log lines: {answer.text}")
                self.dropped += len(lines)
                return True
            if not failures:
                self._say(f"cannot send logs, trying again: {answer.status or ''} {answer.text}")
            failures += 1
            wait_ms = backoff_ms(failures, first_ms=FIRST_PAUSE_MS, largest_ms=LONGEST_PAUSE_MS)
            if pause(max(wait_ms / 1000, min(answer.retry_after_s, LONGEST_PAUSE_MS / 1000))):
                return False


def service_of(path: str) -> str:
    """What a file's lines belong to: its folder (`/var/log/nginx/…`), or else its name."""
    found = PurePath(path)
    folder = found.parent.name
    return found.name.partition(".")[0] if folder in _PLAIN_FOLDERS else folder
