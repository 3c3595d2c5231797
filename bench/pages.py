"""Every page's API on a month of data: `make bench-pages`.

1 M error events, 10 M spans, 10 M log lines are made once in a data directory and kept there. Then
the real server runs on it, and each route that a page asks is asked 20 times, after one warm-up,
for its usual windows and with other parameters each time: first all routes for the last day, then
the other windows, until the time is over. Printed a route and window: how often it was asked, wall
at the median, the 95th percentile and the worst, and the CPU of the server's processes an answer.
What there is when the run ends, by itself, by its time or by a signal, is published with what was
left out.
"""

from __future__ import annotations

import argparse
import fnmatch
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from bench.page_asks import WINDOWS, Ask, Known, Query, asks_of
from bench.page_data import KEPT_DAYS, Filled, Sizes, prepared
from bench.report import Bar, publish
from bench.server import Server
from watchkeeper.lib.clock import DAY_MS

LIMIT_MS = 100.0
FEWEST_TURNS = 20
"""Below that the 95th percentile is the worst."""
_DAY = "24h"
_SIGN_IN = {"email": "mara@example.com", "password": "correct horse battery"}
_QUIET = {
    "WATCHKEEPER_STATSD_LISTEN": "",
    "WATCHKEEPER_OTLP_GRPC_LISTEN": "",
    "WATCHKEEPER_RETENTION_ERRORS_DAYS": str(KEPT_DAYS),
    "WATCHKEEPER_RETENTION_SPANS_DAYS": str(KEPT_DAYS),
    "WATCHKEEPER_RETENTION_LOGS_DAYS": str(KEPT_DAYS),
}
"""The data grows old between runs; it is asked as of its own end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A route and window as asked n times: ms of wall; cpu_ms: of the server, a mean."""

    name: str
    window: str
    n: int
    p50_ms: float
    p95_ms: float
    worst_ms: float
    cpu_ms: float
    kib: float

    def line(self) -> str:
        figures = (self.p50_ms, self.p95_ms, self.worst_ms, self.cpu_ms, self.kib)
        told = f"{self.name:34s} {self.window:>4s} {self.n:3d}"
        return told + "".join(f"{each:9.1f}" for each in figures)


_FIGURES = ("p50", "p95", "worst", "cpu", "KiB")
HEAD = f"{'':34s} {'':>4s} {'n':>3s}" + "".join(f"{one:>9s}" for one in _FIGURES)


