"""What the server as a whole is told; rooms declare their own options beside their code."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from watchkeeper.lib.listening import Transport, parse_addresses

_OWNED = re.compile(r"([\w.-]+/[\w.-]+)=(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Where the server listens and keeps what it stores. Section [server]."""

    listen: str = "127.0.0.1:8000"
    """HOST:PORT of the one public HTTP address."""
    public_url: str = ""
    """Address that printed links and snippets carry; empty: http:// (https:// with a certificate)
    and `listen`."""
    data_dir: Path = Path("data")
    """Directory of everything that is stored here. One server owns it."""
    max_body_bytes: int = 16 * 1024 * 1024
    """Largest request body of the JSON API; ingest has limits of its own."""
    tls_cert_file: str = ""
    """PEM file of the certificate, and of those that signed it, with which `listen` speaks HTTPS;
    a changed file is taken within 5 s. Empty: plain HTTP."""
    tls_key_file: str = ""
    """PEM file of its key, without a passphrase; empty: it stands in the certificate's file."""

    def __post_init__(self) -> None:
        split_listen(self.listen)
        _tls_pair("tls_", self.tls_cert_file, self.tls_key_file)
        if self.public_url and urlsplit(self.public_url).scheme not in {"http", "https"}:
            raise ValueError(
                f"public_url must start with http:// or https://, got {self.public_url!r}"
            )
        if not 1024 <= self.max_body_bytes <= 1024**3:
            raise ValueError(f"max_body_bytes must be 1024..1073741824, got {self.max_body_bytes}")

    @property
    def base_url(self) -> str:
        """The address to print, without a trailing slash."""
        scheme = "https" if self.tls_cert_file else "http"
        return self.public_url.rstrip("/") or f"{scheme}://{self.listen}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """Which engines keep what; empty: the embedded one, in the data directory. Section [store]."""

    columns_url: str = ""
    """clickhouse://user:password@host:8123/database of a ClickHouse server; empty: embedded."""
    meta_url: str = ""
    """postgresql://user:password@host/database; empty: SQLite."""
    cache_url: str = ""
    """redis://host:6379/0; empty: memory."""
    blobs_url: str = ""
    """s3://bucket/prefix; empty: a directory."""

    def __post_init__(self) -> None:
        _scheme("columns_url", self.columns_url, {"clickhouse", "clickhouses"})
        _scheme("meta_url", self.meta_url, {"postgresql", "postgresql+psycopg", "sqlite"})
        _scheme("cache_url", self.cache_url, {"redis", "rediss", "unix"})
        _scheme("blobs_url", self.blobs_url, {"s3"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeOptions:
    """A prometheus.yml on this machine, taken as it is. Section [scrape]."""

    file: str = ""
    """Path of the prometheus.yml; its targets may be private addresses. Empty: none."""
    project: str = ""
    """organisation/project that its series go to; empty: the first project that was made."""
    host_metrics: bool = True
    """Measure this machine (CPU, memory, disk, network) under node_exporter's names."""
    host_metrics_interval_s: float = 15.0
    """Seconds between two measurements of this machine."""

    def __post_init__(self) -> None:
        if not 1.0 <= self.host_metrics_interval_s <= 3600.0:
            raise ValueError(
                f"host_metrics_interval_s must be 1..3600, got {self.host_metrics_interval_s}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsdOptions:
    """Where StatsD is taken in, and what is made of it. Section [statsd]."""

    listen: tuple[str, ...] = ("localhost:8125",)
    """[organisation/project=]address. HOST:PORT is UDP and TCP; udp://, tcp://, unixgram:///path,
    unix:///path are one each. Without a project: the first that was made. Empty: no StatsD."""
    mapping_file: str = ""
    """Path of a statsd_exporter mapping file, taken as it is. Empty: names are only made valid."""
    flush_interval_s: float = 2.0
    """Seconds between two writes of what changed."""
    ttl_s: float = 86_400.0
    """Seconds without a value after which a series ends, if no mapping rule says; 0: never."""
    max_series: int = 100_000
    """Metrics with labels that one project may have at once; more are refused and counted."""
    keep_tags: tuple[str, ...] = ()
    """[organisation/project=]tag: if any is named, only these become labels."""
    drop_tags: tuple[str, ...] = ()
    """[organisation/project=]tag: never stored, such as user_id."""
    hash_tags: tuple[str, ...] = ()
    """[organisation/project=]tag: stored as a salted hash, such as user_id."""
    container_label: bool = False
    """Keep the container that DogStatsD clients name as the label container_id."""

    def __post_init__(self) -> None:
        if _listens_with_tls(self.listen):
            raise ValueError("listen: StatsD has no TLS; use HOST:PORT, udp:// or tcp://")
        if not 0.1 <= self.flush_interval_s <= 60:
            raise ValueError(f"flush_interval_s must be 0.1..60, got {self.flush_interval_s}")
        if self.ttl_s < 0:
            raise ValueError(f"ttl_s must be 0 or more, got {self.ttl_s}")
        if not 1 <= self.max_series <= 1_000_000:
            raise ValueError(f"max_series must be 1..1000000, got {self.max_series}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogOptions:
    """Where syslog is taken in. Section [syslog]."""

    listen: tuple[str, ...] = ()
    """[organisation/project=]address, such as localhost:5514 for UDP and TCP; udp://, tcp://,
    tls://, unixgram:///path, unix:///path are one each. Empty: no syslog."""
    tls_cert_file: str = ""
    """PEM file of the certificate of tls:// addresses, and of those that signed it; a changed file
    is taken within 5 s."""
    tls_key_file: str = ""
    """PEM file of its key, without a passphrase; empty: it stands in the certificate's file."""
    tls_client_ca_file: str = ""
    """PEM file of authorities: only senders with a certificate of theirs are let in. Empty: all."""

    def __post_init__(self) -> None:
        _tls_pair("tls_", self.tls_cert_file, self.tls_key_file, self.tls_client_ca_file)
        if _listens_with_tls(self.listen) and not self.tls_cert_file:
            raise ValueError("listen: tls:// wants a certificate; set syslog.tls_cert_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSettings:
    """How many series are stored; projects may set limits of their own. Section [series]."""

    max_per_metric: int = 100_000
    """Active series that a metric of one project may have; those beyond are folded into one."""
    max_per_project: int = 1_000_000
    """Active series that a project may have; those beyond are folded, metric by metric."""
    max_folded: int = 250_000
    """Folded series that a process remembers, to add them up right; more are refused."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if not 1 <= getattr(self, each.name) <= 10_000_000:
                raise ValueError(f"{each.name} must be 1..10000000, got {getattr(self, each.name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesOptions:
    """Prometheus rule files on this machine, taken as they are. Section [rules]."""

    files: tuple[str, ...] = ()
    """Paths or globs of rule files."""
    project: str = ""
    """organisation/project that they belong to; empty: the first project that was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteWriteSettings:
    """What a Prometheus that pushes may do. Section [remote_write]."""

    out_of_order_s: float = 0.0
    """Seconds that a sample may be older than the newest of its series and still be kept; 0: none,
    as Prometheus has it."""
    reserved_names: tuple[str, ...] = ()
    """organisation/project of each project into which another Watchkeeper's watchkeeper_* series
    may be written; elsewhere they are refused."""

    def __post_init__(self) -> None:
        if not 0 <= self.out_of_order_s <= 86_400:
            raise ValueError(f"out_of_order_s must be 0..86400, got {self.out_of_order_s}")
        for name in self.reserved_names:
            if name.count("/") != 1:
                raise ValueError(f"reserved_names must be organisation/project, got {name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundOptions:
    """What requests to other servers may reach. Section [outbound]."""

    allow: tuple[str, ...] = ()
    """Private networks (CIDR) that targets and webhooks made in the UI may reach."""

    def __post_init__(self) -> None:
        for network in self.allow:
            ipaddress.ip_network(network)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionOptions:
    """For how many days each signal is kept. Section [retention]."""

    samples_days: int = 90
    """Raw samples, native histograms among them."""
    hourly_days: int = 366
    """Hourly roll-ups of samples."""
    daily_days: int = 5 * 366
    """Daily roll-ups of samples."""
    exemplars_days: int = 30
    """Exemplars."""
    errors_days: int = 30
    """Error events; their hourly counts are kept for 90 days."""
    logs_days: int = 7
    """Log lines."""
    spans_days: int = 14
    """Spans of traces."""
    artifacts_days: int = 90
    """Source maps that no event was resolved with for so long."""
    alert_history_days: int = 366
    """Changes of alerts, and deliveries that were sent or given up."""
    longest_project_days: int = 400
    """Most days that a project may ask for, of any signal."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if not 1 <= getattr(self, each.name) <= 3650:
                raise ValueError(f"{each.name} must be 1..3650, got {getattr(self, each.name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySettings:
    """Memory and roll-ups that make queries fast, and bounds of each query. Section [query]."""

    hot_bytes: int = 256 * 1024 * 1024
    """Most bytes of decoded samples of the metrics asked for last; 0 keeps none."""
    max_samples: int = 50_000_000
    """Most samples that a query may hold at once."""
    max_points: int = 11_000
    """Most steps of a range query."""
    timeout_s: float = 120.0
    """Longest run of one query; a client may ask for less."""
    max_concurrent: int = 4
    """Queries that run at the same time; others queue."""
    max_queued: int = 64
    """Queries that may wait; further ones are refused at once."""
    queue_timeout_s: float = 10.0
    """Longest wait in the queue."""
    answers_bytes: int = 32 * 1024 * 1024
    """Most bytes of answers that are kept, for when the same is asked again; 0 keeps none."""
    rollup_days: int = 7
    """Ranges of so many days, at steps of an hour or more, are answered from roll-ups; 0: only what
    is older than the samples."""

    def __post_init__(self) -> None:
        for name in ("max_samples", "max_points", "max_concurrent"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if self.timeout_s <= 0 or self.queue_timeout_s < 0 or self.max_queued < 0:
            raise ValueError("timeout_s must be > 0; queue_timeout_s and max_queued >= 0")
        if self.hot_bytes != 0 and not 16 * 1024**2 <= self.hot_bytes <= 1 << 40:
            raise ValueError(f"hot_bytes must be 0 or 16 MiB..1 TiB, got {self.hot_bytes}")
        if not 0 <= self.rollup_days <= 36_500:
            raise ValueError(f"rollup_days must be 0..36,500, got {self.rollup_days}")
        if not 0 <= self.answers_bytes <= 1 << 40:
            raise ValueError(f"answers_bytes must be 0..1 TiB, got {self.answers_bytes}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromqlSettings:
    """How the language behaves. Section [promql]."""

    lookback_ms: int = 5 * 60 * 1000
    """How old a sample may be and still stand for "now"; exclusive."""
    default_subquery_step_ms: int = 60 * 1000
    """Step of `[5m:]`."""
    delayed_name_removal: bool = False
    """Drop metric names at the end of the query instead of at each operation."""
    experimental_functions: bool = True
    """Allow what Prometheus calls experimental: functions, duration arithmetic, modifiers."""
    use_start_timestamps: bool = False
    """Let `rate` and its kin see counter resets in the start timestamps of samples."""
    type_and_unit_labels: bool = False
    """Tell counters by the label `__type__` instead of the metric's name."""

    def __post_init__(self) -> None:
        if self.lookback_ms < 1 or self.default_subquery_step_ms < 1:
            raise ValueError("lookback_ms and default_subquery_step_ms must be >= 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """The server's own log on standard error. Section [log]."""

    level: str = "info"
    """debug, info, warning or error."""
    format: str = "auto"
    """json, text, or auto: text on a terminal and JSON elsewhere."""

    def __post_init__(self) -> None:
        if self.level not in {"debug", "info", "warning", "error"}:
            raise ValueError(f"level must be debug, info, warning or error, got {self.level!r}")
        if self.format not in {"auto", "json", "text"}:
            raise ValueError(f"format must be auto, json or text, got {self.format!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentrySettings:
    """How much Sentry's SDKs may send. Section [sentry]."""

    max_body_bytes: int = 20 * 2**20
    """Longest body as sent."""
    max_unpacked_bytes: int = 50 * 2**20
    """Longest body unpacked."""
    max_event_bytes: int = 2**20
    """Largest single event, unpacked."""
    per_minute: tuple[str, ...] = ()
    """category=items that one project may send in a minute: error, transaction, span, log,
    metric, session, monitor, feedback, attachment, replay, profile, profile_chunk, security."""

    def __post_init__(self) -> None:
        for each in ("max_body_bytes", "max_unpacked_bytes", "max_event_bytes"):
            if not 1024 <= getattr(self, each) <= 2**28:
                raise ValueError(f"{each} must be 1024..{2**28}, got {getattr(self, each)}")
        for rule in self.per_minute:
            name, _, most = rule.partition("=")
            if not name or not most.isdigit() or not 1 <= int(most) <= 10**9:
                raise ValueError(f"per_minute must be CATEGORY=1..1000000000, got {rule!r}")


OTLP_STRATEGIES = (
    "UnderscoreEscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpSettings:
    """What OpenTelemetry sends; names of metrics as in Prometheus. Section [otlp]."""

    translation_strategy: str = OTLP_STRATEGIES[0]
    """UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes,
    NoUTF8EscapingWithSuffixes or NoTranslation."""
    promote_resource_attributes: tuple[str, ...] = ()
    """Resource attributes that every series carries as labels; the others are in target_info."""
    promote_all_resource_attributes: bool = False
    """Every resource attribute becomes a label of every series."""
    ignore_resource_attributes: tuple[str, ...] = ()
    """Resource attributes that are not promoted when all are."""
    keep_identifying_resource_attributes: bool = False
    """target_info has service.name, service.namespace and service.instance.id too."""
    promote_scope_metadata: bool = True
    """Series carry otel_scope_name, otel_scope_version and the scope's attributes."""
    histogram_min_max: bool = False
    """Histograms have series `_min` and `_max` as well, where the sender tells them."""
    max_body_bytes: int = 20 * 2**20
    """Longest body, as sent and unpacked."""
    grpc_listen: str = "127.0.0.1:4317"
    """Address for OTLP over gRPC, HOST:PORT; empty: not served."""
    grpc_tls_cert_file: str = ""
    """PEM file of the certificate, and of those that signed it, with which `grpc_listen` speaks
    TLS; a changed file is taken within 5 s. Empty: without TLS."""
    grpc_tls_key_file: str = ""
    """PEM file of its key, without a passphrase; empty: it stands in the certificate's file."""
    grpc_tls_client_ca_file: str = ""
    """PEM file of authorities: only senders with a certificate of theirs are let in. Empty: all."""

    def __post_init__(self) -> None:
        _tls_pair(
            "grpc_tls_",
            self.grpc_tls_cert_file,
            self.grpc_tls_key_file,
            self.grpc_tls_client_ca_file,
        )
        if self.grpc_listen:
            split_listen(self.grpc_listen)
        if self.translation_strategy not in OTLP_STRATEGIES:
            raise ValueError(
                f"translation_strategy must be one of {', '.join(OTLP_STRATEGIES)}, "
                f"got {self.translation_strategy!r}"
            )
        if self.promote_all_resource_attributes and self.promote_resource_attributes:
            raise ValueError("promote_resource_attributes cannot be set if all are promoted")
        if not 1024 <= self.max_body_bytes <= 2**28:
            raise ValueError(f"max_body_bytes must be 1024..{2**28}, got {self.max_body_bytes}")


def split_listen(listen: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; an IPv6 host stands in brackets. Raises ValueError."""
    host, separator, port = listen.rpartition(":")
    if not separator or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError(f"listen must be HOST:PORT, such as 127.0.0.1:8000, got {listen!r}")
    return host.strip("[]") or "0.0.0.0", int(port)


def split_owner(text: str) -> tuple[str, str]:
    """`organisation/project=rest` as (organisation/project, rest); without one it is empty."""
    found = _OWNED.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


def _listens_with_tls(listen: tuple[str, ...]) -> bool:
    """True if one of the addresses is tls://. Raises ValueError for what is no address."""
    try:
        found = [one for each in listen for one in parse_addresses(split_owner(each)[1])]
    except ValueError as error:
        raise ValueError(f"listen: {error}") from error
    return any(each.transport is Transport.TLS for each in found)


def _tls_pair(prefix: str, cert_file: str, key_file: str, client_ca_file: str = "") -> None:
    if (key_file or client_ca_file) and not cert_file:
        name = "key_file" if key_file else "client_ca_file"
        raise ValueError(f"{prefix}{name} is of no use without {prefix}cert_file: set that too")


def _scheme(name: str, url: str, allowed: set[str]) -> None:
    if url and urlsplit(url).scheme not in allowed:
        raise ValueError(f"{name} must start with {' or '.join(sorted(allowed))}://, got {url!r}")
