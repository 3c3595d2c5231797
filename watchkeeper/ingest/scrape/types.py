"""What a prometheus.yml says, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.ingest.exposition import DEFAULT_PROTOCOLS, Protocol
from watchkeeper.ingest.scrape.relabel import RelabelStep
from watchkeeper.lib.outbound import PLAIN_TLS, TlsOptions
from watchkeeper.lib.proxies import NO_PROXY, ProxyOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How to sign in at a target. A *_file is read at each scrape, so that it may be rotated."""

    username: str = ""
    username_file: str = ""
    password: str = ""
    password_file: str = ""
    scheme: str = ""
    token: str = ""
    token_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Client credentials that are changed for a token at `token_url`. RFC 6749, 4.4."""

    client_id: str
    client_secret: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ()
    token_url: str = ""
    endpoint_params: tuple[tuple[str, str], ...] = ()
    tls: TlsOptions = PLAIN_TLS
    proxy: ProxyOptions = NO_PROXY


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header of each request: its values, and files that hold further ones."""

    name: str
    values: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpClient:
    """Everything about reaching a peer that scrape jobs and http_sd share."""

    credentials: Credentials = Credentials()
    oauth2: OAuth2 | None = None
    tls: TlsOptions = PLAIN_TLS
    follow_redirects: bool = True
    headers: tuple[Header, ...] = ()
    proxy: ProxyOptions = NO_PROXY


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticGroup:
    """Targets as host:port, and labels for all of them."""

    targets: tuple[str, ...]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiscovery:
    """Files that hold static groups; the last part of a path may hold one `*`."""

    files: tuple[str, ...]
    refresh_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpDiscovery:
    """A URL that answers static groups as JSON."""

    url: str
    refresh_ms: int
    client: HttpClient


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsDiscovery:
    """Names whose addresses are targets. record: SRV, A, AAAA, MX or NS; port for all but SRV."""

    names: tuple[str, ...]
    record: str
    port: int
    refresh_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a target's answer may hold; 0 is no limit. The body's default bound is 64 MiB.

    buckets: of one native histogram, which is made coarser until it fits. min_bucket_factor: its
    buckets grow at least by this. dropped_targets: how many a job shows.
    """

    samples: int = 0
    labels: int = 0
    label_name_length: int = 0
    label_value_length: int = 0
    body_bytes: int = 0
    targets: int = 0
    buckets: int = 0
    min_bucket_factor: float = 0.0
    dropped_targets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a target's answers are asked for and read.

    native_histograms: False reads classic buckets only. classic_too: keep classic buckets beside
    native ones. custom_buckets: store classic histograms as native ones. utf8_names: any UTF-8
    name is good. extra_metrics: report limits and sizes too.
    """

    protocols: tuple[Protocol, ...] = DEFAULT_PROTOCOLS
    fallback: Protocol | None = None
    native_histograms: bool = True
    classic_too: bool = False
    custom_buckets: bool = False
    utf8_names: bool = True
    escaping: str = "allow-utf-8"
    compression: bool = True
    extra_metrics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeJob:
    """One entry of scrape_configs, with the globals filled in."""

    name: str
    interval_ms: int
    timeout_ms: int
    metrics_path: str
    scheme: str
    params: Mapping[str, tuple[str, ...]]
    honor_labels: bool
    honor_timestamps: bool
    track_timestamps_staleness: bool
    reading: Reading
    client: HttpClient
    relabel: tuple[RelabelStep, ...]
    metric_relabel: tuple[RelabelStep, ...]
    limits: Limits
    static: tuple[StaticGroup, ...]
    files: tuple[FileDiscovery, ...]
    http: tuple[HttpDiscovery, ...]
    dns: tuple[DnsDiscovery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeConfig:
    """A whole prometheus.yml.

    rule_files: globs as written. alertmanagers: host:port of each static one.
    notes: what was accepted but does nothing here, as sentences. included_globs:
    scrape_config_files as written.
    """

    scrape_interval_ms: int
    evaluation_interval_ms: int
    external_labels: Mapping[str, str]
    rule_files: tuple[str, ...]
    alertmanagers: tuple[str, ...]
    jobs: tuple[ScrapeJob, ...]
    notes: tuple[str, ...]
    included_globs: tuple[str, ...] = ()
