"""The agent follows files: each event once, whole, through rotation and outages."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from watchkeeper.agent import OptionInvalid, read_options
from watchkeeper.agent.files import READ_BYTES
from watchkeeper.agent.journal import entry_of
from watchkeeper.agent.send import Answer
from watchkeeper.agent.ship import Shipper, service_of


@dataclass
class Server:
    """Keeps what is posted, unless it is told to answer otherwise."""

    answers: list[int] = field(default_factory=list)
    lines: list[dict[str, str]] = field(default_factory=list)

    def post(self, source: str, body: bytes) -> Answer:
        assert source == "file"
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.lines += [json.loads(line) for line in gzip.decompress(body).splitlines()]
        return Answer(status, "")

    @property
    def texts(self) -> list[str]:
        return [line["log"] for line in self.lines]


def shipper(tmp_path: Path, server: Server, *, from_start: bool = True) -> Shipper:
    return Shipper(
        server.post,
        directory=tmp_path / "state",
        patterns=[str(tmp_path / "*.log*")],
        is_from_start=from_start,
        host="web-1",
        service="",
        say=lambda _what: None,
    )


def settle(agent: Shipper) -> None:
    """Look as often as it takes until a last event counts as whole."""
    for _ in range(4):
        agent.step(lambda _s: False)


def append(path: Path, text: str) -> None:
    with path.open("a") as out:
        out.write(text)


def test_lines_are_sent_with_their_file_host_and_service(tmp_path: Path) -> None:
    server = Server()
    append(tmp_path / "app.log", "one\ntwo\nhalf")
    agent = shipper(tmp_path, server)
    settle(agent)
    append(tmp_path / "app.log", " a line\n")
    settle(agent)

    assert server.texts == ["one", "two", "half a line"]
    assert server.lines[0]["log.file.path"] == str(tmp_path / "app.log")
    assert server.lines[0]["host.name"] == "web-1"


def test_tracebacks_are_one_event(tmp_path: Path) -> None:
    python = (
        'ERROR failed\nTraceback (most recent call last):\n  File "a.py", line 1\n    x()\n'
        "KeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "b.py", line 2\nValueError: y'
    )
    java = "java.lang.X: no\n\tat a.B.c(B.java:1)\nCaused by: java.lang.Y\n\t... 3 more"
    go = "panic: boom\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/src/a.go:3 +0x1d\nexit status 2"
    json_line = '{"msg":"x"}'
    server = Server()
    append(tmp_path / "a.log", f"before\n{python}\n{java}\n{go}\n{json_line}\n{json_line}\nafter\n")

    settle(shipper(tmp_path, server))

    assert server.texts == ["before", python, java, go, json_line, json_line, "after"]


def test_rotation_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    server, path = Server(), tmp_path / "app.log"
    append(path, "1\n")
    agent = shipper(tmp_path, server)
    settle(agent)
    append(path, "2\n")
    path.rename(tmp_path / "app.log.1")
    append(path, "3\n")
    settle(agent)
    path.write_text("")
    settle(agent)
    append(path, "4\n")
    settle(agent)

    assert sorted(server.texts) == ["1", "2", "3", "4"]


def test_after_a_restart_it_goes_on_where_the_server_kept(tmp_path: Path) -> None:
    server, path = Server(), tmp_path / "app.log"
    append(path, "1\n2\n")
    settle(shipper(tmp_path, server))
    append(path, "3\n")
    gone = Server(answers=[503] * 50)
    shipper(tmp_path, gone).step(lambda _s: True)  # ends while the server is away
    settle(shipper(tmp_path, server))

    assert server.texts == ["1", "2", "3"]


def test_while_the_server_is_away_it_tries_again_and_reads_no_further(tmp_path: Path) -> None:
    server, waits = Server(answers=[0, 503, 401]), list[float]()

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        return False

    append(tmp_path / "app.log", "1\n2\n")
    agent = shipper(tmp_path, server)

    agent.step(pause)

    assert server.texts == ["1"]
    assert (agent.failed, agent.sent, len(waits)) == (3, 1, 3)


def test_what_the_server_refuses_for_good_is_counted(tmp_path: Path) -> None:
    server = Server(answers=[400])
    append(tmp_path / "app.log", "1\n2\n")
    agent = shipper(tmp_path, server)

    settle(agent)

    assert (agent.dropped, server.texts) == (1, ["2"])


def test_old_lines_are_left_alone_unless_asked_for(tmp_path: Path) -> None:
    server = Server()
    append(tmp_path / "old.log", "old\n")
    agent = shipper(tmp_path, server, from_start=False)
    settle(agent)
    append(tmp_path / "old.log", "new\n")
    append(tmp_path / "fresh.log", "first\n")
    settle(agent)

    assert sorted(server.texts) == ["first", "new"]


def test_long_lines_and_packed_files_do_not_stop_it(tmp_path: Path) -> None:
    server = Server()
    append(tmp_path / "a.log", "x" * (READ_BYTES + 5) + "\nafter\n")
    (tmp_path / "a.log.1.gz").write_bytes(b"\x1f\x8b")

    settle(shipper(tmp_path, server))

    assert "".join(server.texts).replace("\n", "") == "x" * (READ_BYTES + 5) + "after"


def test_a_damaged_file_of_positions_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "log-positions.json").write_text("{")
    server = Server()
    append(tmp_path / "a.log", "1\n")

    settle(shipper(tmp_path, server))

    assert server.texts == ["1"]


@pytest.mark.parametrize(
    ("path", "service"),
    [("/var/log/nginx/access.log", "nginx"), ("/var/log/app.log.1", "app"), ("x.log", "x")],
)
def test_a_service_is_told_by_the_path(path: str, service: str) -> None:
    assert service_of(path) == service


def test_entries_of_the_journal() -> None:
    entry = entry_of(b'{"MESSAGE":[104,105],"PRIORITY":"4","__CURSOR":"c","X":"y"}')

    assert entry == ({"MESSAGE": "hi", "PRIORITY": "4"}, "c")
    assert entry_of(b"no") is None


def test_options() -> None:
    base = {"WATCHKEEPER_AGENT_URL": "http://h/p/3", "WATCHKEEPER_AGENT_KEY": "k"}

    options = read_options(
        {**base, "WATCHKEEPER_AGENT_LOG_FILES": "/a/*.log, /b", "WATCHKEEPER_AGENT_JOURNALD": "1"}
    )

    assert (options.log_files, options.journald) == (("/a/*.log", "/b"), True)
    assert options.lines_url("file") == "http://h/p/3/v1/logs/json?source=file"
    with pytest.raises(OptionInvalid, match="--journald"):
        read_options({**base, "WATCHKEEPER_AGENT_JOURNALD": "maybe"})
