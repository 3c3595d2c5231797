"""journald, by its own program: `journalctl --follow --output=json`."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading

MOST_WAITING = 2_000
_FIELDS = (
    "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT", "_HOSTNAME", "_PID", "_TRANSPORT",
    "__REALTIME_TIMESTAMP", "CONTAINER_NAME", "CODE_FILE", "CODE_LINE",
)  # fmt: skip

Entry = tuple[dict[str, str], str]
"""(fields, cursor)"""


class Journal:
    """Entries as they come. The program waits while nobody takes them: its pipe is full then."""

    def __init__(self, cursor: str) -> None:
        """Raises OSError if the program is not there."""
        program = shutil.which("journalctl")
        if program is None:
            raise FileNotFoundError("journalctl is not installed")
        begin = [f"--after-cursor={cursor}"] if cursor else ["--lines=0"]
        self._process = subprocess.Popen(
            [program, "--follow", "--output=json", "--no-pager", *begin],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._waiting: queue.Queue[Entry] = queue.Queue(MOST_WAITING)
        threading.Thread(target=self._read, name="journal", daemon=True).start()

    def read(self, most: int) -> list[Entry]:
        """Entries that wait."""
        found: list[Entry] = []
        while len(found) < most:
            try:
                found.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return found

    def close(self) -> None:
        """End the program."""
        self._process.terminate()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if entry := entry_of(line):
                self._waiting.put(entry)


def entry_of(line: bytes) -> Entry | None:
    """One line of the program; None if it is no entry. Bytes that are no text come as numbers."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    fields = {name: _text(found[name]) for name in _FIELDS if found.get(name) is not None}
    return fields, str(found.get("__CURSOR", ""))


def _text(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, int) and 0 <= one < 256 for one in value):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
