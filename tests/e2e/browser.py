"""Chromium under a test's hand: pages that remember what went wrong while they were open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

import axe_playwright_python
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

Theme = Literal["light", "dark"]


class Size(TypedDict):
    """What Playwright calls a viewport; px."""

    width: int
    height: int


DESKTOP: Size = {"width": 1440, "height": 900}
PHONE: Size = {"width": 390, "height": 844}

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_SEEN = """
window.wkShift = 0;
window.wkMoved = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries().filter((one) => !one.hadRecentInput)) {
    window.wkShift += entry.value;
    for (const { node } of entry.sources) window.wkMoved.push(node?.outerHTML?.slice(0, 100));
  }
}).observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP ${event.violatedDirective} refused ${event.blockedURI || "inline"}`);
});
"""
"""Sums the shifts that no input explains, and says aloud what the policy refused."""

_STRAY = """
() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth
"""
_WIDE = """
() => [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3)
  .map((one) => one.outerHTML.slice(0, 120))
"""


@dataclass
class Visit:
    """One open page and the troubles of it: console errors, exceptions, refusals by the policy."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.add_init_script(_SEEN)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))

    def layout_shift(self) -> tuple[float, list[str]]:
        """The sum of the shifts since the page was loaded, and what moved; 0 is a still page."""
        shift, moved = self.page.evaluate("() => [window.wkShift, window.wkMoved]")
        return float(shift), moved

    def overflow(self) -> str:
        """How far the page scrolls sideways and what sticks out; empty if it does not."""
        stray = int(self.page.evaluate(_STRAY))
        return f"{stray} px: {self.page.evaluate(_WIDE)}" if stray > 0 else ""

    def violations(self) -> list[str]:
        """What axe finds of serious or critical impact, with the elements."""
        self.page.evaluate(_AXE)
        found = self.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{each['id']} ({each['impact']}): {node['html'][:160]} {_why(node)}"
            for each in found["violations"]
            if each["impact"] in {"serious", "critical"}
            for node in each["nodes"][:5]
        ]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(f"{message.text} ({message.location.get('url', '')})")


def _why(node: dict[str, list[dict[str, str]]]) -> str:
    return "; ".join(check["message"] for check in node["any"][:1])


@contextmanager
def visit(context: BrowserContext) -> Iterator[Visit]:
    """A fresh page of the context."""
    opened = Visit(context.new_page())
    opened.listen()
    try:
        yield opened
    finally:
        opened.page.close()


EMAIL, PASSWORD = "mara@example.com", "correct horse battery"
"""Of the owner that `Server.setup` makes."""


def sign_in(page: Page) -> None:
    """The owner signs in by the page, and is at Home when this returns. Logins are limited."""
    page.goto("/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


@contextmanager
def context_of(
    browser: Browser, base_url: str, *, theme: Theme = "light", size: Size = DESKTOP
) -> Iterator[BrowserContext]:
    """A browser profile of its own: nobody is signed in."""
    context = browser.new_context(
        base_url=base_url,
        color_scheme=theme,
        viewport={"width": size["width"], "height": size["height"]},
        timezone_id="UTC",
        locale="en-GB",
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for a module. It ends with it: Playwright's loop would be in others' way."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()
