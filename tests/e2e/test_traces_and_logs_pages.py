"""The pages Traces and Logs in a real browser: long traces, keys, searches, the tail."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.server import Server
from tests.e2e.browser import context_of, sign_in, visit
from tests.e2e.signals import send_a_checkout, send_lines, send_spans, span, wait_for

pytestmark = pytest.mark.chromium

LONG = 10_000 - 1
SENT_AT_ONCE = 2_500
MOST_TASK_MS = 50.0
"""Of the processor, for one task of the page: with more a frame is seen to be missing."""
MOST_ROWS = 120
"""Rows in the document, however long the trace is."""


@dataclass
class Site:
    """A server with a failed request and a trace of 10,000 spans."""

    server: Server
    facts: dict[str, Any]
    trace: str
    long_trace: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(tmp_path_factory.mktemp("signals") / "data")
    facts = server.setup()
    server.start()
    try:
        trace = send_a_checkout(server.url, facts)
        yield Site(server, facts, trace, send_a_long_trace(server, facts))
    finally:
        server.kill()


def send_a_long_trace(server: Server, facts: dict[str, Any]) -> str:
    """One root with a child each millisecond, 10,000 spans in all. Returns its id."""
    trace_id = secrets.token_hex(16)
    begin_ns, step_ns = time.time_ns() - 15_000_000_000, 1_000_000
    root = span(trace_id, "import", start_ns=begin_ns, length_ns=LONG * step_ns)
    rows = [
        span(
            trace_id,
            f"row {i}",
            start_ns=begin_ns + i * step_ns,
            length_ns=step_ns,
            parent_id=root["spanId"],
        )
        for i in range(LONG)
    ]
    for at in range(0, LONG, SENT_AT_ONCE):
        send_spans(server.url, facts, "importer", rows[at : at + SENT_AT_ONCE])
    send_spans(server.url, facts, "importer", [root])
    wait_for(server.url, facts, f"traces/{trace_id}", "spans")
    return trace_id


@pytest.fixture(scope="module")
def person(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser in which the owner is signed in."""
    with context_of(chromium, site.server.url) as context, visit(context) as here:
        sign_in(here.page)
        yield context


def test_a_long_trace_draws_only_what_is_seen(person: BrowserContext, site: Site) -> None:
    with visit(person) as here:
        here.page.goto(f"/o/acme/traces/{site.long_trace}")
        grid = here.page.get_by_role("treegrid", name="Spans")
        expect(grid).to_have_attribute("aria-rowcount", str(LONG + 2))
        drawn = grid.locator("[data-row]")
        expect(drawn.first).to_be_visible()
        assert drawn.count() <= MOST_ROWS
        grid.evaluate("box => { box.scrollTop = box.scrollHeight }")
        expect(grid.get_by_text(f"row {LONG - 1}", exact=True)).to_be_visible()
        assert drawn.count() <= MOST_ROWS
        assert here.troubles == []


def test_a_long_trace_scrolls_without_a_hitch(
    chromium: Browser, person: BrowserContext, site: Site
) -> None:
    with visit(person) as here:
        here.page.goto(f"/o/acme/traces/{site.long_trace}")
        grid = here.page.get_by_role("treegrid", name="Spans")
        expect(grid.locator("[data-row]").first).to_be_visible()

        costs_ms = costs_of(chromium, here.page, lambda: grid.evaluate(_SCROLL))

        assert len(costs_ms) > SCROLLED_FRAMES
        assert max(costs_ms) < MOST_TASK_MS
        assert here.troubles == []


SCROLLED_FRAMES = 60
_SCROLL = """
(box) => new Promise((done) => {
  let frame = 0;
  const step = () => {
    box.scrollTop = (box.scrollHeight - box.clientHeight) * Math.abs(Math.sin(frame / 9));
    if (++frame < 60) requestAnimationFrame(step);
    else done();
  };
  step();
})
"""
"""To and fro through all of it, a jump a frame: nothing that was drawn can be kept."""


def costs_of(browser: Browser, page: Page, act: Callable[[], object]) -> list[float]:
    """Time of the processor (ms) of each task on the page's main thread while `act` runs.

    Not time by the clock: that would be the load of the machine.
    """
    browser.start_tracing(page=page, categories=["toplevel"])
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["tdur"] / 1_000
        for event in events
        if event["name"].endswith("RunTask")
        and "tdur" in event
        and (event["pid"], event["tid"]) in mains
    ]


