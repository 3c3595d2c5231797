"""The addresses that people put into their SDKs, with the keys filled in."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


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
    base_url: str, *, project_id: int, public_key: str, server_key: str, api_token: str
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
        statsd_address=f"{host}:8125",
        public_url=base_url,
    )
