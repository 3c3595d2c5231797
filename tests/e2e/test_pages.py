"""Every page in both themes and both sizes: reachable by all, still, and quiet in the console."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.server import Server
from tests.e2e.browser import (
    DESKTOP,
    EMAIL,
    PASSWORD,
    PHONE,
    Size,
    Theme,
    Visit,
    context_of,
    sign_in,
    visit,
)
from tests.e2e.eventually import eventually
from tests.e2e.product import fail_once, printed_link
from tests.e2e.remote_write import write
from tests.e2e.signals import send_a_checkout

pytestmark = pytest.mark.chromium

STILL = 0.02
"""The most that the layout may have shifted by itself, summed; Google calls 0.1 good."""

RULES = """
groups:
  - name: errors
    interval: 1s
    rules:
      - {alert: NewErrors, expr: vector(3) > 1, labels: {severity: critical}}
"""

SECTIONS = (
    "project", "sources", "keys", "errors", "scraping", "channels", "members", "tokens", "audit",
)  # fmt: skip


@dataclass
class Site:
    """A server with one project that has data and one that has none."""

    server: Server
    facts: dict[str, Any]
    issue: str
    trace: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(tmp_path_factory.mktemp("pages") / "data")
    facts = server.setup()
    server.setup(project="fresh")
    server.start()
    try:
        fail_once(str(facts["sentry_dsn"]), message="card declined")
        put_a_rule(server, facts)
        put_a_target(server, facts)
        write_a_histogram(server, facts)
        trace = send_a_checkout(server.url, facts)
        wait_until_home_rests(server, facts)
        yield Site(server, facts, first_issue(server, facts), trace)
    finally:
        server.kill()


def put_a_rule(server: Server, facts: dict[str, Any]) -> None:
    """A rule of the project that fires at once, and has done so when this returns."""
    root = f"{server.url}/api/wk/projects/{facts['project_id']}"
    with httpx.Client(headers={"Authorization": f"Bearer {facts['api_token']}"}) as client:
        saved = client.put(f"{root}/rules/errors.yml", json={"source": RULES})
        assert saved.status_code == 200, saved.text
        eventually(
            lambda: [
                alert
                for alert in client.get(f"{root}/alerts").json()["alerts"]
                if alert["state"] == "firing"
            ],
            within_s=30,
            what="the alert",
        )


def wait_until_home_rests(server: Server, facts: dict[str, Any]) -> None:
    """Until nothing new has come to Home for longer than an interval of derived series takes."""
    seen: tuple[object, ...] = ()
    since_s = time.monotonic()
    with httpx.Client(headers={"Authorization": f"Bearer {facts['api_token']}"}) as client:
        while time.monotonic() - since_s < 18:
            home = client.get(f"{server.url}/api/wk/projects/{facts['project_id']}/home").json()
            parts = ("needs_you", "services", "targets", "hosts", "issues")
            shape = (
                *(len(home[part]) for part in parts),
                [c["series"] is None for c in home["charts"]],
            )
            if shape != seen:
                seen, since_s = shape, time.monotonic()
            time.sleep(1)


def put_a_target(server: Server, facts: dict[str, Any]) -> None:
    """A target that nothing answers for."""
    path = f"{server.url}/api/wk/projects/{facts['project_id']}/scrape-config"
    source = (
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        "scrape_configs: [{job_name: gone, static_configs: [{targets: ['127.0.0.1:9']}]}]\n"
    )
    token = {"Authorization": f"Bearer {facts['api_token']}"}
    saved = httpx.put(path, json={"source": source}, headers=token, timeout=30)
    assert saved.status_code == 200, saved.text


HISTOGRAM = "checkout_seconds_bucket"


def write_a_histogram(server: Server, facts: dict[str, Any]) -> None:
    """Ten minutes of a classic histogram, stored when this returns."""
    now_s = int(time.time()) // 15 * 15
    ages_s = range(600, -1, -15)
    write(
        server.url,
        facts["project_id"],
        facts["server_key"],
        [
            (
                {"__name__": HISTOGRAM, "le": le},
                [((now_s - age_s) * 1000, share * (600 - age_s)) for age_s in ages_s],
            )
            for le, share in (("0.1", 0.2), ("0.5", 0.7), ("+Inf", 1.0))
        ],
    )
    root = f"{server.url}/p/{facts['project_id']}/api/v1"
    token = {"Authorization": f"Bearer {facts['api_token']}"}
    eventually(
        lambda: httpx.get(
            f"{root}/query", params={"query": HISTOGRAM}, headers=token, timeout=30
        ).json()["data"]["result"],
        within_s=30,
        what="the histogram",
    )


def first_issue(server: Server, facts: dict[str, Any]) -> str:
    """The short id of the one issue, once it is stored."""
    token = {"Authorization": f"Bearer {facts['api_token']}"}

    def ask() -> str | None:
        path = f"{server.url}/api/wk/projects/{facts['project_id']}/issues"
        rows = httpx.get(path, headers=token, timeout=30).json()["issues"]
        return rows[0]["short_id"] if rows else None

    return eventually(ask, within_s=30, what="the issue")


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Theme:
    chosen: Theme = request.param
    return chosen


@pytest.fixture(scope="module", params=[DESKTOP, PHONE], ids=["1440", "390"])
def size(request: pytest.FixtureRequest) -> Size:
    chosen: Size = request.param
    return chosen


@pytest.fixture(scope="module")
def stranger(chromium: Browser, site: Site, theme: Theme, size: Size) -> Iterator[BrowserContext]:
    """A browser in which nobody is signed in."""
    with context_of(chromium, site.server.url, theme=theme, size=size) as context:
        yield context


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a server of its own, that nobody has an account on, prints."""
    directory = tmp_path_factory.mktemp("first-run")
    server = Server(directory / "data", log=directory / "log")
    server.start()
    try:
        yield printed_link(directory / "log")
    finally:
        server.kill()


