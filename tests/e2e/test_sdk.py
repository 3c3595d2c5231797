"""The Python SDK against a running server: an error sent is an error found, an alert fires."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from watchkeeper_sdk import AlertConfig, ApiClient, ApiFailed, ErrorTracker

from bench.server import Server
from tests.e2e.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Site:
    dsn: str
    url: str
    project_id: int
    tracker: ErrorTracker


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("sdk")
    (home / "prometheus.yml").write_text("global: {evaluation_interval: 1s}\n")
    environ = {"WATCHKEEPER_SCRAPE_FILE": str(home / "prometheus.yml")}
    server = Server(home / "data", environ=environ)
    facts = server.setup()
    server.start()
    project_id = int(str(facts["project_id"]))
    api = ApiClient(server.url, str(facts["api_token"]), project_id)
    yield Site(str(facts["sentry_dsn"]), server.url, project_id, ErrorTracker(api))
    server.stop()


def report(site: Site, times: int) -> None:
    """An app of its own process sends errors."""
    program = textwrap.dedent(
        """
        import sys
        import sentry_sdk
        import watchkeeper_sdk as watchkeeper

        assert watchkeeper.init(sys.argv[1], environment="production", release="shop@1")

        class PaymentFailed(watchkeeper.AppError):
            pass

        tracker = watchkeeper.ErrorTracker()
        for number in range(int(sys.argv[2])):
            try:
                raise PaymentFailed("declined")
            except PaymentFailed as error:
                context = {"endpoint": "/pay", "userId": number}
                assert tracker.track_error(error, context, severity="critical")
        sentry_sdk.flush(10)
        """
    )
    command = [sys.executable, "-c", program, site.dsn, str(times)]
    environ = {"PYTHONPATH": str(ROOT / "sdk" / "python"), "PATH": "/usr/bin:/bin"}
    subprocess.run(command, check=True, timeout=60, env=environ)


def test_errors_are_tracked_found_grouped_and_alerted_on(site: Site) -> None:
    alert = AlertConfig(name="Payments fail", threshold=2, window="5m", type="PaymentFailed")
    site.tracker.create_alert(alert)
    report(site, times=3)

    eventually(site.tracker.get_errors, within_s=10, what="the issue is listed")
    eventually(
        lambda: site.tracker.group_errors_by_type() == {"PaymentFailed": 3},
        within_s=10,
        what="three events of one type",
    )
    (issue,) = site.tracker.get_errors(status="unresolved", severity="critical")
    assert (issue["type"], issue["users"], issue["release"]) == ("PaymentFailed", 3, "shop@1")
    trends = site.tracker.get_error_trends()
    assert sum(map(sum, trends["by_severity"].values())) == 3
    eventually(
        lambda: [one["state"] for one in site.tracker.get_alerts()] == ["firing"],
        within_s=90,
        what="the alert fires",
    )


def test_what_the_server_refuses_is_said_in_its_words(site: Site) -> None:
    stranger = ErrorTracker(ApiClient(site.url, "wkt_nobody", site.project_id))
    with pytest.raises(ApiFailed) as refused:
        stranger.get_errors()
    assert refused.value.status == 401

    with pytest.raises(ApiFailed, match="expr"):
        site.tracker.create_alert(AlertConfig(name="x", threshold=1, window="an hour"))


def test_a_server_that_is_not_there_is_said(site: Site) -> None:
    nowhere = ErrorTracker(ApiClient("http://127.0.0.1:9", "t", 1))
    with pytest.raises(ApiFailed) as failed:
        nowhere.get_errors()
    assert failed.value.status == 0
