"""The agent at work: one thread measures, one sends, a third may answer /metrics."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable

import cramjam

from watchkeeper import __version__
from watchkeeper.agent.options import AgentOptions
from watchkeeper.agent.payload import Encoder
from watchkeeper.agent.send import LINE_HEADERS, HttpPost, Outbox
from watchkeeper.lib.clock import SECOND_MS, Clock, system_clock
from watchkeeper.lib.host import Reading, read_host
from watchkeeper.lib.schedule import next_slot_ms

END_WITHIN_S = 12.0


class Agent:
    """Reads the host and queues what it read."""

    def __init__(self, options: AgentOptions, outbox: Outbox) -> None:
        self._encoder = Encoder(options.target_labels)
        self._outbox = outbox

    def measure(self, ts_ms: int) -> int:
        """Read everything once, as of `ts_ms`; returns the number of samples."""
        readings = self.readings()
        body = bytes(cramjam.snappy.compress_raw(self._encoder.request(readings, ts_ms)))
        self._outbox.put(body, len(readings))
        return len(readings)

    def readings(self) -> list[Reading]:
        """The host's metrics and the agent's own."""
        outbox = self._outbox
        return [
            *read_host(),
            ("node_agent_info", (("version", __version__),), 1.0),
            ("node_agent_sent_samples_total", (), float(outbox.sent)),
            ("node_agent_dropped_samples_total", (), float(outbox.dropped)),
            ("node_agent_failed_requests_total", (), float(outbox.failed)),
        ]


def run_agent(options: AgentOptions) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit status."""
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    post = HttpPost(options.write_url, options.key)
    outbox = Outbox(post, max_bytes=options.buffer_bytes, say=_say)
    agent = Agent(options, outbox)
    sender = threading.Thread(target=outbox.run, name="send", daemon=True)
    sender.start()
    shipping = _ship(options, stopping) if options.ships_logs else None
    if options.listen:
        from watchkeeper.agent.expose import expose

        expose(options.listen, agent.readings)
    _say(f"measuring this host every {options.interval_s:g} s for {options.write_url}")
    measure_until(stopping.wait, agent, interval_ms=round(options.interval_s * SECOND_MS))
    outbox.end()
    sender.join(END_WITHIN_S)
    if shipping:
        shipping.join(END_WITHIN_S)
    return 0


def _ship(options: AgentOptions, stopping: threading.Event) -> threading.Thread:
    """Begin to send log lines. Raises OSError if their positions or the journal cannot be read."""
    from watchkeeper.agent.journal import Journal
    from watchkeeper.agent.ship import Shipper

    posts = {
        source: HttpPost(options.lines_url(source), options.key, LINE_HEADERS)
        for source in ("file", "journald")
    }
    shipper = Shipper(
        lambda source, body: posts[source](body),
        directory=options.state_dir,
        patterns=options.log_files,
        is_from_start=options.log_from_start,
        host=options.instance,
        service=options.log_service,
        say=_say,
        journal=Journal if options.journald else None,
    )
    thread = threading.Thread(target=shipper.run, args=(stopping.wait,), name="logs", daemon=True)
    thread.start()
    _say(f"sending log lines to {options.lines_url('file').partition('?')[0]}")
    return thread


def measure_until(
    pause: Callable[[float], bool], agent: Agent, *, interval_ms: int, clock: Clock = system_clock
) -> None:
    """Measure at each multiple of the interval, until `pause` (seconds) says that it is over."""
    while True:
        slot_ms = next_slot_ms(clock() + 1, interval_ms, 0)
        if pause(max(0, slot_ms - clock()) / SECOND_MS):
            return
        agent.measure(slot_ms)


def _say(what: str) -> None:
    print(f"watchkeeper agent: {what}", file=sys.stderr, flush=True)