@pytest.fixture(scope="module")
def newcomer(chromium: Browser, link: str, theme: Theme, size: Size) -> Iterator[BrowserContext]:
    """A browser at the server of the link."""
    with context_of(chromium, link.partition("/first-run")[0], theme=theme, size=size) as context:
        yield context


@pytest.fixture(scope="module")
def person(
    chromium: Browser, site: Site, cookies: list[Any], theme: Theme, size: Size
) -> Iterator[BrowserContext]:
    """A browser in which the owner is signed in."""
    with context_of(chromium, site.server.url, theme=theme, size=size) as context:
        context.add_cookies(cookies)
        yield context


@pytest.fixture(scope="module")
def cookies(chromium: Browser, site: Site) -> list[Any]:
    """The session of one login by the page; logins are limited."""
    with context_of(chromium, site.server.url) as context, visit(context) as here:
        sign_in(here.page)
        assert here.troubles == []
        return list(context.cookies())


PAGES: dict[str, tuple[str, str]] = {
    "home": ("home", "Needs you"),
    "home, empty": ("home?project=fresh", "Send the first record"),
    "errors": ("errors", "card declined"),
    "errors, empty": ("errors?project=fresh", "Waiting for the first"),
    "errors, none found": ("errors?q=no-such-word", "matches the filters"),
    "errors, one beside": ("errors?peek={issue}", "Open in full"),
    "errors, breakdown": ("errors/breakdown", "ValueError"),
    "errors, breakdown, empty": ("errors/breakdown?project=fresh", "No error in the range"),
    "releases": ("errors/releases", "shop@1.2.3"),
    "releases, empty": ("errors/releases?project=fresh", "No release was seen"),
    "a release": ("errors/releases?version=shop@1.2.3", "Issues first seen in it"),
    "issue": ("errors/{issue}", "card declined"),
    "issue, all events": ("errors/{issue}?view=events", "Time"),
    "issue, tags": ("errors/{issue}?view=tags&key=feature", "1 value in 1 event"),
    "issue, similar": ("errors/{issue}?view=similar", "Merged into this one"),
    "issue, why": ("errors/{issue}?view=why", "by this rule"),
    "explore": ("explore?p0.expr=node_load1", "node_load1"),
    "explore, empty": ("explore?project=fresh", "Send the first metric"),
    "explore, two queries": (
        "explore?p0.expr=node_load1&p1.expr=rate(node_cpu_seconds_total[1m])&p1.step=30s&vs=day",
        "step 30 s, fixed",
    ),
    "explore, table": (f"explore?p0.expr={HISTOGRAM}&tab=table", "+Inf"),
    "explore, raw": (f"explore?p0.expr={HISTOGRAM}&tab=raw", "samples as stored"),
    "explore, heatmap": (f"explore?p0.expr={HISTOGRAM}&tab=heatmap&from=now-15m", "open bucket"),
    "explore, no buckets": ("explore?p0.expr=node_load1&tab=heatmap", "A heatmap needs buckets"),
    "explore, forecast": (
        "explore?p0.expr=no_such_metric&tab=forecast&limit=100",
        "No whole hour of it was stored in the last 14 days",
    ),
    "metrics": ("explore/metrics", HISTOGRAM),
    "metrics, none found": ("explore/metrics?q=no-such-metric", "No metric matches"),
    "metrics, empty": ("explore/metrics?project=fresh", "Send the first metric"),
    "a metric": (
        f"explore/metrics?q=checkout&sel={HISTOGRAM}",
        "Most frequent values",
    ),
    "alerts, firing": ("alerts", "NewErrors"),
    "alerts, rules": ("alerts?tab=rules", "NewErrors"),
    "alerts, a new rule": ("alerts?tab=rules&sel=new", "1 rule in 1 group"),
    "alerts, history": ("alerts?tab=history", "NewErrors"),
    "alerts, empty": ("alerts?project=fresh", "Write the first rule"),
    "alerts, a rule from Explore": (
        "alerts?tab=rules&sel=new&q=rate(node_context_switches_total[5m])%20%3E%20500",
        "per hour",
    ),
    "traces": ("traces", "GET /checkout"),
    "traces, none found": ("traces?q=service:nobody", "No trace matches"),
    "traces, one beside": ("traces?peek={trace}", "Self time"),
    "traces, empty": ("traces?project=fresh", "Send the first trace"),
    "service map": ("traces?tab=map", "postgresql"),
    "service map, as a table": ("traces?tab=map&view=table", "postgresql"),
    "service map, empty": ("traces?tab=map&project=fresh", "Send the first trace"),
    "endpoints": ("traces?tab=endpoints", "/orders"),
    "endpoints, empty": ("traces?tab=endpoints&project=fresh", "Send the first trace"),
    "statements": ("traces?tab=database", "SELECT id, price FROM item"),
    "problems of the database": ("traces?tab=database&view=problems", "N+1"),
    "slow calls": ("traces?tab=database&view=slow", "No call took longer than"),
    "profiles, none": ("traces?tab=profiles", "once profiling is switched on"),
    "a trace": ("traces/{trace}", "POST /orders"),
    "a trace, flame": ("traces/{trace}?view=flame", "8 spans"),
    "a trace, statistics": ("traces/{trace}?view=statistics", "Self time"),
    "logs": ("logs", "card declined for order 4821"),
    "logs, none found": ("logs?q=no-such-word", "No line matches"),
    "logs, empty": ("logs?project=fresh", "Send the first log line"),
    "logs, tail": ("logs?tab=tail", "Waiting for the next line"),
    "logs, patterns": ("logs?tab=patterns", "declined for order"),
    "logs, counted searches": ("logs?tab=saved", "None yet"),
    "data health": ("data-health", "Processes"),
    "targets": ("data-health/targets", "0 of 1 up"),
    "targets, empty": ("data-health/targets?project=fresh", "Name the first target"),
    "cardinality": ("data-health/cardinality", "with the most series"),
    "cardinality, empty": ("data-health/cardinality?project=fresh", "Send the first metric"),
    **{f"settings, {name}": (f"settings/{name}", "") for name in SECTIONS},
}
"""Where below /o/acme a page is, and what stands on it once it is there."""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody_and_still(person: BrowserContext, site: Site, name: str) -> None:
    path, shows = PAGES[name]
    with visit(person) as here:
        here.page.goto(f"/o/acme/{path.format(issue=site.issue, trace=site.trace)}")
        expect(here.page.get_by_text(shows).first).to_be_visible()
        judge(here)


