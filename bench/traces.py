"""How long the reads behind the pages of traces take: `python -m bench.traces [spans]`.

Makes traces of 10 spans over a day in the engine itself, asks as the pages do, and prints wall
and CPU milliseconds at the median and the 95th percentile, JSON encoding included.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Role, Scope, TimeRange
from watchkeeper.store.columns import TABLES, Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded
from watchkeeper.store.meta import open_meta
from watchkeeper.traces import (
    Budgets,
    Category,
    OperationQuery,
    OperationSort,
    Performance,
    TraceQuery,
    Traces,
    TraceSort,
)

END_MS = 1_795_270_000_000
DAY = TimeRange(END_MS - DAY_MS, END_MS)
HOUR = TimeRange(END_MS - HOUR_MS, END_MS)
SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
ROUNDS = 20
BATCH = 500_000
NS_A_MS = 1_000_000

MAKE = """
INSERT INTO spans
WITH number + {first:UInt64} AS n, intDiv(n, 10) AS trace, n % 10 AS at,
     cityHash64(trace) AS seed, cityHash64(n, 7) AS own,
     toInt64({start:Int64}) + toInt64(trace * ({length:Int64} / {traces:Int64})) AS began,
     toUInt64(exp(randNormal(0, 1.7, n)) * 60000000) AS whole,
     ['web', 'shop', 'cart', 'payments', 'search', 'mail'] AS services,
     multiIf(at < 2, 0, at < 6, 1 + seed % 4, 5) AS service_at,
     arrayElement(['GET', 'GET', 'GET', 'POST', 'PUT'], 1 + seed % 5) AS verb,
     concat('/api/v1/', arrayElement(['users', 'carts', 'orders', 'items', 'search'], 1 + seed % 5),
            '/{id}/part', toString(intDiv(seed, 7) % 40)) AS path,
     at IN (3, 4, 5, 7, 8) AS is_db
SELECT {project:UInt32} AS project_id,
       fromUnixTimestamp64Nano(began + toInt64(at * intDiv(whole, 14)), 'UTC') AS ts,
       intDiv(whole, at + 1) AS duration_ns,
       toDateTime64(ts, 3, 'UTC') AS received,
       lower(leftPad(hex(seed), 32, '0')) AS trace_id,
       lower(hex(own)) AS span_id,
       if(at = 0, '', lower(hex(cityHash64(n - if(at IN (4, 5, 7, 8), at - 2, 1), 7))))
           AS parent_id,
       multiIf(at = 0, concat(verb, ' ', path), is_db, statement,
               at IN (1, 6), concat('GET ', host), concat('work ', toString(at))) AS name,
       multiIf(at IN (0, 2), 'server', is_db OR at IN (1, 6), 'client', 'internal') AS kind,
       multiIf(at IN (0, 2), 'http.server', is_db, 'db', at IN (1, 6), 'http.client', '') AS op,
       if(own % 50 = 0, 'error', 'unset') AS status,
       '' AS status_message,
       arrayElement(services, 1 + service_at) AS service,
       'production' AS environment,
       'shop@1.2.3' AS release,
       concat('web-', toString(seed % 8)) AS host_,
       at IN (0, 2) AS is_entry,
       if(at IN (0, 2), path, '') AS route,
       path AS transaction,
       if(at IN (0, 1, 2, 6), verb, '') AS http_method,
       multiIf(own % 50 = 0, 500, at IN (0, 1, 2, 6), 200, 0) AS http_status,
       if(is_db, 'postgresql', '') AS db_system,
       if(is_db, concat('SELECT * FROM t', toString(own % 300), ' WHERE id = ?'), '') AS statement,
       concat('user-', toString(seed % 10000)) AS user_key,
       '' AS session_id,
       map('server.address', host, 'thread.id', toString(own % 16),
           'url.path', concat('/api/', toString(own % 5000)), 'net.peer.port', '5432',
           'code.function', concat('f', toString(own % 90)), 'k8s.pod', toString(seed % 8)
       ) AS attributes,
       '' AS events, '' AS links, 'otlp' AS source
