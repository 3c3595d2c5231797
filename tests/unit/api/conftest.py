"""The real API over real stores in a temporary directory, with two tenants in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from starlette.types import ASGIApp

from tests.fakes.clock import HandClock
from watchkeeper.access import Access, AccessOptions, SetupResult
from watchkeeper.alerting import Alerts, Channels, Evaluator, Rules, new_announce
from watchkeeper.api import ApiOptions, Rooms, engine_app
from watchkeeper.artifacts import Releases, SessionHealth, Symbolicator, Uploads
from watchkeeper.ingest import Acceptor, IngestMetrics, SeriesRegistry
from watchkeeper.ingest.digest import Digest, DigestMetrics
from watchkeeper.ingest.history import History
from watchkeeper.ingest.pushgateway import Pushgateway
from watchkeeper.ingest.scrape import ScrapeConfigs, Scraper
from watchkeeper.ingest.sinks import EnvelopeSink
from watchkeeper.issues import ErrorSink, FeedbackReads, IssueMetrics, Issues
from watchkeeper.lib.errors import Invalid
from watchkeeper.lib.live import LiveHub
from watchkeeper.lib.outbound import Outbound, OutboundOptions
from watchkeeper.lib.telemetry import LoopGuard, OwnLogs, Telemetry, new_registry
from watchkeeper.limits import Limiter, LoginLimits
from watchkeeper.model import Role, Scope
from watchkeeper.monitors import Monitors
from watchkeeper.privacy import ErasureRequest, Erasures, ErasureStep, FoundRows
from watchkeeper.query.attachments import Attachments
from watchkeeper.query.exemplars import ColumnsExemplars
from watchkeeper.query.promql import Engine, MemorySource
from watchkeeper.store.blobs.directory import DirectoryBlobs
from watchkeeper.store.cache.memory import MemoryCache
from watchkeeper.store.columns import Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded
from watchkeeper.store.meta import Meta, insert_into, tables
from watchkeeper.store.spool import SegmentReader, SegmentWriter
from watchkeeper.traces import Budgets, Performance, Profiles, Traces

PASSWORD = "correct horse battery"
PUBLIC_URL = "http://wk.example.com"
COUNTER = "project_ids"
_FIRST_PROJECT_IDS = count(1_000, 100)


@dataclass(frozen=True, kw_only=True)
class World:
    """A server's rooms, and two tenants: acme (project web) and rival (project shop)."""

    rooms: Rooms
    source: MemorySource
    clock: HandClock
    acme: SetupResult
    rival: SetupResult
    app: ASGIApp

    def client(self, token: str = "") -> httpx.AsyncClient:
        """A caller with a bearer token, or nobody."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, client=("203.0.113.9", 4711)),
            base_url=PUBLIC_URL,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    def token_of(self, owner: SetupResult) -> str:
        """A token with all rights of an organisation's owner."""
        operator = self.rooms.access.operator()
        grant = self.rooms.access.create_token(
            operator, owner.org_slug, name="all", role=Role.OWNER
        )
        return grant.plaintext


@pytest.fixture(scope="package")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    """One embedded store for all tests; each has projects of its own in it."""
    store = open_embedded(tmp_path_factory.mktemp("columns") / "db", options=EmbeddedOptions())
    store.migrate()
    yield store
    store.close()


def telemetry() -> Telemetry:
    registry = new_registry(version="test")
    return Telemetry(
        registry=registry, logs=OwnLogs(), loops=LoopGuard(registry), process="test", version="test"
    )


def addresses(
    base_url: str, *, project_id: int, public_key: str, server_key: str, api_token: str
) -> SimpleNamespace:
    return SimpleNamespace(
        sentry_dsn=base_url.replace("://", f"://{public_key}@") + f"/{project_id}",
        otlp_endpoint=base_url,
        prometheus_url=f"{base_url}/p/{project_id}",
        posthog_host=base_url,
        statsd_address="wk.example.com:8125",
    )