def test_a_wrong_query_is_told_to_everybody(person: BrowserContext) -> None:
    with visit(person) as here:
        here.page.goto("/o/acme/explore?p0.expr=sum(")
        expect(here.page.get_by_text("unclosed left parenthesis").first).to_be_visible()
        judge(here, refused=400)


def test_the_login_is_for_everybody_and_still(stranger: BrowserContext) -> None:
    with visit(stranger) as here:
        here.page.goto("/login")
        expect(here.page.get_by_role("button", name="Sign in")).to_be_visible()
        judge(here)


FIRST_RUN = {
    "without the link": ("/first-run", "This page opens with the printed link"),
    "account": ("{link}", "Your account"),
}


@pytest.mark.parametrize("name", FIRST_RUN)
def test_the_first_run_is_for_everybody_and_still(
    newcomer: BrowserContext, link: str, name: str
) -> None:
    address, title = FIRST_RUN[name]
    with visit(newcomer) as here:
        here.page.goto(address.format(link=link))
        expect(here.page.get_by_role("heading", level=1)).to_have_text(title)
        judge(here, refused=403 if name == "without the link" else None)


def test_the_project_of_the_first_run_is_for_everybody(newcomer: BrowserContext, link: str) -> None:
    with visit(newcomer) as here:
        here.page.goto(link)
        here.page.get_by_label("Name").fill("Mara Lind")
        here.page.get_by_label("Email").fill(EMAIL)
        here.page.get_by_label("Password").fill(PASSWORD)
        here.page.get_by_role("button", name="Continue").click()
        expect(here.page.get_by_role("heading", level=1)).to_have_text("Your first project")
        judge(here)


