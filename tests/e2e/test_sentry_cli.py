"""Unmodified sentry-cli and @sentry/browser: releases, uploads, and frames of the real sources."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.e2e.shop_build import Shop


@dataclass
class Site:
    """A running server, and a shop whose people use sentry-cli."""

    server: Server
    facts: dict[str, Any]
    client: httpx.Client
    shop: Shop

    def get(self, path: str) -> dict[str, Any]:
        answer = self.client.get(f"/api/wk/projects/{self.facts['project_id']}/{path}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def issues(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("issues")["issues"]
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("sentry-cli")
    server = Server(directory / "data")
    facts: dict[str, Any] = server.setup()
    server.start()
    environ = {
        "SENTRY_URL": server.url,
        "SENTRY_AUTH_TOKEN": facts["api_token"],
        "SENTRY_ORG": "acme",
        "SENTRY_PROJECT": "web",
        "SENTRY_DSN": facts["sentry_dsn"],
    }
    shop = Shop(directory / "shop", environ)
    shop.write()
    shop.commit("cart: charge in cents")
    headers = {"authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield Site(server, facts, client, shop)
    server.stop()


def test_the_cli_knows_who_it_is(site: Site) -> None:
    told = site.shop.cli("info")

    assert "User: token:setup" in told
    assert "project:releases" in told
    assert "web" in site.shop.cli("projects", "list")


def test_a_failing_job_run_by_the_cli_has_an_issue_until_it_recovers(site: Site) -> None:
    run = ("monitors", "run", "--environment", "production", "--schedule", "*/10 * * * *",
           "--check-in-margin", "5", "--max-runtime", "15", "--timezone", "Europe/Vienna",
           "--failure-issue-threshold", "2", "--recovery-threshold", "1",
           "nightly-backup")  # fmt: skip

    def status() -> list[str]:
        query = {"q": "monitor.slug:nightly-backup"}
        path = f"/api/wk/projects/{site.facts['project_id']}/issues"
        found = site.client.get(path, params=query).json()["issues"]
        return [one["status"] for one in found]

    for _ in range(2):
        assert site.shop.cli_result(*run, "--", "false").returncode == 1
    eventually(lambda: status() == ["unresolved"], within_s=60, what="the job has an issue")
    (monitor,) = site.get("monitors")["monitors"]
    assert (monitor["failure_issue_threshold"], monitor["timezone"]) == (2, "Europe/Vienna")
    assert monitor["environments"][0]["incident_ms"] is not None

    site.shop.cli(*run, "--", "true")
    eventually(lambda: status() == ["resolved"], within_s=60, what="the issue is resolved")


def test_a_release_is_made_filled_finished_and_deployed(site: Site) -> None:
    cli = site.shop.cli

    cli("releases", "new", "shop@1.0.0")
    cli("releases", "set-commits", "--local", "shop@1.0.0")
    cli("releases", "finalize", "shop@1.0.0")
    cli("deploys", "new", "--release", "shop@1.0.0", "--env", "production", "--time", "30")

    assert "shop@1.0.0" in cli("releases", "list")
    assert "production" in cli("deploys", "list", "--release", "shop@1.0.0")
    release = site.get("releases/shop@1.0.0")
    assert (release["commits"], release["authors"]) == (1, ["Ada"])
    assert release["released_ms"] is not None
    (deploy,) = site.get("deploys")["deploys"]
    assert (deploy["environment"], deploy["status"]) == ("production", "success")
    assert deploy["duration_ms"] == 30_000
    (commit,) = site.get("releases/shop@1.0.0/commits")["commits"]
    assert {file["path"] for file in commit["files"]} == {
        "src/cart.ts",
        "src/first.ts",
        "src/main.ts",
    }


def test_an_unknown_release_or_project_is_said_to_be_unknown(site: Site) -> None:
    assert "does not exist" in site.shop.cli("releases", "delete", "never@1")
    refused = site.shop.cli_result("releases", "new", "x@1", "--project", "nowhere")
    assert refused.returncode == 1
    assert "no project 'nowhere'" in refused.stderr


def test_debug_files_are_refused_clearly(site: Site) -> None:
    refused = site.shop.cli_result("debug-files", "upload", "/bin/ls")

    assert refused.returncode == 1
    assert "are not taken by this server" in refused.stderr


def test_a_public_key_uploads_nothing(site: Site) -> None:
    site.shop.build()
    words = ("sourcemaps", "upload", "--auth-token", str(site.facts["ingest_key"]), "dist")

    refused = site.shop.cli_result(*words)

    assert refused.returncode == 1
    assert "401" in refused.stderr


@pytest.fixture
def pages(site: Site) -> Iterator[str]:
    """The shop's `dist` on a port of its own."""
    (site.shop.directory / "dist").mkdir(exist_ok=True)
    handler = functools.partial(_Quiet, directory=str(site.shop.directory / "dist"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


def click_pay(chromium: Browser, address: str) -> None:
    """Open the shop in a browser without a cache and press the button that fails."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    with page.expect_response(lambda answer: "/envelope/" in answer.url and answer.ok):
        page.click("button")
    context.close()


def top_frame(site: Site, issue: str, which: str = "latest") -> dict[str, Any]:
    event = site.get(f"issues/{issue}/events/{which}")
    found: dict[str, Any] = event["stacks"]["exceptions"][0]["frames"][0]
    return found


def test_two_builds_are_one_issue_at_the_place_that_people_wrote(
    site: Site, pages: str, chromium: Browser
) -> None:
    builds = [
        ("shop@1.0.0", ""),
        ("shop@1.1.0", "console.info([1, 2, 3].map(String));\n"),
    ]
    before = {issue["short_id"] for issue in site.issues()}

    def of_the_shop() -> list[dict[str, Any]]:
        return [issue for issue in site.issues() if issue["short_id"] not in before]

    for release, banner in builds:
        site.shop.write(banner=banner)
        site.shop.build()
        site.shop.cli("sourcemaps", "inject", "dist")
        site.shop.cli("sourcemaps", "upload", "--release", release, "--wait", "dist")
        site.shop.page(str(site.facts["sentry_dsn"]), release)
        click_pay(chromium, pages)

    eventually(lambda: sum(i["events"] for i in of_the_shop()) == 2, within_s=20, what="2 events")
    (issue,) = of_the_shop()
    assert issue["culprit"] == "src/cart.ts in Checkout.charge"
    newest, oldest = (top_frame(site, issue["short_id"], which) for which in ("latest", "oldest"))
    for frame in (newest, oldest):
        assert (frame["filename"], frame["lineno"]) == ("src/cart.ts", 10)
        assert frame["function"] == "Checkout.charge"
        lines = {line["lineno"]: line["text"] for line in frame["context"]}
        assert lines[10] == "    const amount = this.cart.total!.toFixed(2);"
        assert frame["is_in_app"]
        assert frame["minified"]["abs_path"].endswith("/assets/main.js")
    assert newest["minified"]["colno"] != oldest["minified"]["colno"]

    event = site.get(f"issues/{issue['short_id']}/events/latest")
    functions = [frame["function"] for frame in event["stacks"]["exceptions"][0]["frames"]]
    assert functions[:3] == ["Checkout.charge", "pay", "onClick"]
    suspects = site.get(f"issues/{issue['short_id']}/events/oldest/suspects")["suspects"]
    assert [one["commit"]["message"].strip() for one in suspects] == ["cart: charge in cents"]
    assert {one["version"] for one in site.get("releases")["releases"]} == {
        "shop@1.0.0",
        "shop@1.1.0",
    }


def test_a_late_map_is_applied_to_what_is_shown(site: Site, pages: str, chromium: Browser) -> None:
    site.shop.write(banner="console.info(2);\n")
    site.shop.build()
    site.shop.page(str(site.facts["sentry_dsn"]), "shop@2.0.0")
    before = {issue["short_id"] for issue in site.issues()}
    click_pay(chromium, pages)
    eventually(lambda: len(site.issues()) > len(before), within_s=20, what="another issue")
    (late,) = {issue["short_id"] for issue in site.issues()} - before
    raw = top_frame(site, late)

    site.shop.cli("sourcemaps", "upload", "--release", "shop@2.0.0", "--wait", "dist")

    shown = top_frame(site, late)
    assert raw["minified"] is None
    assert "no source map of ~/assets/main.js" in raw["note"]
    assert (shown["filename"], shown["function"]) == ("src/cart.ts", "Checkout.charge")


def test_an_event_of_the_cli_is_an_issue(site: Site) -> None:
    site.shop.environ["SENTRY_DSN"] = str(site.facts["sentry_dsn"])

    site.shop.cli("send-event", "--message", "nightly job failed", "--release", "job@1")

    eventually(
        lambda: "nightly job failed" in {issue["title"] for issue in site.issues()},
        within_s=20,
        what="the issue of the event",
    )
    assert site.get("releases/job@1")["new_issues"] == 1