@dataclass
class Builder:
    """Makes the rooms of one test."""

    directory: Path
    meta: Meta
    columns: Columns
    clock: HandClock = field(default_factory=HandClock)
    assets: Path | None = None
    begun: list[Callable[[], None]] = field(default_factory=list)
    """Erasures that wait to be done."""

    def steps_of(self, request: ErasureRequest) -> Iterator[ErasureStep]:
        """An erasure that finds one row; of `nobody` it cannot be done."""
        if request.user == "nobody":
            raise Invalid("There is no such person.")
        yield ErasureStep(done=1, total=2, what="found")
        found = (FoundRows(store="columns", place="errors", rows=1),)
        yield ErasureStep(done=2, total=2, what="proof", found=found, backups_ms=(5,))

    def build(self) -> tuple[Rooms, MemorySource]:
        number = next(_FIRST_PROJECT_IDS)
        self._number_projects_from(number)
        limiter = Limiter(MemoryCache(self.clock), self.clock)
        cheap = AccessOptions(
            secret_file=self.directory / "secret", password_memory_kib=8, password_rounds=1
        )
        access = Access(self.meta, self.clock, cheap, guard=LoginLimits(limiter))
        built_in = access.ensure_built_in()
        told = telemetry()
        live = LiveHub(self.clock)
        # A lane of its own too: deduplication tokens of the store name lane and place.
        self.writer = SegmentWriter(self.directory / "spool", f"lane{number}", clock=self.clock)
        acceptor = Acceptor(
            spool=self.writer,
            series=SeriesRegistry(),
            clock=self.clock,
            metrics=IngestMetrics(told.registry),
        )
        reader = SegmentReader(self.directory / "spool")
        source = MemorySource()
        engine = Engine(source)
        configs = ScrapeConfigs(self.meta, self.clock)
        outbound = Outbound(OutboundOptions())
        rules = Rules(self.meta, self.clock)
        budgets = Budgets(self.meta)
        blobs = DirectoryBlobs(self.directory / "blobs")
        symbolicator = Symbolicator(self.meta, blobs)
        health = SessionHealth(self.columns, self.meta, self.clock)
        rooms = Rooms(
            access=access,
            limiter=limiter,
            meta=self.meta,
            columns=self.columns,
            spool=reader,
            acceptor=acceptor,
            digest=Digest(
                reader=reader,
                meta=self.meta,
                columns=self.columns,
                sinks=[
                    EnvelopeSink(blobs),
                    ErrorSink(metrics=IssueMetrics(told.registry), symbolicator=symbolicator),
                ],
                clock=self.clock,
                live=live.publish,
                metrics=DigestMetrics(told.registry),
            ),
            issues=Issues(
                meta=self.meta,
                columns=self.columns,
                clock=self.clock,
                symbolicator=symbolicator,
            ),
            feedback=FeedbackReads(self.meta, self.columns),
            monitors=Monitors(self.meta, self.columns, self.clock),
            uploads=Uploads(self.meta, blobs, self.clock, told=symbolicator.forget),
            releases=Releases(self.meta, self.columns, self.clock, health=health),
            session_health=health,
            traces=Traces(self.columns, budgets),
            performance=Performance(self.columns, budgets),
            profiles=Profiles(self.columns),
            engine=engine,
            source=source,
            exemplars=ColumnsExemplars(self.columns),
            attachments=Attachments(self.columns, DirectoryBlobs(self.directory / "blobs")),
            erasures=Erasures(self.steps_of, self.clock, self.begun.append),
            rules=rules,
            evaluator=Evaluator(
                rules,
                engine,
                acceptor,
                self.meta,
                announce=new_announce(self.clock, external_url=PUBLIC_URL),
            ),
            alerts=Alerts(self.meta),
            channels=Channels(self.meta, outbound, self.clock),
            scraper=Scraper(configs, outbound, acceptor, self.clock, publish=live.publish),
            scrape_configs=configs,
            pushgateway=Pushgateway(self.meta, acceptor, self.clock),
            history=History(
                columns=self.columns,
                acceptor=acceptor,
                clock=self.clock,
                passed_ms=self.clock,
            ),
            live=live,
            telemetry=told,
            built_in=Scope(org_id=built_in.org_id, project_ids=(built_in.id,), role=Role.VIEWER),
            addresses=addresses,
            clock=self.clock,
            options=ApiOptions(
                signal_days={"errors": 30, "logs": 7},
                signal_tables={"errors": ("errors",), "logs": ("logs",)},
                longest_days=90,
                public_url=PUBLIC_URL,
                data_dir=self.directory,
                environment="test",
                assets=self.assets or self.directory / "assets",
            ),
        )
        return rooms, source

    def _number_projects_from(self, number: int) -> None:
        """Tests share the column store: each has project ids of its own in it."""
        with self.meta.write() as conn:
            conn.execute(insert_into(conn, tables.revisions).values(name=COUNTER, number=number))

    def close(self) -> None:
        self.writer.close()


@pytest.fixture
def builder(tmp_path: Path, sqlite_meta: Meta, columns: Columns) -> Iterator[Builder]:
    made = Builder(directory=tmp_path, meta=sqlite_meta, columns=columns)
    yield made
    made.close()


@pytest.fixture
def world(builder: Builder) -> World:
    rooms, source = builder.build()
    acme, rival = (
        rooms.access.setup(
            email=f"ada@{org}.example", password=PASSWORD, org=org, project=project, name="Ada"
        )
        for org, project in (("acme", "web"), ("rival", "shop"))
    )
    return World(
        rooms=rooms,
        source=source,
        clock=builder.clock,
        acme=acme,
        rival=rival,
        app=engine_app(rooms),
    )


@pytest.fixture
async def anybody(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without any credential."""
    async with world.client() as client:
        yield client


@pytest.fixture
async def owner(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The owner of acme, by token."""
    async with world.client(world.token_of(world.acme)) as client:
        yield client


@pytest.fixture
async def rival(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The owner of the other organisation, by token."""
    async with world.client(world.token_of(world.rival)) as client:
        yield client