def test_the_lines_to_add_are_for_everybody_and_still(person: BrowserContext) -> None:
    for address, title in (
        ("/first-run", "What do you have?"),
        ("/first-run?source=python", "Sentry SDK, Python"),
        ("/first-run?source=metrics", "An app with /metrics"),
    ):
        with visit(person) as here:
            here.page.goto(address)
            expect(here.page.get_by_role("heading", level=1)).to_have_text(title)
            judge(here)


def test_the_judge_sees_what_is_wrong(stranger: BrowserContext) -> None:
    with visit(stranger) as here:
        here.page.goto("/login")
        expect(here.page.get_by_role("button", name="Sign in")).to_be_visible()
        settled(here.page)
        here.page.evaluate(_SPOIL)
        settled(here.page)

        assert "image-alt" in " ".join(here.violations())
        assert here.overflow() != ""
        assert here.layout_shift()[0] > STILL
        assert any("CSP script-src" in trouble for trouble in here.troubles)


_SPOIL = """
() => {
  const wide = document.createElement("div");
  wide.style.cssText = "width: 200vw; height: 300px";
  wide.innerHTML = '<img src="/icon.svg">';
  document.body.prepend(wide);
  const script = document.createElement("script");
  script.textContent = "1";
  document.body.append(script);
}
"""