def test_a_row_opens_beside_its_list_and_follows_the_cursor(
    person: BrowserContext, site: Site
) -> None:
    with visit(person) as here:
        here.page.goto("/o/acme/traces")
        expect(here.page.get_by_role("link", name=re.compile("import"))).to_be_visible()
        here.page.keyboard.press("j")
        here.page.keyboard.press("Shift+Enter")
        beside = here.page.get_by_role("complementary", name=re.compile("^Trace "))
        expect(beside.get_by_role("heading", name="Self time")).to_be_visible()
        first = beside.get_attribute("aria-label")
        here.page.keyboard.press("j")
        expect(beside).not_to_have_attribute("aria-label", str(first))
        expect(here.page).to_have_url(re.compile("peek=[0-9a-f]{32}"))
        assert here.violations() == []
        here.page.keyboard.press("Escape")
        expect(beside).to_have_count(0)
        expect(here.page).to_have_url(re.compile("sel=[0-9a-f]{32}"))
        assert here.troubles == []


def test_a_line_opens_beside_the_list(person: BrowserContext) -> None:
    with visit(person) as here:
        here.page.goto("/o/acme/logs?q=declined")
        expect(here.page.locator("mark")).to_have_text("declined")
        here.page.keyboard.press("j")
        here.page.keyboard.press("Shift+Enter")
        beside = here.page.get_by_role("complementary", name=re.compile("^Line .*orders"))
        expect(beside.get_by_text("order.id")).to_be_visible()
        assert here.violations() == []
        beside.get_by_role("link", name=re.compile("^Trace ")).click()
        expect(here.page.get_by_role("treegrid", name="Spans")).to_be_visible()
        assert here.troubles == []


def test_a_trace_is_read_by_keys(person: BrowserContext, site: Site) -> None:
    with visit(person) as here:
        here.page.goto(f"/o/acme/traces/{site.trace}")
        grid = here.page.get_by_role("treegrid", name="Spans")
        expect(grid).to_have_attribute("aria-rowcount", "9")
        here.page.keyboard.press("j")
        here.page.keyboard.press("j")
        here.page.keyboard.press("ArrowLeft")
        expect(grid).to_have_attribute("aria-rowcount", "3")
        here.page.keyboard.press("ArrowRight")
        here.page.keyboard.press("j")
        here.page.keyboard.press("Enter")
        panel = here.page.get_by_role("complementary", name="Span")
        expect(panel.get_by_role("heading", name="SELECT item")).to_be_visible()
        expect(panel.get_by_text("FROM", exact=True)).to_be_visible()
        expect(here.page).to_have_url(re.compile(r"span=[0-9a-f]{16}"))
        here.page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        assert here.troubles == []


def test_a_search_leads_to_a_trace_and_its_lines(person: BrowserContext, site: Site) -> None:
    with visit(person) as here:
        here.page.goto("/o/acme/traces")
        field = here.page.get_by_role("combobox", name="Search traces")
        field.press_sequentially("stat")
        expect(here.page.get_by_role("option", name=re.compile("^status:"))).to_be_visible()
        field.fill("status:error")
        field.press("Enter")
        row = here.page.get_by_role("link", name=re.compile("GET .checkout"))
        expect(row).to_have_count(1)
        row.click()
        here.page.get_by_role("link", name="2 log lines").click()
        expect(here.page.get_by_text("order 4821 placed")).to_be_visible()
        assert here.troubles == []


def test_lines_are_marked_narrowed_and_opened(person: BrowserContext) -> None:
    with visit(person) as here:
        here.page.goto("/o/acme/logs?q=declined")
        expect(here.page.locator("mark")).to_have_text("declined")
        here.page.get_by_role("button", name="Open the line").click()
        fields = here.page.get_by_label("fields")
        expect(fields.get_by_text("order.id")).to_be_visible()
        here.page.get_by_role("button", name="Only service orders").click()
        expect(here.page.get_by_role("combobox", name="Search logs")).to_have_value(
            "declined service:orders"
        )
        assert here.troubles == []


def test_a_wrong_log_search_says_where(person: BrowserContext) -> None:
    with visit(person) as here:
        here.page.goto("/o/acme/logs?q=(card")
        expect(here.page.get_by_text("The search cannot be read")).to_be_visible()
        expect(here.page.locator("u")).to_have_text("(")


def test_the_tail_shows_what_arrives_and_waits_when_paused(
    person: BrowserContext, site: Site
) -> None:
    with visit(person) as here:
        here.page.goto("/o/acme/logs?tab=tail&q=tailed")
        expect(here.page.get_by_text("Waiting for a line that matches")).to_be_visible()
        send_lines(site.server.url, site.facts, "web", [("INFO", "tailed one"), ("INFO", "other")])
        expect(here.page.get_by_text("tailed one")).to_be_visible(timeout=10_000)
        expect(here.page.get_by_text("other", exact=True)).to_have_count(0)
        here.page.get_by_role("button", name="Pause").click()
        send_lines(site.server.url, site.facts, "web", [("INFO", "tailed two")])
        expect(here.page.get_by_role("button", name="1 new")).to_be_visible(timeout=10_000)
        expect(here.page.get_by_text("tailed two")).to_have_count(0)
        here.page.get_by_role("button", name="1 new").click()
        expect(here.page.get_by_text("tailed two")).to_be_visible()
        assert here.troubles == []
