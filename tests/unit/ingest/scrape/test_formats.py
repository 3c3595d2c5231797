"""What targets send in each format is stored, and what it needs to be reached is sent along."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.fakes.clock import HandClock
from tests.fakes.http_peer import HttpPeer, Reply, Request, http_peer
from tests.unit.ingest.exposition import test_protobuf as wire
from tests.unit.ingest.scrape.conftest import SCOPE, NewScraper, Written
from tests.unit.ingest.scrape.test_scraper import config, is_stale, scrape_once, started
from watchkeeper.ingest.scrape import Health, ScrapeConfigInvalid, ScrapeConfigs
from watchkeeper.model import CUSTOM_BUCKETS
from watchkeeper.store.meta import Meta

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROTOBUF = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)


def is_stale_histogram(total: float) -> bool:
    return struct.pack("<d", total) == struct.pack("<Q", 0x7FF0000000000002)


async def test_openmetrics_is_asked_for_and_its_exemplars_are_stored(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    own_s = clock() / 1000 + 1
    peer.says(
        f'a_total 5 # {{trace_id="t1"}} 0.5 {own_s}\nb_total 1 # {{trace_id="t2"}} 1\n# EOF\n',
        content_type=OPENMETRICS,
    )
    scraper = await started(new_scraper, config(peer), clock)
    for _ in range(2):
        await scrape_once(scraper, clock)

    assert peer.requests[0].headers["accept"].startswith("application/openmetrics-text")
    assert [value for _, value in written.of("a_total")] == [5.0, 5.0]
    told = {name: (ts_ms, value, labels) for name, ts_ms, value, labels in written.exemplars()}
    assert len(written.exemplars()) == 2
    assert told["a_total"] == (round(own_s * 1000), 0.5, {"trace_id": "t1"})
    assert told["b_total"][1:] == (1.0, {"trace_id": "t2"})


async def test_native_histograms_are_stored_and_end_when_they_vanish(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    family = wire.family("h", wire.HISTOGRAM, wire.text(7, wire.native()))
    gauge = wire.family("g", wire.GAUGE, wire.text(2, wire.double(1, 3)))
    scraper = await started(
        new_scraper, config(peer, "    scrape_native_histograms: true\n"), clock
    )
    peer.says(family + gauge, content_type=PROTOBUF)
    await scrape_once(scraper, clock)
    peer.says(gauge, content_type=PROTOBUF)
    await scrape_once(scraper, clock)

    assert peer.requests[0].headers["accept"].startswith("application/vnd.google.protobuf")
    first, second = written.histograms()
    assert (first[0], first[2].schema, first[2].count) == ("h", 3, 12)
    assert (second[0], is_stale_histogram(second[2].sum)) == ("h", True)
    assert [value for _, value in written.of("scrape_samples_scraped")] == [2.0, 1.0]
    assert [value for _, value in written.of("scrape_series_added")] == [2.0, 0.0]


async def test_classic_histograms_become_native_ones_where_a_job_says_so(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    peer.says(
        "# TYPE h histogram\n"
        'h_bucket{le="1"} 2\nh_bucket{le="5"} 2\nh_bucket{le="+Inf"} 7\nh_sum 30\nh_count 7\n'
        "# TYPE g gauge\ng_count 1\n"
    )
    extra = "    convert_classic_histograms_to_nhcb: true\n"
    scraper = await started(new_scraper, config(peer, extra), clock)
    for _ in range(2):
        await scrape_once(scraper, clock)

    assert not written.of("h_bucket")
    assert not written.of("h_count")
    assert len(written.of("g_count")) == 2
    name, _, histogram = written.histograms()[1]
    assert (name, histogram.schema, histogram.custom_bounds) == ("h", CUSTOM_BUCKETS, (1.0, 5.0))
    assert (histogram.count, histogram.sum) == (7, 30)
    assert list(zip(histogram.positive.indexes, histogram.positive.counts, strict=True)) == [
        (0, 2.0),
        (2, 5.0),
    ]


async def test_a_histogram_that_cannot_be_made_coarse_enough_fails_the_scrape(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    spread = wire.native() + wire.text(12, wire.span(2**30, 1)) + wire.whole(13, wire.zigzag(1))
    peer.says(wire.family("h", wire.HISTOGRAM, wire.text(7, spread)), content_type=PROTOBUF)
    extra = "    native_histogram_bucket_limit: 1\n"
    scraper = await started(new_scraper, config(peer, extra), clock)
    await scrape_once(scraper, clock)

    assert scraper.targets(SCOPE)[0].last_error == "histogram bucket limit exceeded"


@pytest.mark.parametrize(
    ("extra", "health"),
    [("", Health.DOWN), ("    fallback_scrape_protocol: PrometheusText0.0.4\n", Health.UP)],
)
async def test_a_wrong_content_type_needs_a_fallback(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock, extra: str, health: Health
) -> None:
    peer.says("a 1\n", content_type="text/html")
    scraper = await started(new_scraper, config(peer, extra), clock)
    await scrape_once(scraper, clock)

    assert scraper.targets(SCOPE)[0].health is health


@pytest.mark.parametrize(("tracked", "ends"), [("false", False), ("true", True)])
async def test_series_with_timestamps_end_only_if_they_are_tracked(
    new_scraper: NewScraper,
    peer: HttpPeer,
    written: Written,
    clock: HandClock,
    tracked: str,
    ends: bool,
) -> None:
    extra = f"    track_timestamps_staleness: {tracked}\n"
    scraper = await started(new_scraper, config(peer, extra), clock)
    for body in (f"a 1 {clock()}\nb 1\n", "b 1\n", "b 1\n"):
        peer.says(body)
        await scrape_once(scraper, clock)

    assert [is_stale(value) for _, value in written.of("a")] == ([False, True] if ends else [False])


async def test_extra_metrics_tell_the_limits_and_the_size(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    extra = "    extra_scrape_metrics: true\n    sample_limit: 5\n    scrape_timeout: 3s\n"
    scraper = await started(new_scraper, config(peer, extra), clock)
    peer.says("a 1\n")
    await scrape_once(scraper, clock)

    assert [value for _, value in written.of("scrape_timeout_seconds")] == [3.0]
    assert [value for _, value in written.of("scrape_sample_limit")] == [5.0]
    assert [value for _, value in written.of("scrape_body_size_bytes")] == [4.0]


async def test_a_scrape_over_its_sample_limit_still_says_how_many_there_were(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    peer.says("a 1\nb 2\nc 3\n")
    extra = (
        "    sample_limit: 1\n    metric_relabel_configs: "
        "[{source_labels: [__name__], regex: c, action: drop}]\n"
    )
    scraper = await started(new_scraper, config(peer, extra), clock)
    await scrape_once(scraper, clock)

    assert [value for _, value in written.of("up")] == [0.0]
    assert [value for _, value in written.of("scrape_samples_scraped")] == [3.0]
    assert [value for _, value in written.of("scrape_samples_post_metric_relabeling")] == [2.0]


async def test_too_many_targets_fail_all_of_the_job(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    source = (
        "scrape_configs: [{job_name: a, scrape_interval: 15s, target_limit: 1, "
        f"static_configs: [{{targets: ['{peer.address}', 'localhost:{peer.port}']}}]}}]"
    )
    scraper = await started(new_scraper, source, clock)
    await scrape_once(scraper, clock)

    errors = {target.last_error for target in scraper.targets(SCOPE)}
    assert errors == {"target_limit exceeded (number of targets: 2, limit: 1)"}
    assert [value for _, value in written.of("up")] == [0.0, 0.0]
    assert not peer.requests


async def test_series_that_a_changed_config_drops_end(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock, tmp_path: Path
) -> None:
    peer.says("a 1\nb 1\n")
    scraper = await started(new_scraper, config(peer), clock)
    await scrape_once(scraper, clock)
    dropping = "    metric_relabel_configs: [{source_labels: [__name__], regex: b, action: drop}]\n"
    (tmp_path / "prometheus.yml").write_text(config(peer, dropping))
    for _ in range(2):
        await scrape_once(scraper, clock)

    assert [is_stale(value) for _, value in written.of("b")] == [False, True]
    assert [is_stale(value) for _, value in written.of("a")] == [False, False, False]


async def test_a_reload_says_what_is_wrong_and_the_old_config_goes_on(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock, tmp_path: Path
) -> None:
    scraper = await started(new_scraper, config(peer), clock)
    assert (await scraper.reload(), scraper.is_config_good()) == ([], True)

    (tmp_path / "prometheus.yml").write_text("scrape_configs: [{job_nam: x}]")
    (problem,) = await scraper.reload()
    assert "line 1" in problem
    assert not scraper.is_config_good()
    assert len(scraper.targets(SCOPE)) == 1

    (tmp_path / "prometheus.yml").write_text("scrape_configs: [{job_name: b}]")
    assert await scraper.reload() == []
    assert (scraper.pools(SCOPE), scraper.targets(SCOPE)) == (["b"], [])


async def test_a_broken_target_file_keeps_its_targets_and_is_named(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock, tmp_path: Path
) -> None:
    good, other = tmp_path / "a.yml", tmp_path / "b.json"
    good.write_text(f"- targets: ['{peer.address}']\n")
    other.write_text(json.dumps([{"targets": ["localhost:1"]}]))
    source = "scrape_configs: [{job_name: f, file_sd_configs: [{files: ['a*.yml', '*.json']}]}]"
    scraper = await started(new_scraper, source, clock)
    assert len(scraper.targets(SCOPE)) == 2

    other.write_text("[{")
    await scrape_once(scraper, clock)
    assert len(scraper.targets(SCOPE)) == 2
    assert any("b.json" in problem for problem in scraper.problems(SCOPE))


async def test_a_token_is_fetched_once_for_all_targets_and_renewed(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/token":
            body = json.dumps({"access_token": "tok", "token_type": "bearer", "expires_in": 40})
            return Reply(body=body.encode())
        return Reply(body=b"a 1\n", headers={"content-type": "text/plain"})

    peer.answer = answer
    extra = (
        "    oauth2: {client_id: me, client_secret: 's:c', scopes: [x, y], "
        f"token_url: 'http://{peer.address}/token', endpoint_params: {{audience: z}}}}\n"
    )
    scraper = await started(new_scraper, config(peer, extra), clock)
    for _ in range(3):
        await scrape_once(scraper, clock)

    asked = [request for request in peer.requests if request.path == "/token"]
    scraped = [request for request in peer.requests if request.path == "/metrics"]
    assert (len(asked), len(scraped)) == (2, 3)
    assert asked[0].body == b"grant_type=client_credentials&audience=z&scope=x+y"
    assert asked[0].headers["authorization"] == "Basic bWU6cyUzQWM="
    assert {request.headers["authorization"] for request in scraped} == {"Bearer tok"}


async def test_a_refused_token_is_the_targets_error(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    peer.says("no", status=401)
    extra = (
        f"    oauth2: {{client_id: a, client_secret: b, token_url: 'http://{peer.address}/t'}}\n"
    )
    scraper = await started(new_scraper, config(peer, extra), clock)
    await scrape_once(scraper, clock)

    assert "answered 401 instead of a token" in scraper.targets(SCOPE)[0].last_error


async def test_a_job_goes_through_its_proxy_unless_the_host_is_named(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    async with http_peer() as proxy:
        proxy.says("a 1\n")
        peer.says("a 1\n")
        source = f"""