class Pages:
    """The server's pages, as a browser asks for them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = httpx.Client(base_url=f"{server.url}/api/wk", timeout=60.0)
        self._client.post("/session", json=_SIGN_IN).raise_for_status()

    def get(self, path: str, query: Query) -> httpx.Response:
        """The answer. Raises RuntimeError with it if it is a refusal."""
        answer = self._client.get(path, params=dict(query))
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} of {answer.url}: {answer.text[:300]}")
        return answer

    def timed(self, ask: Ask, window: str, *, turns: int, end_ms: int) -> Timed:
        """Ask that often after one warm-up."""
        self.get(*ask.request(turns, window, end_ms))
        before_s = self._cpu_s()
        walls, sizes = [], []
        for turn in range(turns):
            path, query = ask.request(turn, window, end_ms)
            began_s = time.perf_counter()
            answer = self.get(path, query)
            walls.append((time.perf_counter() - began_s) * 1_000)
            sizes.append(len(answer.content) / 1_024)
        walls.sort()
        return Timed(
            name=ask.name,
            window=window,
            n=turns,
            p50_ms=walls[turns // 2],
            p95_ms=walls[-(-turns * 95 // 100) - 1],
            worst_ms=walls[-1],
            cpu_ms=(self._cpu_s() - before_s) * 1_000 / turns,
            kib=sum(sizes) / turns,
        )

    def known(self, filled: Filled) -> Known:
        """Ids to ask about: of rows that the lists show."""
        at = f"/projects/{filled.project_id}"
        week = {"from": filled.end_ms - 7 * DAY_MS, "to": filled.end_ms}

        def of(path: str, rows: str, key: str, query: Query) -> list[str]:
            return [
                str(each[key]) for each in self.get(f"{at}{path}", {**week, **query}).json()[rows]
            ]

        issues: list[str] = []
        for sort in ("events", "last_seen"):
            issues += of("/issues", "issues", "short_id", {"sort": sort, "limit": 10})
        traces: list[str] = []
        for days in range(6):
            some: Query = {"to": filled.end_ms - days * DAY_MS, "limit": 4}
            traces += of("/traces", "traces", "trace_id", some)
        spans = [f"{id_}/spans/{self._first_span(f'{at}/traces/{id_}')}" for id_ in traces[:10]]
        lines = self.get(f"{at}/logs", {**week, "limit": 50}).json()["lines"]
        return Known(
            project=str(filled.project_id),
            org=filled.org,
            issues=issues,
            events=[self._newest_event(f"{at}/issues/{issue}") for issue in issues[:10]],
            traces=traces,
            spans=spans,
            lines=[line["id"] for line in lines[:20]],
            profiles=of("/profiles", "profiles", "profile_id", {"limit": 10}),
            releases=of("/releases", "releases", "version", {"limit": 10}),
            log_traces=[line["trace_id"] for line in lines if line["trace_id"]][:20],
        )

    def _first_span(self, path: str) -> str:
        return str(self.get(path, {}).json()["spans"]["span_id"][-1])

    def _newest_event(self, path: str) -> str:
        return str(self.get(f"{path}/events/latest", {}).json()["event_id"])

    def _cpu_s(self) -> float:
        spent = (process.cpu_times() for process in self._server.tree())
        return sum(each.user + each.system for each in spent)


@dataclass(slots=True)
class Run:
    """What was asked so far, and what is still to ask."""

    timed: list[Timed]
    left: list[tuple[Ask, str]]


def main() -> None:
    """Fill if need be, ask, publish."""
    given = _arguments()
    filled = prepared(given.data_dir, Sizes(**_given_sizes(given)))
    if given.fill_only:
        return
    signal.signal(signal.SIGTERM, _interrupted)
    server = Server(given.data_dir, environ=_QUIET)
    run = Run(timed=[], left=[])
    server.start()
    try:
        pages = Pages(server)
        run.left = _in_order(asks_of(pages.known(filled)), given.only)
        _ask_all(run, pages, filled, given)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    finally:
        if run.timed:
            _publish(run, filled, is_kept=not given.only)
        server.stop()


def _interrupted(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".bench/pages"),
        help="where the data is made once and kept; some GB",
    )
    arguments.add_argument("--only", default="", help="names, such as 'logs*,home'; no result")
    arguments.add_argument(
        "--turns", type=_turns, default=FEWEST_TURNS, help="how often each is asked, 20 or more"
    )
    arguments.add_argument(
        "--minutes", type=float, default=6.0, help="what is not asked by then is left out"
    )
    arguments.add_argument("--fill-only", action="store_true", help="make the data and stop")
    for name, count in asdict(Sizes()).items():
        arguments.add_argument(f"--{name}", type=int, default=count)
    return arguments.parse_args()


def _given_sizes(given: argparse.Namespace) -> dict[str, int]:
    return {name: getattr(given, name) for name in asdict(Sizes())}


def _turns(text: str) -> int:
    if int(text) < FEWEST_TURNS:
        raise argparse.ArgumentTypeError(f"at least {FEWEST_TURNS}, or no percentile is honest")
    return int(text)


def _in_order(asks: Sequence[Ask], only: str) -> list[tuple[Ask, str]]:
    """Every route and window: what is asked for a day or for no time first, the longest last."""
    order = ["", _DAY, *(window for window in WINDOWS if window != _DAY)]
    patterns = only.split(",") if only else ["*"]
    chosen = [ask for ask in asks if any(fnmatch.fnmatch(ask.name, one) for one in patterns)]
    return [(ask, window) for window in order for ask in chosen if window in ask.windows]


def _ask_all(run: Run, pages: Pages, filled: Filled, given: argparse.Namespace) -> None:
    """Ask until nothing is left or the time is over."""
    print(HEAD, flush=True)
    ends_s = time.monotonic() + given.minutes * 60
    while run.left and time.monotonic() < ends_s:
        ask, window = run.left[0]
        timed = pages.timed(ask, window, turns=given.turns, end_ms=filled.end_ms)
        del run.left[0]
        print(timed.line(), flush=True)
        run.timed.append(timed)


def _publish(run: Run, filled: Filled, *, is_kept: bool) -> None:
    """Print what is over the limit and the bar; keep the figures unless only some were asked."""
    worst = max(run.timed, key=lambda one: one.p95_ms)
    for one in sorted(run.timed, key=lambda one: -one.p95_ms):
        if one.p95_ms > LIMIT_MS:
            print(f"over {LIMIT_MS:g} ms: {one.name} {one.window}: p95 {one.p95_ms:.0f} ms")
    left = [f"{ask.name} {window}".rstrip() for ask, window in run.left]
    if left:
        print(f"not asked: {len(left)} of {len(left) + len(run.timed)}: {', '.join(left)}")
    bar = Bar(
        name="page_api_p95_ms", figure=worst.p95_ms, unit="ms", limit=LIMIT_MS, better="lower"
    )
    if not is_kept:
        print(bar.line(), flush=True)
        return
    sizes = {name: getattr(filled, name) for name in asdict(Sizes())}
    asked = [asdict(one) for one in run.timed]
    publish("pages", {"sizes": sizes, "asked": asked, "not_asked": left}, [bar])


if __name__ == "__main__":
    main()
