"""Tables of log lines, as data."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.store.columns.table import MAPS_BY_KEY, Column, Table, View

_TEXT = "LowCardinality(String)"

LOGS_1 = Table(
    name="logs",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="ts", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="severity", type="LowCardinality(String)"),
        Column(name="service", type="LowCardinality(String)"),
        Column(name="body", type="String", codec="ZSTD(3)"),
        Column(name="attributes", type="Map(LowCardinality(String), String)", codec="ZSTD(3)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="span_id", type="String", codec="ZSTD(1)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "ts"),
    ttl_column="ts",
    ttl_days=7,
    person=("user_key",),
)

LOG_COLUMNS_2 = (
    Column(name="received", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
    Column(name="nanos", type="UInt32", codec="ZSTD(1)"),
    Column(name="severity_number", type="UInt8", codec="ZSTD(1)"),
    Column(name="environment", type=_TEXT),
    Column(name="release", type=_TEXT),
    Column(name="host", type=_TEXT),
    Column(name="request_id", type="String", codec="ZSTD(1)"),
    Column(name="user_key", type="String", codec="ZSTD(1)"),
    Column(name="session_id", type="String", codec="ZSTD(1)"),
    Column(name="source", type=_TEXT),
)
"""What migration 4 adds to `logs`. nanos: of the second's thousandth; received: when accepted."""

LOG_TEMPLATE = (
    r"replaceRegexpAll(leftUTF8({body}, 300), '[0-9A-Za-z_]*[0-9][0-9A-Za-z_]*"
    r"(?:[-.:,/+@ ]?[0-9A-Za-z_]*[0-9][0-9A-Za-z_]*)*', '<*>')"
)
"""SQL of what lines that say the same have in common: words with digits in them left out."""

LOG_PATTERN = Column(
    name="pattern",
    type="UInt64",
    codec="ZSTD(1)",
    default=f"cityHash64({LOG_TEMPLATE.format(body='body')})",
)
"""What the step "search of logs" adds to `logs`, computed by the engine as lines are inserted."""

LOG_ATTRIBUTE_PAIRS = (
    "arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes))"
)
"""SQL of a line's attributes as `key=value`; a condition must repeat it for the index to help."""

LOG_INDICES_1 = (
    "INDEX by_word lower(body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 1",
    f"INDEX by_attribute {LOG_ATTRIBUTE_PAIRS} TYPE bloom_filter(0.02) GRANULARITY 1",
    "INDEX by_attribute_name mapKeys(attributes) TYPE bloom_filter(0.02) GRANULARITY 1",
    "INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX by_received received TYPE minmax GRANULARITY 1",
)
"""A Bloom filter a block: a fifth of the size of a text index, and fast enough (bench/logs.py)."""

LOG_INDICES_2 = ("INDEX by_trigram lower(body) TYPE ngrambf_v1(3, 16384, 2, 0) GRANULARITY 1",)
"""What finds text inside words, half a byte a line; by four letters it would be four bytes."""

LOG_NUMBERS = "arrayStringConcat(extractAll(body, '[0-9]{6,}'), ' ')"
"""SQL of a line's long numbers; a condition must repeat it for the index to help."""

LOG_INDICES_3 = (f"INDEX by_digits {LOG_NUMBERS} TYPE ngrambf_v1(6, 16384, 1, 0) GRANULARITY 1",)
"""What finds digits inside a number, of which every block has all triples: by six of them."""

LOGS_2 = replace(
    LOGS_1,
    columns=(*LOGS_1.columns, *LOG_COLUMNS_2, LOG_PATTERN),
    indices=LOG_INDICES_1,
)
"""As the step "search of logs" left it."""

LOGS = replace(
    LOGS_2,
    indices=(*LOG_INDICES_1, *LOG_INDICES_2, *LOG_INDICES_3),
    settings=MAPS_BY_KEY,
)

LOGS_1M = Table(
    name="logs_1m",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="bucket", type="DateTime('UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="severity", type=_TEXT),
        Column(name="service", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="host", type=_TEXT),
        Column(name="release", type=_TEXT),
        Column(name="source", type=_TEXT),
        Column(name="lines", type="SimpleAggregateFunction(sum, UInt64)"),
    ),
    engine="AggregatingMergeTree",
    partition_by="toYYYYMMDD(bucket)",
    order_by=(
        "project_id",
        "bucket",
        "severity",
        "service",
        "environment",
        "host",
        "release",
        "source",
    ),
    ttl_column="bucket",
    ttl_days=7,
    person=(),
)
"""Lines a minute."""

LOGS_1H = replace(LOGS_1M, name="logs_1h")
"""The same by hour: a tenth of the rows, where a range holds whole hours."""

LOG_PATTERNS = Table(
    name="log_patterns",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="bucket", type="DateTime('UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="pattern", type="UInt64", codec="ZSTD(1)"),
        Column(name="severity", type=_TEXT),
        Column(name="service", type=_TEXT),
        Column(name="lines", type="SimpleAggregateFunction(sum, UInt64)"),
        Column(
            name="first", type="SimpleAggregateFunction(min, DateTime64(3, 'UTC'))", codec="ZSTD(1)"
        ),
        Column(
            name="last", type="SimpleAggregateFunction(max, DateTime64(3, 'UTC'))", codec="ZSTD(1)"
        ),
        Column(name="template", type="SimpleAggregateFunction(any, String)", codec="ZSTD(3)"),
    ),
    engine="AggregatingMergeTree",
    partition_by="toYYYYMMDD(bucket)",
    order_by=("project_id", "bucket", "pattern", "severity", "service"),
    ttl_column="bucket",
    ttl_days=7,
    person=(),
)
"""Lines by pattern, five minutes at a time, with what the lines of a pattern have in common."""

LOGS_1M_VIEW = View(
    name="logs_1m_view",
    source="logs",
    target="logs_1m",
    select="""
SELECT project_id, toStartOfMinute(toDateTime(ts, 'UTC')) AS bucket, severity, service,
       environment, host, release, source, count() AS lines
FROM {source}
GROUP BY project_id, bucket, severity, service, environment, host, release, source
""",
)

LOGS_1H_VIEW = View(
    name="logs_1h_view",
    source="logs_1m",
    target="logs_1h",
    select="""
SELECT project_id, toStartOfHour(minutes.bucket) AS bucket, severity, service, environment, host,
       release, source, sum(minutes.lines) AS lines
FROM {source} AS minutes
GROUP BY project_id, bucket, severity, service, environment, host, release, source
""",
)
"""Of what the minutes get, which is little beside the lines."""

LOG_PATTERNS_VIEW = View(
    name="log_patterns_view",
    source="logs",
    target="log_patterns",
    select=f"""
SELECT project_id, bucket, pattern, severity, service, lines, first, last,
       {LOG_TEMPLATE.format(body="one")} AS template
FROM (
    SELECT project_id, toStartOfFiveMinutes(toDateTime(ts, 'UTC')) AS bucket, pattern, severity,
           service, count() AS lines, min(ts) AS first, max(ts) AS last, any(body) AS one
    FROM {{source}}
    GROUP BY project_id, bucket, pattern, severity, service
)
""",
)
