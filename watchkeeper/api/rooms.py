"""What the API works with: every other room, handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

from fastapi import Request

from watchkeeper.access import Access
from watchkeeper.alerting import Alerts, Channels, Evaluator, Rules
from watchkeeper.api.pages import ASSETS
from watchkeeper.artifacts import Releases, SessionHealth, Uploads
from watchkeeper.ingest import Acceptor
from watchkeeper.ingest.digest import Digest
from watchkeeper.ingest.history import History
from watchkeeper.ingest.pushgateway import Pushgateway
from watchkeeper.ingest.scrape import ScrapeConfigs, Scraper
from watchkeeper.issues import FeedbackReads, Issues
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.live import LiveHub
from watchkeeper.lib.telemetry import Telemetry
from watchkeeper.limits import Limiter
from watchkeeper.model import Scope
from watchkeeper.monitors import Monitors
from watchkeeper.privacy import Erasures
from watchkeeper.query.attachments import Attachments
from watchkeeper.query.exemplars import ExemplarSource
from watchkeeper.query.promql import Engine, SeriesSource
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta
from watchkeeper.store.spool import SpoolReader
from watchkeeper.traces import Performance, Profiles, Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """What the API is told.

    public_url: address that printed links carry, without a trailing slash.
    spool_limit_bytes: bound of one lane; 0: none. salt: with which values are hashed.
    signal_days: signal → days that it is kept by default. longest_days: most that one may ask for.
    signal_tables: signal → column tables that it lies in.
    """

    public_url: str
    data_dir: Path
    environment: str = "production"
    max_body_bytes: int = 16 * 1024 * 1024
    spool_limit_bytes: int = 0
    salt: bytes = field(default=b"", repr=False)
    signal_days: Mapping[str, int] = field(default_factory=dict)
    signal_tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    longest_days: int = 400
    assets: Path = field(default=ASSETS)

    @property
    def https(self) -> bool:
        """True when people reach the server by https."""
        return urlsplit(self.public_url).scheme == "https"


class AddressFacts(Protocol):
    """Addresses of one project, as people put them into their SDKs."""

    @property
    def sentry_dsn(self) -> str: ...
    @property
    def otlp_endpoint(self) -> str: ...
    @property
    def prometheus_url(self) -> str: ...
    @property
    def posthog_host(self) -> str: ...
    @property
    def statsd_address(self) -> str: ...


class AddressBook(Protocol):
    """Writes a project's addresses; the `setup` command prints the same ones."""

    def __call__(
        self,
        base_url: str,
        *,
        project_id: int,
        public_key: str,
        server_key: str,
        api_token: str,
    ) -> AddressFacts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Collaborators of every route. built_in: scope of the project that holds our own metrics."""

    access: Access
    limiter: Limiter
    meta: Meta
    columns: Columns
    spool: SpoolReader
    acceptor: Acceptor
    digest: Digest
    issues: Issues
    feedback: FeedbackReads
    monitors: Monitors
    traces: Traces
    performance: Performance
    profiles: Profiles
    uploads: Uploads
    releases: Releases
    session_health: SessionHealth
    engine: Engine
    source: SeriesSource
    exemplars: ExemplarSource
    attachments: Attachments
    erasures: Erasures
    rules: Rules
    evaluator: Evaluator
    alerts: Alerts
    channels: Channels
    scraper: Scraper
    scrape_configs: ScrapeConfigs
    pushgateway: Pushgateway
    history: History
    live: LiveHub
    telemetry: Telemetry
    built_in: Scope
    addresses: AddressBook
    clock: Clock
    options: ApiOptions


def rooms_of(request: Request) -> Rooms:
    """The rooms that the app was made with."""
    return cast(Rooms, request.app.state.rooms)
