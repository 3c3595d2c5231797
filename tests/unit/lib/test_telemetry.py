"""The server's own metrics, logs and loops."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import structlog
from prometheus_client import CollectorRegistry, Counter

from tests.fakes.clock import HandClock
from watchkeeper.lib.telemetry import (
    LoopGuard,
    OwnLog,
    OwnLogs,
    OwnSample,
    SelfWatch,
    Telemetry,
    new_registry,
    snapshot,
    start_telemetry,
)


@dataclass
class KeptSink:
    """Keeps what is written; `broken` refuses logs as a full spool would."""

    rows: list[OwnSample] = field(default_factory=list)
    lines: list[OwnLog] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)
    broken: bool = False

    def samples(self, rows: Sequence[OwnSample], at_ms: int) -> None:
        self.rows += rows

    def logs(self, rows: Sequence[OwnLog]) -> None:
        if self.broken:
            raise OSError("spool full")
        self.lines += rows

    def error(self, event_json: bytes) -> None:
        self.events.append(json.loads(event_json))


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def telemetry(output: io.StringIO) -> Iterator[Telemetry]:
    """Telemetry of a process of its own; the test runner's logging comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield start_telemetry(process="edge", version="1.2.3", log_format="json", stream=output)
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def self_watch(telemetry: Telemetry, sink: KeptSink) -> SelfWatch:
    return SelfWatch(
        registry=telemetry.registry, logs=telemetry.logs, sink=sink, clock=HandClock(),
        process="edge", release="1.2.3",
    )  # fmt: skip


def test_a_log_line_is_one_json_object(telemetry: Telemetry, output: io.StringIO) -> None:
    structlog.get_logger("watchkeeper.test").info("started", port=8000)

    line = json.loads(output.getvalue())
    assert (line["event"], line["port"], line["level"]) == ("started", 8000, "info")
    assert (line["logger"], line["process"]) == ("watchkeeper.test", "edge")


def test_lines_of_libraries_look_the_same(telemetry: Telemetry, output: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("port %s", 8000)

    assert json.loads(output.getvalue())["event"] == "port 8000"


def test_what_a_library_was_told_before_does_not_matter(
    telemetry: Telemetry, output: io.StringIO
) -> None:
    library = logging.getLogger("uvicorn.error")
    library.setLevel("CRITICAL")
    library.propagate = False

    start_telemetry(process="edge", version="1", log_format="json", stream=output)
    library.warning("port %s", 8000)

    assert json.loads(output.getvalue())["event"] == "port 8000"


def test_the_request_s_id_is_on_its_lines(telemetry: Telemetry, output: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger().info("hello")

    assert json.loads(output.getvalue())["request_id"] == "abc"


def test_warnings_are_kept_for_the_store_and_information_is_not(telemetry: Telemetry) -> None:
    log = structlog.get_logger("watchkeeper.test")
    log.info("fine")
    log.warning("late", lag_ms=5)

    [line] = telemetry.logs.take()
    assert (line.body, line.severity, line.attributes["lag_ms"]) == ("late", "warning", "5")
    assert telemetry.logs.take() == []


def test_an_exception_becomes_an_event_without_local_values(telemetry: Telemetry) -> None:
    password = "planted-secret"
    try:
        raise KeyError("missing")
    except KeyError:
        structlog.get_logger("watchkeeper.test").exception("it broke")
    sink = KeptSink()

    self_watch(telemetry, sink).run_once()

    [event] = sink.events
    text = json.dumps(event)
    assert event["exception"]["values"][0]["type"] == "KeyError"  # type: ignore[index]
    assert "test_an_exception_becomes" in text
    assert f'"{password}"' not in text.replace('password = \\"planted-secret\\"', "")


def test_a_full_buffer_drops_and_counts() -> None:
    logs = OwnLogs(max_kept=2)
    logger = logging.Logger("test")
    logger.addHandler(logs)

    for number in range(3):
        logger.warning("line %s", number)

    assert [line.body for line in logs.take()] == ["line 0", "line 1"]
    assert logs.dropped == 1


def test_lines_that_could_not_be_written_are_kept_in_order(telemetry: Telemetry) -> None:
    log = logging.getLogger("watchkeeper.test")
    log.warning("first")
    log.warning("second")
    sink = KeptSink(broken=True)
    watch = self_watch(telemetry, sink)
    with pytest.raises(OSError, match="spool full"):
        watch.run_once()

    sink.broken = False
    watch.run_once()

    assert [line.body for line in sink.lines] == ["first", "second"]


def test_own_metrics_are_rows_as_a_scrape_would_store_them(telemetry: Telemetry) -> None:
    jobs = Counter("watchkeeper_jobs", "Jobs.", ["kind"], registry=telemetry.registry)
    jobs.labels("b").inc(2)
    sink = KeptSink()

    written = self_watch(telemetry, sink).run_once()

    values = {row.labels: row.value for row in sink.rows}
    labels = {
        "__name__": "watchkeeper_jobs_total", "instance": "edge", "job": "watchkeeper", "kind": "b",
    }  # fmt: skip
    assert values[tuple(sorted(labels.items()))] == 2
    assert written == len(sink.rows)
    assert (("__name__", "up"), ("instance", "edge"), ("job", "watchkeeper")) in values
    assert not any(dict(labels)["__name__"].endswith("_created") for labels in values)


def test_the_process_s_memory_is_among_its_metrics() -> None:
    rows = {
        dict(row.labels)["__name__"]: row.value for row in snapshot(new_registry(version="1"), {})
    }

    assert rows["process_resident_memory_bytes"] > 1_000_000


def test_a_loop_that_crashes_is_run_again_and_counted() -> None:
    registry = CollectorRegistry()
    stopping = threading.Event()
    runs = []

    def body() -> None:
        runs.append(1)
        stopping.set()
        raise RuntimeError("planted")

    LoopGuard(registry).run_blocking("digest", body, stopping)

    restarts = registry.get_sample_value("watchkeeper_loop_restarts_total", {"loop": "digest"})
    assert (len(runs), restarts) == (1, 1)


async def test_an_async_loop_that_crashes_is_run_again() -> None:
    registry = CollectorRegistry()
    runs = []

    async def body() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("planted")

    await LoopGuard(registry, first_pause_s=0).run("scrape", body)

    assert len(runs) == 2


def test_an_exception_in_a_thread_reaches_the_log(
    telemetry: Telemetry, output: io.StringIO
) -> None:
    def body() -> None:
        raise RuntimeError("planted")

    thread = threading.Thread(target=body, name="worker-7")
    thread.start()
    thread.join()

    assert "worker-7" in json.loads(output.getvalue())["event"]
