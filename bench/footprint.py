"""How soon it is up, what it takes when nothing happens, how soon Home is drawn.

start_s: warm start to healthy. idle_*: 60 s after healthy, built-in project on, no page open.
home_lcp_s: largest contentful paint of Home in Chromium on loopback, signed in, warm cache off.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from bench.report import Bar, publish
from bench.server import Server

SETTLE_S = 60.0
WATCH_S = 60.0
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LARGEST_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
  const entries = list.getEntries(); done(entries[entries.length - 1].startTime / 1000)
}).observe({type: 'largest-contentful-paint', buffered: true}))"""


def main() -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--starts", type=int, default=5)
    starts = arguments.parse_args().starts
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory) / "data")
        first_s = server.start()
        server.setup()
        server.stop()
        warm = [_warm_start(server) for _ in range(starts)]
        server.start()
        idle = _idle(server)
        paints = _paints(server)
        server.stop()
    start_s = statistics.median(warm)
    paint_s = statistics.median(paints)
    figures = {"first_start_s": first_s, "starts_s": warm, "paints_s": paints, **idle}
    publish(
        "footprint",
        figures,
        [
            Bar(name="start_s", figure=start_s, unit="s", limit=3, better="lower"),
            Bar(name="idle_rss_mb", figure=idle["rss_mb"], unit="MiB", limit=450, better="lower"),
            Bar(name="idle_cpu_pct", figure=idle["cpu_pct"], unit="%", limit=1, better="lower"),
            Bar(name="home_lcp_s", figure=paint_s, unit="s", limit=1, better="lower"),
        ],
    )


def _warm_start(server: Server) -> float:
    took_s = server.start()
    server.stop()
    return took_s


def _idle(server: Server) -> dict[str, float]:
    time.sleep(SETTLE_S)
    before_s = _cpu_s(server.tree())
    began = time.monotonic()
    time.sleep(WATCH_S)
    spent_s = _cpu_s(server.tree()) - before_s
    processes = {each.pid: each.memory_info().rss / 2**20 for each in server.tree()}
    return {
        "rss_mb": sum(processes.values()),
        "cpu_pct": 100 * spent_s / (time.monotonic() - began),
        "processes": float(len(processes)),
    }


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def _paints(server: Server) -> list[float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, headless=True
        )
        try:
            return [_paint(browser.new_context().new_page(), server) for _ in range(5)]
        finally:
            browser.close()


def _paint(page: Page, server: Server) -> float:
    page.goto(f"{server.url}/login")
    page.get_by_label("Email").fill("mara@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/o/acme/**")
    page.goto(f"{server.url}/o/acme/home")
    page.wait_for_timeout(1_500)
    return float(page.evaluate(LARGEST_PAINT))


if __name__ == "__main__":
    main()