def judge(here: Visit, *, refused: int | None = None) -> None:
    """Hold a page that is all there to the rules of every page.

    refused: the status that the page is about; Chromium writes each such answer to the console.
    """
    settled(here.page)
    expect(here.page.get_by_role("heading", level=1)).to_have_count(1)
    assert here.overflow() == ""
    shift, moved = here.layout_shift()
    assert shift < STILL, moved
    assert here.violations() == []
    told = f"the server responded with a status of {refused}"
    assert [each for each in here.troubles if told not in each] == []
    assert refused is None or here.troubles != []


def settled(page: Page) -> None:
    """Wait until nothing is loading any more."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.evaluate("() => document.fonts.ready.then(() => undefined)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))")


@pytest.fixture
def desk(chromium: Browser, site: Site, cookies: list[Any]) -> Iterator[Visit]:
    """A signed-in desktop, once and not in every theme and size."""
    with context_of(chromium, site.server.url, theme="light", size=DESKTOP) as context:
        context.add_cookies(cookies)
        with visit(context) as here:
            yield here


def test_a_row_has_a_menu_that_keys_open_and_that_narrows_the_list(desk: Visit) -> None:
    page = desk.page
    page.goto("/o/acme/explore/metrics?q=node_load")
    expect(page.get_by_role("button", name="node_load1", exact=True)).to_be_visible()

    page.keyboard.press("j")
    expect(page.locator("tr.chosen")).to_contain_text("node_load1")
    page.keyboard.press(".")
    menu = page.get_by_role("menu")
    expect(menu).to_have_accessible_name("node_load1")
    expect(menu.get_by_role("menuitem", name="Open", exact=False).first).to_be_focused()
    page.keyboard.press("f")
    expect(menu.get_by_role("menuitem", name="Filter to names with node_")).to_be_focused()
    page.keyboard.press("Enter")

    expect(menu).to_have_count(0)
    expect(page).to_have_url(re.compile(r"[?&]q=node_(&|$)"))
    expect(page.get_by_label("Find a metric")).to_have_value("node_")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys.get_by_role("region", name="On this page")).to_contain_text("Next, previous metric")
    assert desk.troubles == []


def test_a_first_configuration_is_seen_in_full_and_replaces_none(desk: Visit) -> None:
    desk.page.goto("/first-run?source=metrics")
    expect(desk.page.get_by_role("link", name="Settings, Scraping")).to_be_visible()
    desk.page.route("**/scrape-config", lambda route: route.fulfill(json={"source": ""}))
    desk.page.reload()
    field = desk.page.get_by_label("Scrape configuration")
    expect(field).to_have_value(re.compile("targets:"))
    assert field.evaluate("one => one.scrollHeight <= one.clientHeight")


def test_space_holds_the_page_still_until_it_catches_up(desk: Visit, site: Site) -> None:
    page = desk.page
    page.goto("/o/acme/errors")
    expect(page.get_by_text("card declined").first).to_be_visible()
    live = page.get_by_role("button", name="Live connected")
    expect(live).to_be_visible()

    page.keyboard.press("Space")
    expect(page.get_by_role("button", name=re.compile("^Paused"))).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    fail_once(str(site.facts["sentry_dsn"]), message="card declined")
    expect(page.locator(".live-held")).to_be_visible(timeout=20_000)
    assert asked == []

    with page.expect_request(re.compile("/issues")):
        page.keyboard.press("Space")
    expect(live).to_be_visible()
    assert desk.troubles == []


def test_a_drag_zooms_and_z_goes_back(desk: Visit) -> None:
    page = desk.page
    page.goto("/o/acme/home?vs=day")
    canvas = page.locator(".home-charts canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 60, top, steps=3)
    page.mouse.up()

    expect(page).to_have_url(re.compile(r"from=\d{4}-.*&to=\d{4}-.*&vs=day"))
    page.keyboard.press("z")
    expect(page).to_have_url(re.compile(r"/home\?vs=day$"))
    page.keyboard.press("z")
    expect(page.get_by_role("status").last).to_contain_text("Nothing is zoomed")
    assert desk.troubles == []
