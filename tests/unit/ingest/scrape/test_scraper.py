"""Targets are scraped at their times, and what happens to them becomes samples."""

from __future__ import annotations

import json
import math
import struct
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fakes.clock import HandClock
from tests.fakes.http_peer import HttpPeer, Reply, Request
from tests.unit.ingest.scrape.conftest import SCOPE, NewScraper, Written
from watchkeeper.ingest import Acceptor
from watchkeeper.ingest.scrape import (
    Health,
    HostMetrics,
    ScrapeConfigInvalid,
    ScrapeConfigs,
    Scraper,
)
from watchkeeper.lib.outbound import Outbound, OutboundOptions
from watchkeeper.model import Role, Scope
from watchkeeper.store.meta import Meta

STALE = struct.pack("<Q", 0x7FF0000000000002)


def config(peer: HttpPeer, extra: str = "") -> str:
    return f"""
global: {{scrape_interval: 15s}}
scrape_configs:
  - job_name: app
    static_configs: [{{targets: ["{peer.address}"]}}]
{extra}"""


def is_stale(value: float) -> bool:
    return struct.pack("<d", value) == STALE


async def scrape_once(scraper: Scraper, clock: HandClock) -> None:
    clock.forward(15_000)
    await scraper.run_due(clock())


async def started(new_scraper: NewScraper, source: str, clock: HandClock) -> Scraper:
    scraper = new_scraper(source)
    await scraper.run_due(clock())
    return scraper


