"""What is kept beside the spans, so that lists and charts of them need not read them all."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.store.columns.table import FEW_MERGES, Column, Table, View

_TEXT = "LowCardinality(String)"

TRACE_PARTS_1 = Table(
    name="trace_parts",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="start", type="DateTime64(9, 'UTC')", codec="Delta(8), ZSTD(1)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="trace", type="UInt64", codec="NONE"),
        Column(name="extent_ns", type="UInt64", codec="ZSTD(1)"),
        Column(name="has_root", type="UInt8", codec="ZSTD(1)"),
        Column(name="spans", type="UInt32", codec="ZSTD(1)"),
        Column(name="errors", type="UInt32", codec="ZSTD(1)"),
        Column(name="name", type=_TEXT),
        Column(name="service", type=_TEXT),
        Column(name="op", type=_TEXT),
        Column(name="route", type=_TEXT),
        Column(name="method", type=_TEXT),
        Column(name="status", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="release", type=_TEXT),
        Column(name="services", type="Array(LowCardinality(String))", codec="ZSTD(1)"),
    ),
    partition_by="toYYYYMMDD(start)",
    order_by=("project_id", "start"),
    indices=("INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1",),
    ttl_column="start",
    ttl_days=14,
    person=(),
    shard_by="cityHash64(trace_id)",
    settings=FEW_MERGES,
)
"""What one insert held of one trace: mostly all of it. trace: a hash of trace_id. extent_ns: from
its first start to its last end. name to release: of the root, else of the earliest entry span, else
of the earliest span. As first released."""

TRACE_PARTS_COLUMNS_2 = (
    Column(name="received", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
    Column(name="is_torn", type="UInt8", codec="ZSTD(1)"),
)
TRACE_PARTS = replace(TRACE_PARTS_1, columns=(*TRACE_PARTS_1.columns, *TRACE_PARTS_COLUMNS_2))
"""received: when the newest of its spans came. is_torn: it has statements below a span that the
insert did not hold, so that more of them may have come, or come, in another one."""

_OPERATION_COLUMNS = (
    Column(name="project_id", type="UInt32"),
    Column(name="category", type=_TEXT),
    Column(name="bucket", type="DateTime('UTC')", codec="DoubleDelta, ZSTD(1)"),
    Column(name="operation", type="UInt64", codec="ZSTD(1)"),
    Column(name="environment", type=_TEXT),
    Column(name="service", type=_TEXT),
    Column(name="name", type=_TEXT),
    Column(name="method", type=_TEXT),
    Column(name="system", type=_TEXT),
    Column(name="op", type=_TEXT),
    Column(name="calls", type="SimpleAggregateFunction(sum, UInt64)", codec="ZSTD(1)"),
    Column(name="errors", type="SimpleAggregateFunction(sum, UInt64)", codec="ZSTD(1)"),
    Column(name="total_ns", type="SimpleAggregateFunction(sum, UInt64)", codec="ZSTD(1)"),
    Column(name="hits", type="SimpleAggregateFunction(sum, UInt64)", codec="ZSTD(1)"),
    Column(name="misses", type="SimpleAggregateFunction(sum, UInt64)", codec="ZSTD(1)"),
    Column(name="slowest", type="SimpleAggregateFunction(max, String)", codec="ZSTD(1)"),
    Column(
        name="took",
        type="SimpleAggregateFunction(sumMap, Tuple(Array(UInt8), Array(UInt64)))",
        codec="ZSTD(1)",
    ),
)
_OPERATION_KEY = (
    "project_id",
    "category",
    "bucket",
    "operation",
    "environment",
    "service",
    "name",
    "method",
    "system",
    "op",
)

OPERATIONS_1M = Table(
    name="operations_1m",
    columns=_OPERATION_COLUMNS,
    engine="AggregatingMergeTree",
    partition_by="toYYYYMMDD(bucket)",
    order_by=_OPERATION_KEY,
    ttl_column="bucket",
    ttl_days=14,
    person=(),
)
"""Calls by minute. category: entry (work that enters a service), db, http, cache, queue, rpc, and
call: of one service by another, which is added once both have come (derived/service_calls.py).
operation: a hash of category, service, name, method, system and op. name: route, statement, host,
cache, queue or service. took: a histogram, its buckets a quarter of an octave wide; 120 begins at a
second. slowest: duration in ns, 20 digits, and the trace's id."""