scrape_configs:
  - job_name: through
    scrape_interval: 15s
    proxy_url: http://user:pass@{proxy.address}
    static_configs: [{{targets: ["metrics.example:9100"]}}]
  - job_name: direct
    scrape_interval: 15s
    proxy_url: http://{proxy.address}
    no_proxy: 127.0.0.0/8
    static_configs: [{{targets: ["{peer.address}"]}}]
"""
        scraper = await started(new_scraper, source, clock)
        await scrape_once(scraper, clock)

        assert {target.health for target in scraper.targets(SCOPE)} == {Health.UP}
        (request,) = proxy.requests
        assert request.path == "http://metrics.example:9100/metrics"
        assert request.headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"
        assert len(peer.requests) == 1


async def test_headers_and_compression_are_as_configured(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock, tmp_path: Path
) -> None:
    (tmp_path / "h").write_text("c\n")
    extra = (
        "    enable_compression: false\n"
        "    http_headers: {X-Tenant: {values: [a], secrets: [b], files: [h]}}\n"
    )
    scraper = await started(new_scraper, config(peer, extra), clock)
    await scrape_once(scraper, clock)

    (request,) = peer.requests
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["x-tenant"] == "a, b, c"


async def test_a_target_without_plain_names_fails_a_job_that_wants_only_those(
    new_scraper: NewScraper, peer: HttpPeer, written: Written, clock: HandClock
) -> None:
    peer.says('{"my.metric","a.b"="c"} 1\n')
    scraper = await started(new_scraper, config(peer), clock)
    await scrape_once(scraper, clock)
    assert len(written.of("my.metric")) == 1

    legacy = new_scraper(config(peer, "    metric_name_validation_scheme: legacy\n"))
    await legacy.run_due(clock())
    await scrape_once(legacy, clock)
    assert "invalid metric name" in legacy.targets(SCOPE)[0].last_error
    assert "escaping=underscores" in peer.requests[-1].headers["accept"]


async def test_a_target_shows_its_last_scrapes(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    scraper = await started(new_scraper, config(peer), clock)
    for status in (200, 500, 200):
        peer.says("a 1\n", status=status)
        await scrape_once(scraper, clock)

    (target,) = scraper.targets(SCOPE)
    assert [past.is_up for past in target.history] == [True, False, True]
    assert target.last_error == ""
    (told,) = scraper.metadata(SCOPE)
    assert told.target["job"] == "app"


async def test_while_a_discovery_hangs_other_targets_are_found_and_scraped(
    new_scraper: NewScraper, peer: HttpPeer, clock: HandClock
) -> None:
    async with http_peer() as slow:
        slow.answer = lambda _request: Reply(hang=True)
        source = f"""
scrape_configs:
  - {{job_name: slow, http_sd_configs: [{{url: 'http://{slow.address}/', refresh_interval: 1s}}]}}
  - {{job_name: app, scrape_interval: 1s, static_configs: [{{targets: ['{peer.address}']}}]}}
"""
        scraper = new_scraper(source)
        await scraper.reload()
        assert [target.job for target in scraper.targets(SCOPE)] == ["app"]
        await scraper.run_due(clock())
        assert "slow" in scraper.problems(SCOPE)[0]


def test_a_project_config_cannot_read_files_of_the_server(meta: Meta, clock: HandClock) -> None:
    configs = ScrapeConfigs(meta, clock)
    for extra in (
        "    oauth2: {client_id: a, client_secret_file: /x, token_url: 'http://t/t'}\n",
        "    http_headers: {X-A: {files: [/etc/passwd]}}\n",
        "    proxy_from_environment: true\n",
        "    tls_config: {ca_file: /x}\n",
        "    basic_auth: {username_file: /x}\n",
    ):
        with pytest.raises(ScrapeConfigInvalid, match="files of the server"):
            configs.put(SCOPE, f"scrape_configs:\n  - job_name: a\n{extra}")
