"""What an agent is told, by WATCHKEEPER_AGENT_* variables."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from watchkeeper.lib.errors import WatchkeeperError

PREFIX = "WATCHKEEPER_AGENT_"
WRITE_PATH = "/api/v1/write"
LINES_PATH = "/v1/logs/json"
_NAMES = (
    "URL", "KEY", "INTERVAL_S", "JOB", "INSTANCE", "LABELS", "LISTEN", "BUFFER_BYTES",
    "LOG_FILES", "LOG_FROM_START", "LOG_SERVICE", "JOURNALD", "STATE_DIR",
)  # fmt: skip
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class OptionInvalid(WatchkeeperError):
    """The agent was told something wrong; the sentence names the variable and the option."""

    code: ClassVar[str] = "agent_option_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOptions:
    """url: of the server, with or without /p/<project>. key: a server key. listen: HOST:PORT of
    the local /metrics, or empty. buffer_bytes: of what waits while the server is away.
    log_files: patterns of files to follow. state_dir: where it is kept how far they are sent."""

    url: str
    key: str
    interval_s: float = 15.0
    job: str = "node"
    instance: str = field(default_factory=socket.gethostname)
    labels: Mapping[str, str] = field(default_factory=dict)
    listen: str = ""
    buffer_bytes: int = 8 * 2**20
    log_files: tuple[str, ...] = ()
    log_from_start: bool = False
    log_service: str = ""
    journald: bool = False
    state_dir: Path = field(default_factory=lambda: default_state_dir({}))

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"http", "https"} or not urlsplit(self.url).hostname:
            raise _wrong("URL", f"must be like https://watch.example.com, got {self.url!r}")
        if not self.key:
            raise _wrong("KEY", "is missing; `watchkeeper setup` and Settings, Keys show it")
        if not 1 <= self.interval_s <= 3600:
            raise _wrong("INTERVAL_S", f"must be 1..3600, got {self.interval_s}")
        if not 2**16 <= self.buffer_bytes <= 2**30:
            raise _wrong("BUFFER_BYTES", f"must be 65536..1073741824, got {self.buffer_bytes}")
        if self.listen and not re.fullmatch(r".*:[0-9]{1,5}", self.listen):
            raise _wrong("LISTEN", f"must be HOST:PORT, got {self.listen!r}")

    @property
    def write_url(self) -> str:
        """Where remote write goes."""
        base = self.url.rstrip("/")
        return base if base.endswith(WRITE_PATH) else base + WRITE_PATH

    @property
    def ships_logs(self) -> bool:
        """True if there are log lines to send."""
        return bool(self.log_files) or self.journald

    def lines_url(self, source: str) -> str:
        """Where log lines of a source go: file, journald."""
        base = self.url.rstrip("/").removesuffix(WRITE_PATH)
        return f"{base}{LINES_PATH}?source={source}"

    @property
    def target_labels(self) -> dict[str, str]:
        """Labels of every series."""
        return {**self.labels, "job": self.job, "instance": self.instance}


def read_options(environ: Mapping[str, str]) -> AgentOptions:
    """The options that these variables mean; `…_FILE` reads a value from a file.

    Raises OptionInvalid, also for a WATCHKEEPER_AGENT_ variable that does not exist.
    """
    given = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX)
        plain = name.removesuffix("_FILE")
        if plain not in _NAMES:
            known = ", ".join(PREFIX + each for each in _NAMES)
            raise OptionInvalid(f"Unknown variable {variable}. Known: {known}.")
        said = value if name in _NAMES else _of_file(variable, value)
        if said:
            given[plain] = said
    return AgentOptions(
        url=given.get("URL", ""),
        key=given.get("KEY", ""),
        interval_s=_number(given, "INTERVAL_S", 15.0),
        job=given.get("JOB", "node"),
        instance=given.get("INSTANCE", "") or socket.gethostname(),
        labels=_labels(given.get("LABELS", "")),
        listen=given.get("LISTEN", ""),
        buffer_bytes=int(_number(given, "BUFFER_BYTES", 8 * 2**20)),
        log_files=tuple(filter(None, map(str.strip, given.get("LOG_FILES", "").split(",")))),
        log_from_start=_switch(given, "LOG_FROM_START"),
        log_service=given.get("LOG_SERVICE", ""),
        journald=_switch(given, "JOURNALD"),
        state_dir=Path(given["STATE_DIR"]) if "STATE_DIR" in given else default_state_dir(environ),
    )


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """systemd's state directory of the unit, or one in the user's home."""
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else Path.home() / ".local" / "state" / "watchkeeper-agent"


def _switch(given: Mapping[str, str], name: str) -> bool:
    said = given.get(name, "false").lower()
    if said not in {"true", "false", "1", "0"}:
        raise _wrong(name, f"must be true or false, got {given[name]!r}")
    return said in {"true", "1"}


def _labels(text: str) -> dict[str, str]:
    """`name=value,name=value`."""
    labels = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if _LABEL.fullmatch(name.strip()) is None or name.strip().startswith("__"):
            raise _wrong("LABELS", f"must be like site=berlin,role=db, got {text!r}")
        labels[name.strip()] = value.strip()
    return labels


def _number(given: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(given[name]) if name in given else default
    except ValueError:
        raise _wrong(name, f"must be a number, got {given[name]!r}") from None


def _of_file(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OptionInvalid(
            f"{variable} names {path}, which cannot be read: {error.strerror}."
        ) from error


def _wrong(name: str, what: str) -> OptionInvalid:
    option = "--" + name.lower().replace("_", "-")
    return OptionInvalid(f"{PREFIX}{name} ({option}) {what}.")