OPERATIONS_1H = Table(
    name="operations_1h",
    columns=_OPERATION_COLUMNS,
    engine="AggregatingMergeTree",
    partition_by="toYYYYMMDD(bucket)",
    order_by=_OPERATION_KEY,
    ttl_column="bucket",
    ttl_days=90,
    person=(),
)
"""The same by hour."""

OPERATIONS_1D = Table(
    name="operations_1d",
    columns=(
        *_OPERATION_COLUMNS,
        Column(name="first", type="SimpleAggregateFunction(min, DateTime('UTC'))"),
        Column(name="last", type="SimpleAggregateFunction(max, DateTime('UTC'))"),
    ),
    engine="AggregatingMergeTree",
    partition_by="toYYYYMM(bucket)",
    order_by=_OPERATION_KEY,
    ttl_column="bucket",
    ttl_days=90,
    person=(),
)
"""The same by day. first, last: hours with a call."""

REPEATED_QUERIES = Table(
    name="repeated_queries",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="start", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="parent_id", type="String", codec="ZSTD(1)"),
        Column(name="service", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="transaction", type=_TEXT),
        Column(name="statement", type=_TEXT),
        Column(name="system", type=_TEXT),
        Column(name="calls", type="UInt32", codec="ZSTD(1)"),
        Column(name="total_ns", type="UInt64", codec="ZSTD(1)"),
    ),
    partition_by="toYYYYMMDD(start)",
    order_by=("project_id", "start"),
    ttl_column="start",
    ttl_days=14,
    person=(),
    shard_by="cityHash64(trace_id)",
)
"""Five or more equal statements below one parent: those of one insert, and once more all of them
where several inserts brought them (derived/torn_traces.py). The row with most calls is the whole.
"""

