"""From the printed link to the pager, as a person goes it: the page never reloaded meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.server import Server
from tests.e2e.browser import context_of, visit
from tests.e2e.eventually import eventually
from tests.e2e.product import SECRET, fail_once, printed_link
from tests.fakes.peer import HttpPeer, http_peer

pytestmark = pytest.mark.chromium

ERROR = "card declined by the bank"
SHOWN_WITHIN_S = 15.0
FIRING_WITHIN_MS = 60_000
RULES = """
groups:
  - name: errors
    interval: 1s
    rules:
      - alert: NewErrors
        expr: increase(watchkeeper_errors_total[5m]) > 0
        labels: {severity: critical}
        annotations: {summary: "{{ $value }} errors in 5 min"}
"""

_NOTE_ARRIVAL = """
(text) => {
  window.wkArrivedMs = null;
  const look = () => {
    if (window.wkArrivedMs === null && document.body.innerText.includes(text))
      window.wkArrivedMs = Date.now();
  };
  const all = { childList: true, subtree: true, characterData: true };
  new MutationObserver(look).observe(document.body, all);
}
"""
"""Notes when a text is first on the page. It is lost by a reload, and so proves that none was."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    log = tmp_path / "server.log"
    environ = {"WATCHKEEPER_OUTBOUND_ALLOW": "127.0.0.0/8"}
    server = Server(tmp_path / "data", environ=environ, log=log)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def pager() -> Iterator[HttpPeer]:
    with http_peer() as peer:
        yield peer


def test_from_the_printed_link_to_the_pager(
    server: Server, pager: HttpPeer, chromium: Browser, tmp_path: Path
) -> None:
    with context_of(chromium, server.url) as context, visit(context) as here:
        make_an_account(here.page, printed_link(tmp_path / "server.log"))
        dsn = take_the_dsn(here.page)
        see_the_first_record_arrive(here.page, dsn)
        open_the_issue(here.page)
        name_a_pager(here.page, pager)
        put_a_rule_on_errors(here.page)
        see_it_fire(here.page, pager)
        assert here.troubles == []


def make_an_account(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Name").fill("Mara Lind")
    page.get_by_label("Email").fill("mara@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your first project")
    page.get_by_label("Organisation").fill("Acme")
    page.get_by_label("Project").fill("Shop")
    page.get_by_role("button", name="Create account and project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What do you have?")


def take_the_dsn(page: Page) -> str:
    """The DSN that stands in the lines to copy."""
    page.get_by_role("button", name="Sentry SDK, Python").click()
    lines = page.get_by_role("figure", name="Lines for Sentry SDK, Python")
    expect(page.get_by_text("Waiting for the first record…")).to_be_visible()
    found = re.search(r'dsn="(http://[0-9a-f]{32}@127\.0\.0\.1:\d+/\d+)"', lines.inner_text())
    assert found is not None
    return found[1]


def see_the_first_record_arrive(page: Page, dsn: str) -> None:
    page.evaluate(_NOTE_ARRIVAL, "The first record is here.")
    sent_s = fail_once(dsn, message=ERROR)
    expect(page.get_by_text("The first record is here.")).to_be_visible()
    shown_s = float(page.evaluate("() => window.wkArrivedMs")) / 1000
    print(f"first record on the page {shown_s - sent_s:.2f} s after the SDK had sent it")
    assert shown_s - sent_s <= SHOWN_WITHIN_S


def open_the_issue(page: Page) -> None:
    """By the link that the arrival shows: what broke, where, and no secret."""
    page.get_by_role("link", name="Look at it").click()
    page.get_by_role("link", name=re.compile(ERROR)).first.click()
    expect(page.get_by_role("heading", level=2, name=re.compile("ValueError"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("in charge"))).to_have_attribute(
        "aria-expanded", "true"
    )
    values = page.get_by_role("list", name="Local values").first
    hidden = values.get_by_role("listitem").filter(has_text="password")
    expect(hidden.get_by_role("button", name="Taken out by the rule secret_name")).to_be_visible()
    assert SECRET not in page.content()


def name_a_pager(page: Page, pager: HttpPeer) -> None:
    """A webhook made in Settings, asked once by its Test."""
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Channels").click()
    form = page.get_by_role("region", name="New webhook")
    form.get_by_label("Name").fill("pager")
    form.get_by_label("Address").fill(f"{pager.url}/hook")
    form.get_by_role("button", name="Add webhook").click()
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text(re.compile("Answered 200"))).to_be_visible()
    assert pager.wait_for(1, within_s=5)


def put_a_rule_on_errors(page: Page) -> None:
    """The first rule, written in Alerts; the page checks it while it is typed."""
    page.get_by_role("link", name="Alerts").click()
    page.get_by_role("button", name="Write the first rule").click()
    form = page.get_by_role("region", name="New rule file")
    form.get_by_label("Name").fill("errors")
    form.get_by_label("Rules in YAML").fill(
        "groups: [{name: errors, rules: [{alert: A, expr: sum(}]}]"
    )
    expect(form.get_by_text("Line 1:")).to_be_visible()
    form.get_by_label("Rules in YAML").fill(RULES)
    expect(form.get_by_text("1 rule in 1 group")).to_be_visible()
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()


def see_it_fire(page: Page, pager: HttpPeer) -> None:
    """Alerts shows it without a reload, then Home; the webhook is told, and so is History."""
    page.get_by_role("tab", name="Firing").click()
    alert = page.get_by_role("region", name="NewErrors").get_by_role("listitem")
    expect(alert).to_contain_text("firing", timeout=FIRING_WITHIN_MS)
    eventually(lambda: is_told(pager), within_s=30, what="the webhook's message")
    page.get_by_role("link", name="Home").click()
    row = page.get_by_role("region", name="Needs you").get_by_role("link", name="NewErrors")
    expect(row).to_contain_text("Firing")


def is_told(pager: HttpPeer) -> bool:
    return any(
        (alert["labels"]["alertname"], alert["status"]) == ("NewErrors", "firing")
        for body in pager.bodies()
        for alert in body.get("alerts", ())
    )