async def test_a_target_is_scraped_and_reported(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    peer.says('# HELP a_total What.\n# TYPE a_total counter\na_total{x="1"} 5\nb 2\n')
    scraper = await started(new_scraper, config(peer), clock)

    await scrape_once(scraper, clock)

    labels = {"instance": peer.address, "job": "app", "x": "1", "__name__": "a_total"}
    assert labels in [dict(series) for series, _, _ in written.samples()]
    assert [value for _, value in written.of("a_total")] == [5.0]
    assert [value for _, value in written.of("up")] == [1.0]
    assert [value for _, value in written.of("scrape_samples_scraped")] == [2.0]
    assert [value for _, value in written.of("scrape_samples_post_metric_relabeling")] == [2.0]
    assert [value for _, value in written.of("scrape_series_added")] == [2.0]
    assert ("a_total", "counter", "What.") in written.metadata()
    (status,) = scraper.targets(SCOPE)
    assert (status.health, status.samples, status.last_error) == (Health.UP, 2, "")


async def test_a_vanished_series_and_a_target_that_goes_down_get_staleness_markers(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    scraper = await started(new_scraper, config(peer), clock)
    peer.says("a 1\nb 1\n")
    await scrape_once(scraper, clock)
    peer.says("a 2\n")
    await scrape_once(scraper, clock)
    peer.says("no", status=503)
    await scrape_once(scraper, clock)
    peer.says("a 3\n")
    await scrape_once(scraper, clock)

    assert [is_stale(value) for _, value in written.of("b")] == [False, True]
    assert [is_stale(value) for _, value in written.of("a")] == [False, False, True, False]
    assert [value for _, value in written.of("up")] == [1.0, 1.0, 0.0, 1.0]
    assert [value for _, value in written.of("scrape_series_added")] == [2.0, 0.0, 0.0, 0.0]


async def test_samples_are_exactly_one_interval_apart_although_scrapes_start_late(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    peer.says("a 1\n")
    scraper = await started(new_scraper, config(peer), clock)
    while not peer.requests:
        clock.forward(100)
        await scraper.run_due(clock())
    due_ms = written.of("a")[-1][0]
    for late_ms in (0, 40, 150, 90):
        due_ms += 15_000
        clock.now_ms = due_ms + late_ms
        await scraper.run_due(clock())

    times = [ts for ts, _ in written.of("a")]
    assert [later - earlier for earlier, later in pairwise(times)] == [15_000] * 4


async def test_a_slot_that_was_slept_through_is_not_made_up_for(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    scraper = await started(new_scraper, config(peer), clock)
    clock.forward(10 * 60_000)

    await scraper.run_due(clock())
    await scraper.run_due(clock())

    assert len(peer.requests) == 1


async def test_connections_are_kept_alive_between_scrapes(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    scraper = await started(new_scraper, config(peer), clock)
    for _ in range(4):
        await scrape_once(scraper, clock)

    assert (len(peer.requests), peer.connections) == (4, 1)


async def test_the_request_carries_params_credentials_and_the_timeout(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    extra = """    metrics_path: /probe/x
    params: {module: [http, icmp]}
    basic_auth: {username: u, password_file: secret}
    scrape_timeout: 7s
"""
    scraper = await started(new_scraper, config(peer, extra), clock)
    await scrape_once(scraper, clock)

    (request,) = peer.requests
    assert request.path == "/probe/x?module=http&module=icmp"
    assert request.headers["authorization"] == "Basic dTpzM2NyZXQ="
    assert request.headers["x-prometheus-scrape-timeout-seconds"] == "7"


async def test_a_json_quoted_body_is_read_and_the_target_is_told_about(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    peer.says(json.dumps('a{x="é"} 4\n'), content_type="application/json")
    scraper = await started(new_scraper, config(peer), clock)
    await scrape_once(scraper, clock)

    assert [value for _, value in written.of("a")] == [4.0]
    assert "one JSON string" in scraper.targets(SCOPE)[0].note


@pytest.mark.parametrize(
    ("extra", "body", "expected"),
    [
        ("    sample_limit: 1\n", "a 1\nb 2\n", "sample limit exceeded"),
        ("    label_limit: 3\n", 'a{x="1"} 1\n', "label_limit exceeded"),
        ("    label_name_length_limit: 8\n", 'a{long_name="1"} 1\n', "label_name_length_limit"),
        ("    label_value_length_limit: 20\n", f'a{{x="{"y" * 21}"}} 1\n', "value_length_limit"),
        ("    body_size_limit: 1KB\n", "# " + "x" * 2000, "larger than 1,024 bytes"),
        ("", "a{ 1\n", "unclosed braces"),
        ("", "a 1 2 3\n", "nothing but a timestamp"),
    ],
)
async def test_an_answer_beyond_a_limit_or_malformed_is_a_failed_scrape(
    new_scraper: NewScraper,
    peer: HttpPeer,
    written: Written,
    clock: HandClock,
    extra: str,
    body: str,
    expected: str,
) -> None:
    peer.says(body)
    scraper = await started(new_scraper, config(peer, extra), clock)
    await scrape_once(scraper, clock)

    (status,) = scraper.targets(SCOPE)
    assert status.health is Health.DOWN
    assert expected in status.last_error
    assert [value for _, value in written.of("up")] == [0.0]
    assert not written.of("a")


async def test_a_target_that_hangs_is_down_after_its_timeout(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    peer.answer = lambda _request: Reply(hang=True)
    scraper = await started(new_scraper, config(peer, "    scrape_timeout: 100ms\n"), clock)
    await scrape_once(scraper, clock)

    assert "within 0.1 s" in scraper.targets(SCOPE)[0].last_error


async def test_timestamps_of_the_target_are_kept_only_if_honoured(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    own_ms = clock() - 5_000
    peer.says(f"a 1 {own_ms}\n")
    scraper = await started(new_scraper, config(peer), clock)
    await scrape_once(scraper, clock)
    assert written.of("a") == [(own_ms, 1.0)]


async def test_relabelling_drops_and_rewrites_series(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    peer.says('a{code="200"} 1\na{code="500"} 2\nb 3\n')
    extra = """    relabel_configs:
      - {source_labels: [__address__], regex: "(.*):.*", target_label: host}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: b, action: drop}
      - {regex: code, action: labelmap, replacement: status}
      - {regex: code, action: labeldrop}
"""
    scraper = await started(new_scraper, config(peer, extra), clock)
    for _ in range(2):
        await scrape_once(scraper, clock)

    kept = [dict(s) for s, _, _ in written.samples() if dict(s)["__name__"] in ("a", "b")]
    assert [labels["status"] for labels in kept] == ["200", "500", "200", "500"]
    assert all(labels["host"] == "127.0.0.1" and "code" not in labels for labels in kept)
    kept_count = written.of("scrape_samples_post_metric_relabeling")
    assert [value for _, value in kept_count] == [2.0, 2.0]


async def test_a_changed_file_is_taken_up_and_a_removed_target_ends(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock, tmp_path: Path
) -> None:
    peer.says("a 1\n")
    scraper = await started(new_scraper, config(peer), clock)
    await scrape_once(scraper, clock)

    (tmp_path / "prometheus.yml").write_text("scrape_configs: []\n")
    await scrape_once(scraper, clock)

    assert scraper.targets(SCOPE) == []
    assert [is_stale(value) for _, value in written.of("a")] == [False, True]
    assert [is_stale(value) for _, value in written.of("up")] == [False, True]


async def test_a_broken_file_leaves_the_last_good_one_in_force_and_says_so(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock, tmp_path: Path
) -> None:
    scraper = await started(new_scraper, config(peer), clock)
    (tmp_path / "prometheus.yml").write_text("scrape_confgs: []\n")
    await scrape_once(scraper, clock)

    assert len(scraper.targets(SCOPE)) == 1
    assert 'line 1: unknown field "scrape_confgs"' in scraper.problems(SCOPE)[0]


async def test_targets_of_another_project_are_not_shown(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    scraper = await started(new_scraper, config(peer), clock)

    assert scraper.targets(Scope(org_id=1, project_ids=(2,), role=Role.OWNER)) == []


async def test_files_name_targets_and_are_followed(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock, tmp_path: Path
) -> None:
    listed = tmp_path / "targets.json"
    listed.write_text(json.dumps([{"targets": [peer.address], "labels": {"env": "prod"}}]))
    source = "scrape_configs: [{job_name: f, file_sd_configs: [{files: ['targets.json']}]}]"
    scraper = await started(new_scraper, source, clock)
    assert scraper.targets(SCOPE)[0].labels["env"] == "prod"

    listed.write_text("[]")
    await scrape_once(scraper, clock)
    assert scraper.targets(SCOPE) == []


def discovered(peer: HttpPeer) -> str:
    """A config whose only targets come from `peer` by HTTP, and `peer` answers both."""

    def answer(request: Request) -> Reply:
        body = "a 1\n" if request.path == "/metrics" else json.dumps([{"targets": [peer.address]}])
        return Reply(body=body.encode(), headers={"content-type": "text/plain"})

    peer.answer = answer
    url = f"http://{peer.address}/sd"
    job = f"{{job_name: h, scrape_interval: 15s, http_sd_configs: [{{url: '{url}'}}]}}"
    return f"scrape_configs: [{job}]"


async def test_a_discovery_server_in_the_operators_network_may_name_targets_there(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    scraper = await started(new_scraper, discovered(peer), clock)
    await scrape_once(scraper, clock)

    (status,) = scraper.targets(SCOPE)
    assert (status.health, status.last_error) == (Health.UP, "")
    assert status.discovered_labels["__meta_url"] == f"http://{peer.address}/sd"


async def test_a_config_from_the_ui_reaches_no_private_discovery_server(
    meta: Meta, clock: HandClock, acceptor: Acceptor, peer: HttpPeer, outbound: Outbound
) -> None:
    configs = ScrapeConfigs(meta, clock)
    scraper = Scraper(configs, outbound, acceptor, clock)
    configs.put(SCOPE, discovered(peer))
    await scraper.run_due(clock())

    assert "outbound.allow" in scraper.problems(SCOPE)[0]
    assert not peer.requests


async def test_a_config_from_the_ui_is_stored_checked_and_not_trusted(
    meta: Meta, clock: HandClock, acceptor: Acceptor, peer: HttpPeer, outbound: Outbound
) -> None:
    configs = ScrapeConfigs(meta, clock)
    scraper = Scraper(configs, outbound, acceptor, clock)
    configs.put(SCOPE, config(peer))
    await scraper.run_due(clock())
    await scrape_once(scraper, clock)
    assert "not public" in scraper.targets(SCOPE)[0].last_error

    with pytest.raises(ScrapeConfigInvalid, match="files of the server"):
        configs.put(SCOPE, config(peer, "    bearer_token_file: /etc/shadow\n"))
    assert configs.source(SCOPE) == config(peer)


async def test_a_private_target_from_the_ui_is_reached_where_the_operator_allows_it(
    meta: Meta, clock: HandClock, acceptor: Acceptor, peer: HttpPeer
) -> None:
    outbound = Outbound(OutboundOptions(allow=("127.0.0.0/8",)))
    configs = ScrapeConfigs(meta, clock)
    scraper = Scraper(configs, outbound, acceptor, clock)
    configs.put(SCOPE, config(peer))
    peer.says("a 1\n")
    await scraper.run_due(clock())
    await scrape_once(scraper, clock)

    assert scraper.targets(SCOPE)[0].health is Health.UP
    await outbound.aclose()


async def test_the_host_is_read_under_node_exporters_names(
    acceptor: Acceptor, clock: HandClock, written: Written
) -> None:
    host = HostMetrics(acceptor, clock, project_id=1)
    assert await host.collect(clock()) > 30

    names = {dict(labels)["__name__"] for labels, _, _ in written.samples()}
    assert {
        "node_cpu_seconds_total",
        "node_memory_MemAvailable_bytes",
        "node_memory_MemTotal_bytes",
        "node_load1",
        "node_boot_time_seconds",
        "node_uname_info",
        "up",
    } <= names
    assert all(dict(labels)["job"] == "node" for labels, _, _ in written.samples())
    assert all(math.isfinite(value) for _, _, value in written.samples())
