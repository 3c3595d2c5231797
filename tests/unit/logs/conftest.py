"""One store for the room's tests; each has a project of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from tests.fakes.clock import HandClock
from tests.servers.columns import ENGINES, FOR_EVER, emptied
from watchkeeper.ingest import LogRow
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.logs import LogCounts, LogPatterns, LogSearch, LogSearches, parse_search
from watchkeeper.model import Role, Scope, TimeRange
from watchkeeper.store.columns import LOGS, Columns, EmbeddedOptions, encode_rows
from watchkeeper.store.columns.embedded import open_embedded

NOW_MS = 1_795_224_000_000
_IDS = count(1)
_NAMES = (
    "project_id", "ts", "received", "nanos", "severity_number", "severity", "service", "body",
    "attributes", "trace_id", "span_id", "environment", "release", "host", "request_id",
    "user_key", "session_id", "source",
)  # fmt: skip


@dataclass
class Shelf:
    """Lines of one project, and the room over them."""

    columns: Columns
    project_id: int
    clock: HandClock = field(default_factory=HandClock)

    @property
    def scope(self) -> Scope:
        return Scope(org_id=1, project_ids=(self.project_id,), role=Role.VIEWER)

    @property
    def searches(self) -> LogSearches:
        return LogSearches(self.columns, self.scope, self.clock)

    @property
    def counts(self) -> LogCounts:
        return LogCounts(self.columns, self.scope)

    @property
    def patterns(self) -> LogPatterns:
        return LogPatterns(self.columns, self.scope)

    def put(self, *lines: LogRow, received_ms: int = NOW_MS) -> None:
        """Store lines as the sink does."""
        rows = [
            (
                self.project_id, line.ts_ms, received_ms, line.nanos, line.severity_number,
                line.severity, line.service, line.body, line.attributes, line.trace_id,
                line.span_id, line.environment, line.release, line.host, line.request_id,
                line.user_key, line.session_id, line.source,
            )
            for line in lines
        ]  # fmt: skip
        self.columns.insert("logs", _NAMES, encode_rows(LOGS, _NAMES, rows), token=None)

    def bodies(self, query: str = "", **options: object) -> list[str]:
        """Bodies of the lines of the last hour that a search finds, newest first."""
        search = LogSearch(range=LAST_HOUR, node=parse_search(query), **options)  # type: ignore[arg-type]
        return [line.body for line in self.searches.page(search).lines]


LAST_HOUR = TimeRange(NOW_MS - HOUR_MS, NOW_MS + 1)


def line(body: str, ago_ms: int = 0, **fields: object) -> LogRow:
    """A line of the service `shop`, so long ago."""
    known: dict[str, object] = {"severity": "info", "service": "shop", "attributes": {}}
    return LogRow(ts_ms=NOW_MS - ago_ms, body=body, **{**known, **fields})  # type: ignore[arg-type]


@pytest.fixture(scope="package", params=ENGINES)
def columns(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Columns]:
    if request.param == "clickhouse":
        yield emptied(request.getfixturevalue("clickhouse_columns"))
        return
    store = open_embedded(
        tmp_path_factory.mktemp("logs") / "db", options=EmbeddedOptions(retention_days=FOR_EVER)
    )
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def shelf(columns: Columns) -> Shelf:
    return Shelf(columns, next(_IDS))
