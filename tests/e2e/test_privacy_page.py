"""Settings → Privacy in a real browser: rules tried out and saved, days, a person erased."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.server import Server
from tests.e2e.browser import PHONE, context_of, sign_in, visit
from tests.e2e.eventually import eventually

pytestmark = pytest.mark.chromium

PERSON = "ada-lovelace-77"
EVENT = {
    "message": "Patient PN-123456 could not pay",
    "user": {"id": PERSON, "email": "ada@example.org"},
    "extra": {"plan": "gold", "ward": {"token": "t-123456", "beds": 4}},
    "tags": {"region": "eu"},
}
POLICY = {
    "emails": "hash",
    "addresses": "hide",
    "attachments": "text",
    "rules": [
        {"kind": "text", "pattern": "PN-[0-9]{6}", "action": "mask", "note": ""},
        {"kind": "path", "pattern": "extra.plan", "action": "remove", "note": ""},
    ],
}


@dataclass
class Site:
    server: Server
    facts: dict[str, Any]
    client: httpx.Client

    def api(self, rest: str) -> str:
        return f"/api/wk/projects/{self.facts['project_id']}/{rest}"

    def send(self, event: dict[str, Any]) -> None:
        key = httpx.URL(str(self.facts["sentry_dsn"])).username
        auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"}
        where = f"/api/{self.facts['project_id']}/store/"
        assert self.client.post(where, json=event, headers=auth).status_code == 200

    def newest(self) -> dict[str, Any] | None:
        preview = self.client.post(self.api("privacy/preview"), json={"policy": POLICY}).json()
        found: dict[str, Any] | None = preview["before"]
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(tmp_path_factory.mktemp("privacy") / "data")
    facts = server.setup()
    server.start()
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    try:
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
            yield Site(server, facts, client)
    finally:
        server.kill()


@pytest.fixture(scope="module")
def person(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser in which the owner is signed in."""
    with context_of(chromium, site.server.url) as context, visit(context) as here:
        sign_in(here.page)
        yield context


def open_page(page: Page) -> None:
    page.goto("/o/acme/settings/privacy")
    expect(page.get_by_role("heading", name="Try them out")).to_be_visible()


def test_what_the_preview_shows_is_what_is_stored(site: Site) -> None:
    answer = site.client.post(
        site.api("privacy/preview"), json={"policy": POLICY, "sample": EVENT}
    ).json()
    assert site.client.put(site.api("privacy"), json=POLICY).status_code == 200
    marked = {**EVENT, "tags": {"region": "us"}}

    def is_stored() -> bool:
        site.send(marked)  # the rules hold within a second
        newest = site.newest()
        return newest is not None and "plan" not in newest["extra"]

    eventually(is_stored, within_s=60, what="an event being stored by the new rules")
    stored = site.newest()
    assert stored is not None
    expected = {**answer["after"], "tags": {"region": "us"}}
    assert {name: stored[name] for name in expected} == expected
    assert expected["message"] == "Patient [Filtered] could not pay"
    site.client.put(site.api("privacy"), json={"rules": []})


def test_rules_are_written_tried_and_saved(person: BrowserContext, site: Site) -> None:
    with visit(person) as here:
        page = here.page
        open_page(page)
        page.get_by_role("button", name="Pasted").click()
        tried = page.get_by_role("list", name="What would be stored")
        expect(tried.locator("del")).to_have_text(["ada@example.org"])
        page.get_by_role("button", name="Add a rule").click()
        page.get_by_label("What rule 1 looks at").select_option("text")
        pattern = page.get_by_label("Pattern of rule 1")
        pattern.fill("PN-[0-9")
        expect(page.get_by_role("alert")).to_contain_text("missing closing ]")
        pattern.fill("PN-[0-9]{6}")
        expect(tried.locator("del")).to_have_text(["ada@example.org", "PN-123456"])
        expect(tried.get_by_text("rule 1")).to_be_visible()
        page.locator("form").filter(has=pattern).get_by_role("button", name="Save").click()
        expect(page.get_by_text("Privacy rules saved")).to_be_visible()
        assert here.violations() == []
        assert here.troubles == []

    (saved,) = site.client.get(site.api("privacy")).json()["rules"]
    assert (saved["kind"], saved["pattern"], saved["action"]) == ("text", "PN-[0-9]{6}", "mask")


def test_unsaved_changes_are_not_lost_by_a_slip(person: BrowserContext) -> None:
    with visit(person) as here:
        page = here.page
        open_page(page)
        page.get_by_label("E-mail addresses").select_option("keep")
        page.get_by_role("link", name="Members").click()
        asked = page.get_by_role("dialog", name="Leave without saving?")
        asked.get_by_role("button", name="Cancel").click()
        expect(page).to_have_url(re.compile("/settings/privacy"))
        expect(page.get_by_label("E-mail addresses")).to_have_value("keep")
        page.get_by_role("link", name="Members").click()
        asked.get_by_role("button", name="Leave without saving").click()
        expect(page).to_have_url(re.compile("/settings/members"))


def test_days_are_set_beside_what_each_signal_takes(person: BrowserContext, site: Site) -> None:
    with visit(person) as here:
        page = here.page
        open_page(page)
        table = page.get_by_role("table", name="Days that each signal is kept")
        expect(table.get_by_role("row", name=re.compile("^Errors"))).to_contain_text("B")
        page.get_by_label("Days for Log lines").fill("3")
        page.locator("form").filter(has=table).get_by_role("button", name="Save").click()
        expect(page.get_by_text("Days saved")).to_be_visible()

    days = {one["signal"]: one["days"] for one in _signals(site)}
    assert (days["logs"], days["errors"]) == (3, None)


def _signals(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.client.get(site.api("retention")).json()["signals"]
    return found


def test_it_fits_a_phone_in_the_dark(chromium: Browser, person: BrowserContext, site: Site) -> None:
    with context_of(chromium, site.server.url, theme="dark", size=PHONE) as phone:
        phone.add_cookies(person.cookies())  # type: ignore[arg-type]
        with visit(phone) as here:
            open_page(here.page)
            assert here.overflow() == ""
            assert here.violations() == []


def test_a_person_is_looked_for_and_erased(person: BrowserContext, site: Site) -> None:
    with visit(person) as here:
        page = here.page
        open_page(page)
        erase = page.get_by_role("button", name="Erase", exact=True)
        expect(erase).to_have_attribute("aria-disabled", "true")
        page.get_by_label("Id, name or e-mail address").fill(PERSON)
        page.get_by_role("button", name="Look").click()
        found = page.get_by_role("table", name="What would go")
        expect(found.get_by_role("row", name=re.compile("^errors "))).to_be_visible(timeout=60_000)
        expect(page.get_by_text(f"watchkeeper erase --user {PERSON}")).to_be_visible()
        erase.click()
        page.get_by_role("dialog").get_by_role("button", name="Erase for good").click()
        expect(page.get_by_text("nothing is left")).to_be_visible(timeout=120_000)

    assert PERSON not in str(site.newest())
