"""A prometheus.yml is taken as promtool takes it, and refused as it refuses it."""
# ruff: noqa: E501

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from watchkeeper.ingest.exposition import DEFAULT_PROTOCOLS, Protocol
from watchkeeper.ingest.scrape import ScrapeConfigInvalid, Surroundings, parse_config
from watchkeeper.ingest.scrape.targets import targets_of

GOLDEN = Path(__file__).parents[3] / "golden" / "prometheus" / "prometheus.yml"


def job(text: str = "") -> str:
    return f"scrape_configs:\n  - job_name: j\n    static_configs: [{{targets: ['h:1']}}]\n    {text}\n"


def relabel(text: str) -> str:
    return job(f"relabel_configs: [{{{text}}}]")


TAKEN = {
    "empty": "",
    "only global": "global: {scrape_interval: 15s}",
    "global in full": "global: {scrape_interval: 15s, scrape_timeout: 5s, evaluation_interval: 1m, external_labels: {a: b}, query_log_file: x}",
    "plain job": job(),
    "job in full": job("scrape_interval: 5s\n    scrape_timeout: 5s\n    scheme: https\n    metrics_path: /m\n    params: {a: [b, c]}\n    honor_labels: true\n    honor_timestamps: false"),
    "all limits": job("sample_limit: 5\n    label_limit: 6\n    label_name_length_limit: 7\n    label_value_length_limit: 8\n    target_limit: 9\n    body_size_limit: 10MB"),
    "basic auth": job("basic_auth: {username: u, password: p}"),
    "authorization": job("authorization: {type: Token, credentials: c}"),
    "bearer token": job("bearer_token: t"),
    "tls": job("tls_config: {server_name: s, insecure_skip_verify: true, min_version: TLS12}"),
    "no redirects": job("follow_redirects: false\n    enable_http2: false"),
    "file_sd": "scrape_configs: [{job_name: j, file_sd_configs: [{files: ['*.json', 'x/*.yml'], refresh_interval: 1m}]}]",
    "http_sd": "scrape_configs: [{job_name: j, http_sd_configs: [{url: 'http://h/x', refresh_interval: 1m}]}]",
    "dns_sd": "scrape_configs: [{job_name: j, dns_sd_configs: [{names: [a.b]}, {names: [c], type: A, port: 9}]}]",
    "relabel replace": relabel("source_labels: [a], target_label: b, regex: '(.*)', replacement: '$1'"),
    "relabel to a template": relabel("source_labels: [a], target_label: 'b_${1}'"),
    "relabel keep": relabel("source_labels: [a], action: keep, regex: 'x|y'"),
    "relabel hashmod": relabel("source_labels: [a], action: hashmod, modulus: 8, target_label: b"),
    "relabel labelmap": relabel("action: labelmap, regex: 'a_(.+)'"),
    "relabel labeldrop": relabel("action: labeldrop, regex: 'a'"),
    "relabel lowercase": relabel("source_labels: [a], action: lowercase, target_label: b"),
    "relabel keepequal": relabel("source_labels: [a], action: keepequal, target_label: b"),
    "relabel number as regex": relabel("source_labels: [a], action: keep, regex: 123"),
    "metric relabel": job("metric_relabel_configs: [{source_labels: [__name__], action: drop, regex: 'go_.*'}]"),
    "alertmanagers": "alerting: {alertmanagers: [{static_configs: [{targets: ['a:9093']}], scheme: http, path_prefix: /x, timeout: 5s, api_version: v2}]}",
    "remote write": "remote_write: [{url: 'http://h/w'}]",
    "storage": "storage: {exemplars: {max_exemplars: 5}}",
    "two jobs": "scrape_configs: [{job_name: a}, {job_name: b}]",
    "interval below the default timeout": job("scrape_interval: 5s"),
    "labels of a group": "scrape_configs: [{job_name: j, static_configs: [{targets: ['h:1'], labels: {a: b, c: 1}}]}]",
    "a probe of URLs": "scrape_configs: [{job_name: j, metrics_path: /probe, params: {module: [http_2xx]}, static_configs: [{targets: ['https://shop.test/x']}], relabel_configs: [{source_labels: [__address__], target_label: __param_target}, {target_label: __address__, replacement: 'h:9115'}]}]",
    "oauth2": job("oauth2: {client_id: a, client_secret: b, token_url: 'http://t/t', scopes: [x], endpoint_params: {a: b}}"),
    "proxy": job("proxy_url: http://proxy.example:3128"),
    "tls with a name": job("tls_config: {insecure_skip_verify: true, server_name: x, min_version: TLS12}"),
    "http2 off": job("enable_http2: false\n    follow_redirects: false"),
    "limits": job("sample_limit: 5\n    target_limit: 1\n    label_limit: 3\n    label_name_length_limit: 9\n    label_value_length_limit: 9\n    body_size_limit: 5MB"),
    "external labels from the environment": "global: {external_labels: {a: '${HOST}', b: $$x}}",
    "other sections": "remote_write: [{url: 'http://r/w'}]\nremote_read: [{url: 'http://r/r'}]\nstorage: {tsdb: {out_of_order_time_window: 5m}}",
}  # fmt: skip
REFUSED = {
    "not yaml": "global: [",
    "unknown top field": "scrape_config: []",
    "unknown global field": "global: {scrap_interval: 5s}",
    "unknown job field": job("metric_path: /x"),
    "unknown static field": "scrape_configs: [{job_name: j, static_configs: [{target: ['h:1']}]}]",
    "no job name": "scrape_configs: [{static_configs: []}]",
    "job named twice": "scrape_configs: [{job_name: a}, {job_name: a}]",
    "timeout above interval": job("scrape_interval: 5s\n    scrape_timeout: 6s"),
    "global timeout above interval": "global: {scrape_interval: 5s, scrape_timeout: 6s}",
    "bad duration": job("scrape_interval: 5"),
    "bad bool": job("honor_labels: maybe"),
    "bad size": job("body_size_limit: 10XB"),
    "bad scheme type": job("scheme: [http]"),
    "target with path": "scrape_configs: [{job_name: j, static_configs: [{targets: ['http://h:1/x']}]}]",
    "two credentials": job("basic_auth: {username: u}\n    bearer_token: t"),
    "basic by authorization": job("authorization: {type: basic, credentials: x}"),
    "unknown relabel action": relabel("action: nope"),
    "bad regex": relabel("source_labels: [a], action: keep, regex: '('"),
    "look-ahead": relabel("source_labels: [a], action: keep, regex: '(?=x)'"),
    "back-reference": relabel("source_labels: [a], action: keep, regex: '(a)\\1'"),
    "replace without target": relabel("source_labels: [a]"),
    "hashmod without modulus": relabel("source_labels: [a], action: hashmod, target_label: b"),
    "bad target label": relabel("source_labels: [a], target_label: 'a-b'"),
    "bad source label": relabel("source_labels: ['a-b'], target_label: c"),
    "labeldrop with more": relabel("action: labeldrop, regex: a, source_labels: [b]"),
    "keepequal with regex": relabel("source_labels: [a], action: keepequal, target_label: b, regex: x"),
    "lowercase with replacement": relabel("source_labels: [a], action: lowercase, target_label: b, replacement: x"),
    "bad external label": "global: {external_labels: {a-b: c}}",
    "bad group label": "scrape_configs: [{job_name: j, static_configs: [{targets: ['h:1'], labels: {a-b: c}}]}]",
    "file_sd without files": "scrape_configs: [{job_name: j, file_sd_configs: [{}]}]",
    "file_sd of another kind": "scrape_configs: [{job_name: j, file_sd_configs: [{files: [x.txt]}]}]",
    "http_sd without url": "scrape_configs: [{job_name: j, http_sd_configs: [{}]}]",
    "dns_sd without port": "scrape_configs: [{job_name: j, dns_sd_configs: [{names: [a], type: A}]}]",
    "dns_sd of another kind": "scrape_configs: [{job_name: j, dns_sd_configs: [{names: [a], type: TXT}]}]",
    "bad tls version": job("tls_config: {min_version: TLS99}"),
    "cert without key": job("tls_config: {cert_file: x}"),
    "job list as mapping": "scrape_configs: {job_name: j}",
    "oauth2 without secret": job("oauth2: {client_id: a, token_url: 'http://t/t'}"),
    "oauth2 without id": job("oauth2: {client_secret: a, token_url: 'http://t/t'}"),
    "oauth2 and basic": job("basic_auth: {username: u}\n    oauth2: {client_id: a, client_secret: b, token_url: 'http://t/t'}"),
    "no_proxy without proxy": job("no_proxy: a.example"),
    "two proxies": job("proxy_url: http://p:1\n    proxy_from_environment: true"),
    "remote_write without url": "remote_write: [{}]",
    "remote_read without url": "remote_read: [{}]",
    "bad rule glob": "rule_files: ['a/*/b.yml']",
    "alertmanager api": "alerting: {alertmanagers: [{api_version: v9}]}",
    "no mapping": "- a",
    "field twice": "global: {}\nglobal: {}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_a_good_config_is_taken(name: str) -> None:
    parse_config(TAKEN[name])


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_config_is_refused(name: str) -> None:
    with pytest.raises(ScrapeConfigInvalid):
        parse_config(REFUSED[name])


@pytest.mark.prometheus
@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
@pytest.mark.parametrize("name", [*TAKEN, *REFUSED])
def test_promtool_agrees(name: str, tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text({**TAKEN, **REFUSED}[name])
    checked = subprocess.run(
        ["promtool", "check", "config", path], capture_output=True, check=False
    )
    assert (checked.returncode == 0) is (name in TAKEN), checked.stderr.decode()


@pytest.mark.parametrize("name", ["kubernetes_sd_configs", "consul_sd_configs", "ec2_sd_configs"])
def test_a_discovery_that_is_not_done_here_is_named(name: str) -> None:
    with pytest.raises(ScrapeConfigInvalid, match=rf"line 4: .*{name} is not supported yet; use"):
        parse_config(job(f"{name}: [{{x: y}}]"))


def test_an_error_names_line_and_field() -> None:
    with pytest.raises(ScrapeConfigInvalid) as refused:
        parse_config(job("metric_path: /x"))
    assert str(refused.value) == 'line 4: scrape_configs[0]: unknown field "metric_path"'
    assert refused.value.line == 4


def test_a_probe_asks_its_exporter_for_the_url() -> None:
    (job,) = parse_config(TAKEN["a probe of URLs"]).jobs
    plain = replace(job, relabel=())

    (target,), bad = targets_of(1, job, [(group, True) for group in job.static])
    none, (unusable,) = targets_of(1, plain, [(group, True) for group in job.static])

    asked = "http://h:9115/probe?module=http_2xx&target=https%3A%2F%2Fshop.test%2Fx"
    assert (target.url, bad, none) == (asked, [], [])
    assert unusable.reason == "it has no address after relabelling"


def test_the_academys_config_is_taken_as_it_is() -> None:
    config = parse_config(GOLDEN.read_text())
    assert (config.scrape_interval_ms, config.evaluation_interval_ms) == (15_000, 15_000)
    assert config.rule_files == ("alerts/*.yml",)
    assert config.alertmanagers == ("alertmanager:9093",)
    assert [(j.name, j.static[0].targets, j.metrics_path) for j in config.jobs] == [
        ("node", ("localhost:9100",), "/metrics"),
        ("heypeter-app", ("localhost:3001",), "/metrics"),
        ("postgres", ("localhost:9187",), "/metrics"),
        ("redis", ("localhost:9121",), "/metrics"),
        ("nginx", ("localhost:9113",), "/metrics"),
    ]
    assert all(j.interval_ms == 15_000 and j.timeout_ms == 10_000 for j in config.jobs)


NEWER = {
    "protocols": job("scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0]"),
    "fallback": job("fallback_scrape_protocol: PrometheusText0.0.4"),
    "histograms": job("always_scrape_classic_histograms: true\n    convert_classic_histograms_to_nhcb: true\n    native_histogram_bucket_limit: 100\n    native_histogram_min_bucket_factor: 1.1"),
    "compression": job("enable_compression: false"),
    "names": job("metric_name_validation_scheme: utf8\n    metric_name_escaping_scheme: dots\n    relabel_configs: [{source_labels: [a], target_label: 'b.c'}]"),
    "global": "global: {scrape_native_histograms: true, extra_scrape_metrics: true, keep_dropped_targets: 5, sample_limit: 9, scrape_protocols: [PrometheusText0.0.4]}",
    "proxy details": job("proxy_url: http://p:1\n    no_proxy: a.example,10.0.0.0/8\n    proxy_connect_header: {X-A: [b]}"),
    "headers": job("http_headers: {X-Tenant: {values: [a], secrets: [b], files: [c]}}"),
    "tracked": job("track_timestamps_staleness: true"),
    "inline tls": job("tls_config: {ca: x, cert: y, key: z}"),
    "username file": job("basic_auth: {username_file: u, password_file: p}"),
}  # fmt: skip

NEWER_REFUSED = {
    "unknown protocol": job("scrape_protocols: [Text]"),
    "protocol twice": job("scrape_protocols: [PrometheusProto, PrometheusProto]"),
    "unknown fallback": job("fallback_scrape_protocol: Text"),
    "legacy names allowed as UTF-8": job("metric_name_validation_scheme: legacy\n    metric_name_escaping_scheme: allow-utf-8"),
    "unknown scheme": job("metric_name_validation_scheme: ascii"),
    "a header of our own": job("http_headers: {Authorization: {values: [a]}}"),
    "other files in a config that is not on disk": "scrape_config_files: ['x/*.yml']",
    "socks proxy": job("proxy_url: socks5://p:1"),
}  # fmt: skip


@pytest.mark.parametrize("name", NEWER)
def test_fields_of_later_versions_are_taken(name: str) -> None:
    parse_config(NEWER[name])


@pytest.mark.parametrize("name", NEWER_REFUSED)
def test_wrong_fields_of_later_versions_are_refused(name: str) -> None:
    with pytest.raises(ScrapeConfigInvalid, match=r"line \d+"):
        parse_config(NEWER_REFUSED[name])


def test_a_job_takes_what_global_says_unless_it_says_otherwise() -> None:
    config = parse_config(
        """
global: {sample_limit: 5, scrape_native_histograms: true, extra_scrape_metrics: true}
scrape_configs:
  - {job_name: a}
  - {job_name: b, sample_limit: 7, scrape_native_histograms: false, extra_scrape_metrics: false}
"""
    )
    first, second = config.jobs
    assert (first.limits.samples, second.limits.samples) == (5, 7)
    assert first.reading.protocols[0] is Protocol.PROTOBUF
    assert second.reading.protocols == DEFAULT_PROTOCOLS
    assert (first.reading.extra_metrics, second.reading.extra_metrics) == (True, False)
    assert (first.reading.native_histograms, second.reading.native_histograms) == (True, False)


def test_jobs_stand_in_further_files_and_errors_name_them() -> None:
    texts = {"a.yml": "scrape_configs: [{job_name: a}]", "b.yml": "scrape_configs: [{job_nam: b}]"}

    def read(source: str, *names: str) -> list[str]:
        surroundings = Surroundings(read_included=lambda _glob: [(n, texts[n]) for n in names])
        return [job.name for job in parse_config(source, surroundings).jobs]

    assert read("scrape_config_files: ['*.yml']\nscrape_configs: [{job_name: z}]", "a.yml") == [
        "z",
        "a",
    ]
    with pytest.raises(ScrapeConfigInvalid, match=r"b.yml: line 1: .*job_name is empty"):
        read("scrape_config_files: ['*.yml']", "b.yml")
    with pytest.raises(ScrapeConfigInvalid, match=r"multiple scrape configs .*\"a\""):
        read("scrape_config_files: ['*.yml']\nscrape_configs: [{job_name: a}]", "a.yml")


def test_external_labels_take_the_environment_as_prometheus_does() -> None:
    surroundings = Surroundings(environment={"HOST": "h1"})
    config = parse_config(
        "global: {external_labels: {a: '${HOST}x', b: '$HOST', c: $$HOST, d: '$NONE'}}",
        surroundings,
    )
    assert config.external_labels == {"a": "h1x", "b": "h1", "c": "$HOST", "d": ""}


def test_sections_that_do_nothing_here_are_said() -> None:
    config = parse_config(
        "remote_write: [{url: 'http://r/w'}]\n"
        "alerting: {alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]}"
    )
    assert [note.split(" ")[0] for note in config.notes] == [
        "remote_write",
        "alerting.alertmanagers",
    ]