FROM (
    SELECT number, concat('svc', toString(number % 7), '.internal') AS host
    FROM numbers({count:UInt64})
)
"""


def fill(columns: Columns, spans: int) -> float:
    """Make the spans; returns spans a second, with the read models beside them."""
    began = time.perf_counter()
    for first in range(0, spans, BATCH):
        params = {
            "first": first,
            "count": min(BATCH, spans - first),
            "start": DAY.start_ms * NS_A_MS,
            "length": DAY_MS * NS_A_MS,
            "traces": spans // 10,
            "project": 1,
        }
        settings = {"max_execution_time": 0, "max_threads": 1, "max_memory_usage": 0}
        columns.execute(MAKE, params, settings=settings)
    return spans / (time.perf_counter() - began)


def reads(traces: Traces, performance: Performance) -> dict[str, Callable[[], object]]:
    """What the pages ask."""

    def listed(text: str = "", sort: str = "newest") -> Callable[[], object]:
        query = TraceQuery(range=DAY, text=text)
        order = TraceSort(sort)
        return lambda: traces.search(SCOPE, query, sort=order, cursor="", limit=50, within_ms=80)

    def above(text: str = "") -> Callable[[], object]:
        query = TraceQuery(range=DAY, text=text)
        return lambda: traces.overview(SCOPE, query, buckets=60)

    def of(category: Category, span: TimeRange, sort: str = "time") -> OperationQuery:
        return OperationQuery(range=span, categories=(category,), sort=OperationSort(sort))

    first = traces.search(
        SCOPE, TraceQuery(range=DAY), sort=TraceSort.NEWEST, cursor="", limit=50, within_ms=80
    )
    trace_id = first.traces[20].trace_id
    outside = OperationQuery(range=DAY, categories=Category.outside())
    entry, db = of(Category.ENTRY, DAY), of(Category.DB, DAY)
    return {
        "traces, newest": listed(),
        "traces, slowest": listed(sort="slowest"),
        "traces, service:shop": listed("service:shop"),
        "traces, op:db duration:>500ms": listed("op:db duration:>500ms"),
        "traces, attr.thread.id:3": listed("attr.thread.id:3"),
        "overview": above(),
        "overview, service:shop": above("service:shop"),
        "overview, op:db": above("op:db"),
        "one trace": lambda: traces.trace(SCOPE, trace_id, adjust_skew=True),
        "endpoints, 1 h": lambda: performance.endpoints(SCOPE, of(Category.ENTRY, HOUR)),
        "endpoints, 24 h": lambda: performance.endpoints(SCOPE, entry),
        "endpoints, by p95": lambda: performance.endpoints(SCOPE, of(Category.ENTRY, DAY, "p95")),
        "series": lambda: performance.series(SCOPE, entry, buckets=60),
        "statements, 1 h": lambda: performance.statements(SCOPE, of(Category.DB, HOUR)),
        "statements, 24 h": lambda: performance.statements(SCOPE, db),
        "slow queries": lambda: performance.slow_queries(SCOPE, db, over_ms=None),
        "dependencies": lambda: performance.dependencies(SCOPE, outside),
        "problems": lambda: performance.problems(SCOPE, db, kind=""),
        "map, 1 h": lambda: performance.service_map(SCOPE, HOUR, environment=""),
        "map, 24 h": lambda: performance.service_map(SCOPE, DAY, environment=""),
    }


def measured(name: str, read: Callable[[], object]) -> str:
    """A line of the table."""
    walls, cpus = [], []
    read()
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        msgspec.json.encode(read())
        walls.append((time.perf_counter() - wall) * 1_000)
        cpus.append((time.process_time() - cpu) * 1_000)
    walls.sort()
    cpus.sort()
    middle, high = ROUNDS // 2, int(ROUNDS * 0.95)
    return f"{name:32s} {walls[middle]:8.1f} {walls[high]:8.1f} {cpus[middle]:8.1f}"


def main() -> None:
    spans = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    keep = {table.name: 5_000 for table in TABLES}
    with tempfile.TemporaryDirectory() as directory:
        columns = open_embedded(
            Path(directory) / "columns", options=EmbeddedOptions(retention_days=keep)
        )
        columns.migrate()
        meta = open_meta(f"sqlite:///{directory}/meta.db")
        meta.upgrade()
        budgets = Budgets(meta)
        print(f"{spans:,} spans made at {fill(columns, spans):,.0f}/s")
        print(f"{'':32s} {'p50 ms':>8s} {'p95 ms':>8s} {'cpu ms':>8s}")
        for name, read in reads(Traces(columns, budgets), Performance(columns, budgets)).items():
            print(measured(name, read), flush=True)
        meta.close()
        columns.close()


if __name__ == "__main__":
    main()
