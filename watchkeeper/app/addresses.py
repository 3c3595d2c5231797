"""The addresses that people put into their SDKs, with the keys filled in."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from watchkeeper.app.options import StatsdOptions, split_owner
from watchkeeper.lib.listening import Transport, parse_addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """What `setup` prints and the setup page shows for one project."""

    sentry_dsn: str
    ingest_key: str
    server_key: str
    otlp_endpoint: str
    prometheus_url: str
    posthog_host: str
    statsd_address: str
    public_url: str


def addresses_of(
    base_url: str,
    *,
    project_id: int,
    public_key: str,
    server_key: str,
    api_token: str,
    statsd: StatsdOptions,
) -> Addresses:
    """base_url: without a trailing slash. api_token: empty where it must not be shown."""
    scheme, rest = base_url.split("://", 1)
    reader = f"wk:{api_token}@" if api_token else ""
    host = urlsplit(base_url).hostname or "127.0.0.1"
    return Addresses(
        sentry_dsn=f"{scheme}://{public_key}@{rest}/{project_id}",
        ingest_key=public_key,
        server_key=server_key,
        otlp_endpoint=base_url,
        prometheus_url=f"{scheme}://{reader}{rest}/p/{project_id}",
        posthog_host=base_url,
        statsd_address=_statsd_address(statsd, host),
        public_url=base_url,
    )


def _statsd_address(options: StatsdOptions, public_host: str) -> str:
    """HOST:PORT of the first UDP listener; a loopback one is for this machine alone.

    Empty when StatsD is switched off, or listens on other sockets only.
    """
    for entry in options.listen:
        for address in parse_addresses(split_owner(entry)[1]):
            if address.transport is Transport.UDP:
                host = public_host if address.host in _EVERYWHERE else address.host
                return f"{host}:{address.port}"
    return ""


_EVERYWHERE = {"0.0.0.0", "::"}