SLOW_QUERIES = Table(
    name="slow_queries",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="ts", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="duration_ns", type="UInt64", codec="ZSTD(1)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="span_id", type="String", codec="ZSTD(1)"),
        Column(name="service", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="transaction", type=_TEXT),
        Column(name="statement", type=_TEXT),
        Column(name="system", type=_TEXT),
        Column(name="is_error", type="UInt8", codec="ZSTD(1)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "ts"),
    ttl_column="ts",
    ttl_days=14,
    person=(),
    shard_by="cityHash64(trace_id)",
    settings=FEW_MERGES,
)
"""Calls to databases that took 200 ms or longer."""


def _trace_parts_view(*, told: str = "", found: str = "") -> View:
    """told, found: what the view says besides, and of what; each begins with a comma."""
    return View(
        name="trace_parts_view",
        source="spans",
        target="trace_parts",
        select=f"""
SELECT project_id, start, trace_id, cityHash64(trace_id) AS trace,
       toUInt64(greatest(ended - begun, 0)) AS extent_ns, has_root,
       spans, errors, head.1 AS name, head.2 AS service, head.3 AS op, head.4 AS route,
       head.5 AS method, head.6 AS status, head.7 AS environment, head.8 AS release, services{told}
FROM (
    SELECT project_id, trace_id, toYYYYMMDD(ts) AS day, min(ts) AS start,
           toUnixTimestamp64Nano(min(ts)) AS begun,
           max(toUnixTimestamp64Nano(ts) + toInt64(duration_ns)) AS ended,
           toUInt8(max(parent_id = '')) AS has_root, toUInt32(count()) AS spans,
           toUInt32(countIf(spans.status = 'error')) AS errors,
           argMin((name, service, op, route, http_method, status, environment, release),
                  if(parent_id = '', 0, bitShiftLeft(toUInt64(1), 63))
                  + if(is_entry = 1, 0, bitShiftLeft(toUInt64(1), 62))
                  + bitShiftRight(toUInt64(toUnixTimestamp64Nano(ts)), 1)) AS head,
           groupUniqArray(64)(service) AS services{found}
    FROM {{source}} AS spans
    GROUP BY project_id, trace_id, day
)
""",
    )


TRACE_PARTS_VIEW_1 = _trace_parts_view()
"""As first released."""

TRACE_PARTS_VIEW = _trace_parts_view(
    told=""",
       received, length(arrayIntersect(asked, here)) < length(asked) AS is_torn""",
    found=""",
           max(spans.received) AS received, groupArray(cityHash64(span_id)) AS here,
           groupUniqArrayIf(cityHash64(parent_id), statement != '' AND parent_id != '') AS asked""",
)

_CATEGORIES = """arrayJoin(arrayFilter(each -> each != '', [
    if(is_entry = 1, 'entry', ''),
    multiIf(
        startsWith(op, 'cache') OR op IN ('db.redis', 'db.valkey', 'db.memcached'), 'cache',
        op = 'db' OR startsWith(op, 'db.') OR (statement != '' AND db_system != ''), 'db',
        startsWith(op, 'queue'), 'queue',
        kind != 'client', '',
        startsWith(op, 'http'), 'http',
        startsWith(op, 'grpc') OR startsWith(op, 'rpc'), 'rpc',
        '')
]))"""

HOST_CALLED = """coalesce(nullIf(attributes['server.address'], ''),
        nullIf(attributes['net.peer.name'], ''),
        nullIf(domain(attributes['url.full']), ''), nullIf(domain(attributes['http.url']), ''),
        nullIf(domain(attributes['url']), ''), nullIf(attributes['peer.service'], ''),
        nullIf(domain(substring(name, position(name, 'http'))), ''), '')"""
"""The host that a span called, as `operations_1m` names it; empty where the span does not say."""

SLOT_OF_DURATION = """toUInt8(least(255, greatest(0,
                floor(4 * log2(greatest(duration_ns, 1) / 1000000000)) + 120)))"""
"""The bucket of `took` that a span is counted in."""

_QUEUE = """coalesce(nullIf(attributes['messaging.destination.name'], ''),
        nullIf(attributes['messaging.destination'], ''), name)"""

_HASH = "cityHash64(category, service, name, method, system, op)"


_OPERATIONS = f"""
SELECT project_id, category, bucket, {_HASH} AS operation, environment, service, name, method,
    system, op, sum(n) AS calls, sum(failed) AS errors, sum(time_ns) AS total_ns,
    sum(hit_n) AS hits, sum(miss_n) AS misses, max(worst) AS slowest,
    (groupArray(slot), groupArray(n)) AS took
FROM (
    SELECT project_id, category, bucket, service,
        multiIf(
            category = 'entry', if(route != '', route, span),
            category = 'db', if(statement != '', statement, span),
            category = 'queue', queue,
            category = 'cache', if(host != '', host, db_system),
            host != '', host, span) AS name,
        multiIf(category = 'entry' OR category = 'http', http_method,
                category = 'cache' AND startsWith(op, 'db.'), upper(splitByChar(' ', span)[1]),
                '') AS method,
        multiIf(category = 'entry', '', category = 'queue', messaging, db_system) AS system,
        op, environment, slot, count() AS n, countIf(status = 'error') AS failed,
        sum(duration_ns) AS time_ns,
        countIf(category = 'cache' AND hit IN ('true', 'True', '1')) AS hit_n,
        countIf(category = 'cache' AND hit IN ('false', 'False', '0')) AS miss_n,
        max(concat(leftPad(toString(duration_ns), 20, '0'), trace_id)) AS worst
    FROM (
        SELECT project_id, {_CATEGORIES} AS category,
            toStartOfMinute(toDateTime(ts, 'UTC')) AS bucket, service, name AS span, route,
            statement, http_method, db_system, op, environment,
            status, duration_ns, trace_id, attributes['cache.hit'] AS hit,
            attributes['messaging.system'] AS messaging, {HOST_CALLED} AS host, {_QUEUE} AS queue,
            {SLOT_OF_DURATION} AS slot
        FROM {{source}}
        WHERE is_entry = 1 OR op != '' OR statement != ''
    )
    GROUP BY project_id, category, bucket, service, name, method, system, op, environment, slot
)
GROUP BY project_id, category, bucket, service, name, method, system, op, environment
"""

OPERATIONS_1M_VIEW = View(
    name="operations_1m_view", source="spans", target="operations_1m", select=_OPERATIONS
)
OPERATIONS_1H_VIEW = View(
    name="operations_1h_view",
    source="operations_1m",
    target="operations_1h",
    select="""
SELECT project_id, category, toStartOfHour(minutes.bucket) AS bucket, operation, environment,
    service, name, method, system, op, sum(minutes.calls) AS calls, sum(minutes.errors) AS errors,
    sum(minutes.total_ns) AS total_ns, sum(minutes.hits) AS hits, sum(minutes.misses) AS misses,
    max(minutes.slowest) AS slowest, sumMap(minutes.took) AS took
FROM {source} AS minutes
GROUP BY project_id, category, bucket, operation, environment, service, name, method, system, op
""",
)

_HOURS_AS_DAYS = """
SELECT project_id, category, toStartOfDay(hours.bucket) AS bucket, operation, environment, service,
    name, method, system, op, sum(hours.calls) AS calls, sum(hours.errors) AS errors,
    sum(hours.total_ns) AS total_ns, sum(hours.hits) AS hits, sum(hours.misses) AS misses,
    max(hours.slowest) AS slowest, sumMap(hours.took) AS took, min(hours.bucket) AS first,
    max(hours.bucket) AS last
FROM {source} AS hours
GROUP BY project_id, category, bucket, operation, environment, service, name, method, system, op
"""
OPERATIONS_1D_VIEW = View(
    name="operations_1d_view",
    source="operations_1h",
    target="operations_1d",
    select=_HOURS_AS_DAYS,
)
"""Of what the hours get, which is little beside the spans."""

REPEATED_QUERIES_VIEW = View(
    name="repeated_queries_view",
    source="spans",
    target="repeated_queries",
    select="""
SELECT project_id, toDateTime64(min(ts), 3, 'UTC') AS start, trace_id, parent_id, service,
       any(environment) AS environment, any(transaction) AS transaction, statement,
       any(db_system) AS system, toUInt32(count()) AS calls, sum(duration_ns) AS total_ns
FROM {source}
WHERE statement != '' AND parent_id != ''
GROUP BY project_id, trace_id, parent_id, service, statement, toYYYYMMDD(ts)
HAVING count() >= 5
""",
)

SLOW_QUERIES_VIEW = View(
    name="slow_queries_view",
    source="spans",
    target="slow_queries",
    select="""
SELECT project_id, toDateTime64(spans.ts, 3, 'UTC') AS ts, duration_ns, trace_id, span_id, service,
       environment, transaction, if(spans.statement != '', spans.statement, name) AS statement,
       db_system AS system, status = 'error' AS is_error
FROM {source} AS spans
WHERE duration_ns >= 200000000
  AND (op = 'db' OR startsWith(op, 'db.') OR (spans.statement != '' AND db_system != ''))
""",
)

_OTHER_TABLES = (OPERATIONS_1M, OPERATIONS_1H, REPEATED_QUERIES, SLOW_QUERIES)
_OTHER_VIEWS = (OPERATIONS_1M_VIEW, OPERATIONS_1H_VIEW, REPEATED_QUERIES_VIEW, SLOW_QUERIES_VIEW)

FIRST_TRACE_TABLES = (TRACE_PARTS_1, *_OTHER_TABLES)
FIRST_TRACE_VIEWS = (TRACE_PARTS_VIEW_1, *_OTHER_VIEWS)
"""What migration 6 makes."""

TRACE_TABLES = (TRACE_PARTS, *_OTHER_TABLES)
TRACE_VIEWS = (TRACE_PARTS_VIEW, *_OTHER_VIEWS)
