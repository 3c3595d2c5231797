"""Every column table, as data. `migrations.py` turns it into DDL for either form of the engine."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.store.columns.envelope_tables import (
    ENVELOPE_TABLES,
    SESSION_STATES,
    SESSION_STATES_VIEW,
    SESSIONS_1H,
    SESSIONS_1H_VIEW,
)
from watchkeeper.store.columns.log_tables import (
    LOG_PATTERNS,
    LOG_PATTERNS_VIEW,
    LOGS,
    LOGS_1,
    LOGS_1H,
    LOGS_1H_VIEW,
    LOGS_1M,
    LOGS_1M_VIEW,
)
from watchkeeper.store.columns.table import FEW_MERGES, Column, Table, View
from watchkeeper.store.columns.trace_tables import (
    OPERATIONS_1D,
    OPERATIONS_1D_VIEW,
    TRACE_TABLES,
    TRACE_VIEWS,
)

SAMPLES = Table(
    name="samples",
    columns=(
        Column(name="project_id", type="UInt32", codec="ZSTD(1)"),
        Column(name="series_id", type="UInt64", codec="ZSTD(1)"),
        Column(name="ts", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        # The difference of two neighbours' bits is mostly zeros: a third less than ZSTD(3) alone.
        Column(name="value", type="Float64", codec="Delta(8), ZSTD(1)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "series_id", "ts"),
    ttl_column="ts",
    ttl_days=90,
    shard_by="series_id",
    of_series=True,
)

SERIES = Table(
    name="series",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="day", type="Date", codec="ZSTD(1)"),
        Column(name="metric", type="LowCardinality(String)"),
        Column(name="series_id", type="UInt64"),
        Column(name="labels", type="Map(LowCardinality(String), String)"),
    ),
    engine="ReplacingMergeTree",
    partition_by="day",
    order_by=("project_id", "metric", "series_id"),
    ttl_column="day",
    ttl_days=366,
    shard_by="series_id",
    person=("labels",),
)

HISTOGRAMS = Table(
    name="histograms",
    columns=(
        Column(name="project_id", type="UInt32", codec="ZSTD(1)"),
        Column(name="series_id", type="UInt64", codec="ZSTD(1)"),
        Column(name="ts", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="histogram", type="String", codec="ZSTD(3)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "series_id", "ts"),
    ttl_column="ts",
    ttl_days=90,
    shard_by="series_id",
    of_series=True,
)

EXEMPLARS = Table(
    name="exemplars",
    columns=(
        Column(name="project_id", type="UInt32", codec="ZSTD(1)"),
        Column(name="series_id", type="UInt64", codec="ZSTD(1)"),
        Column(name="ts", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="value", type="Float64", codec="ZSTD(1)"),
        Column(name="labels", type="Map(LowCardinality(String), String)", codec="ZSTD(3)"),
    ),
    engine="ReplacingMergeTree",
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "series_id", "ts", "value"),
    ttl_column="ts",
    ttl_days=30,
    shard_by="series_id",
    person=("labels",),
)

METADATA = Table(
    name="metric_metadata",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="metric", type="String"),
        Column(name="type", type="LowCardinality(String)"),
        Column(name="help", type="String"),
        Column(name="unit", type="LowCardinality(String)"),
        Column(name="seen", type="DateTime64(3, 'UTC')"),
    ),
    engine="ReplacingMergeTree(seen)",
    partition_by="tuple()",
    order_by=("project_id", "metric"),
    impersonal="names and help of metrics",
)

_ROLLUP_COLUMNS = (
    Column(name="project_id", type="UInt32", codec="ZSTD(1)"),
    Column(name="series_id", type="UInt64", codec="ZSTD(1)"),
    Column(name="bucket", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
    Column(name="samples", type="UInt32", codec="ZSTD(1)"),
    Column(name="sum", type="Float64", codec="ZSTD(3)"),
    Column(name="min", type="Float64", codec="ZSTD(3)"),
    Column(name="max", type="Float64", codec="ZSTD(3)"),
    Column(name="first", type="Float64", codec="ZSTD(3)"),
    Column(name="last", type="Float64", codec="ZSTD(3)"),
    Column(name="increase", type="Float64", codec="ZSTD(3)"),
    Column(name="version", type="UInt64", codec="ZSTD(1)"),
)

SAMPLES_1H = Table(
    name="samples_1h",
    columns=_ROLLUP_COLUMNS,
    engine="ReplacingMergeTree(version)",
    partition_by="toYYYYMMDD(bucket)",
    order_by=("project_id", "series_id", "bucket"),
    ttl_column="bucket",
    ttl_days=366,
    shard_by="series_id",
    of_series=True,
)

SAMPLES_1D = Table(
    name="samples_1d",
    columns=_ROLLUP_COLUMNS,
    engine="ReplacingMergeTree(version)",
    partition_by="toYYYYMM(bucket)",
    order_by=("project_id", "series_id", "bucket"),
    ttl_column="bucket",
    ttl_days=5 * 366,
    shard_by="series_id",
    of_series=True,
)

ERRORS_1 = Table(
    name="errors",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="grouping_hash", type="UInt64"),
        Column(name="ts", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="received", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="event_id", type="FixedString(32)", codec="ZSTD(1)"),
        Column(name="level", type="LowCardinality(String)"),
        Column(name="type", type="LowCardinality(String)"),
        Column(name="value", type="String", codec="ZSTD(3)"),
        Column(name="culprit", type="String", codec="ZSTD(3)"),
        Column(name="transaction", type="LowCardinality(String)"),
        Column(name="platform", type="LowCardinality(String)"),
        Column(name="environment", type="LowCardinality(String)"),
        Column(name="release", type="LowCardinality(String)"),
        Column(name="server_name", type="LowCardinality(String)"),
        Column(name="user_key", type="String", codec="ZSTD(1)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="span_id", type="String", codec="ZSTD(1)"),
        Column(name="handled", type="UInt8"),
        Column(name="tags", type="Map(LowCardinality(String), String)", codec="ZSTD(3)"),
        Column(name="payload", type="String", codec="ZSTD(3)"),
    ),
    partition_by="toYYYYMMDD(received)",
    order_by=("project_id", "grouping_hash", "ts"),
    indices=(
        "INDEX by_event event_id TYPE bloom_filter(0.01) GRANULARITY 1",
        "INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1",
    ),
    ttl_column="received",
    ttl_days=30,
    person=("user_key",),
)

ERROR_COLUMNS_2 = (
    Column(name="url", type="String", codec="ZSTD(3)"),
    Column(name="function", type="LowCardinality(String)"),
    Column(name="functions", type="String", codec="ZSTD(3)"),
    Column(name="user_email", type="String", codec="ZSTD(1)"),
    Column(name="user_name", type="String", codec="ZSTD(1)"),
    Column(name="user_ip", type="String", codec="ZSTD(1)"),
)
"""What the search of issues added to `errors`. function: the innermost own one; functions: all of
the stack, each between line feeds."""

ERROR_SEVERITY = Column(name="severity", type="LowCardinality(String)")
"""As the project's rules said when it came, else by its level; empty in rows from before it."""

ERROR_COLUMNS_3 = (
    Column(
        name="person",
        type="UInt64",
        codec="ZSTD(1)",
        default="if(user_key = '', 0, cityHash64(user_key))",
    ),
    Column(
        name="tag_pairs",
        type="Array(LowCardinality(String))",
        codec="ZSTD(1)",
        default="arrayMap((k, v) -> concat(k, '\\n', v), mapKeys(tags), mapValues(tags))",
    ),
)
"""What counting reads instead of the long columns, computed by the engine as events are inserted.

person: a hash of user_key, 0 for nobody. tag_pairs: name, line feed, value of each tag."""

ERRORS = replace(
    ERRORS_1,
    columns=(*ERRORS_1.columns, *ERROR_COLUMNS_2, ERROR_SEVERITY, *ERROR_COLUMNS_3),
    person=("user_key", "user_email", "user_name", "user_ip"),
)

ERRORS_1H = Table(
    name="errors_1h",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="grouping_hash", type="UInt64"),
        Column(name="bucket", type="DateTime('UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="level", type="LowCardinality(String)"),
        Column(name="environment", type="LowCardinality(String)"),
        Column(name="release", type="LowCardinality(String)"),
        Column(name="handled", type="UInt8"),
        Column(name="events", type="SimpleAggregateFunction(sum, UInt64)"),
        Column(name="users", type="AggregateFunction(uniqCombined64, Nullable(String))"),
    ),
    engine="AggregatingMergeTree",
    partition_by="toYYYYMMDD(bucket)",
    order_by=(
        "project_id",
        "grouping_hash",
        "bucket",
        "level",
        "environment",
        "release",
        "handled",
    ),
    ttl_column="bucket",
    ttl_days=90,
    impersonal="counts, made anew where a person is erased",
)

ERRORS_1D = replace(
    ERRORS_1H,
    name="errors_1d",
    columns=tuple(
        Column(name="day", type="Date", codec="ZSTD(1)") if column.name == "bucket" else column
        for column in ERRORS_1H.columns
    ),
    partition_by="toYYYYMM(day)",
    order_by=tuple("day" if name == "bucket" else name for name in ERRORS_1H.order_by),
    ttl_column="day",
    ttl_days=366,
)
"""The same by day: where an issue was seen at all is read from few parts."""

ERROR_TOTALS_1H = replace(
    ERRORS_1H,
    name="error_totals_1h",
    columns=tuple(each for each in ERRORS_1H.columns if each.name != "grouping_hash"),
    partition_by="toYYYYMM(bucket)",
    order_by=tuple(name for name in ERRORS_1H.order_by if name != "grouping_hash"),
    ttl_days=366,
)
"""The same of a whole project: a twentieth of the rows and more, and as few parts as months."""

_TEXT = "LowCardinality(String)"

SPANS = Table(
    name="spans",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="ts", type="DateTime64(9, 'UTC')", codec="Delta(8), ZSTD(1)"),
        Column(name="duration_ns", type="UInt64", codec="ZSTD(1)"),
        Column(name="received", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="span_id", type="String", codec="ZSTD(1)"),
        Column(name="parent_id", type="String", codec="ZSTD(1)"),
        Column(name="name", type=_TEXT),
        Column(name="kind", type=_TEXT),
        Column(name="op", type=_TEXT),
        Column(name="status", type=_TEXT),
        Column(name="status_message", type="String", codec="ZSTD(1)"),
        Column(name="service", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="release", type=_TEXT),
        Column(name="host", type=_TEXT),
        Column(name="is_entry", type="UInt8", codec="ZSTD(1)"),
        Column(name="route", type=_TEXT),
        Column(name="transaction", type=_TEXT),
        Column(name="http_method", type=_TEXT),
        Column(name="http_status", type="UInt16", codec="ZSTD(1)"),
        Column(name="db_system", type=_TEXT),
        Column(name="statement", type="String", codec="ZSTD(1)"),
        Column(name="user_key", type="String", codec="ZSTD(1)"),
        Column(name="session_id", type="String", codec="ZSTD(1)"),
        Column(name="attributes", type="Map(LowCardinality(String), String)", codec="ZSTD(1)"),
        Column(name="events", type="String", codec="ZSTD(1)"),
        Column(name="links", type="String", codec="ZSTD(1)"),
        Column(name="source", type=_TEXT),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "ts"),
    indices=(
        "INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1",
        "INDEX by_received received TYPE minmax GRANULARITY 1",
    ),
    ttl_column="ts",
    ttl_days=14,
    shard_by="cityHash64(trace_id)",
    settings=FEW_MERGES,
    person=("user_key",),
)

TRACES = Table(
    name="traces",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="day", type="Date", codec="ZSTD(1)"),
        Column(name="start", type="SimpleAggregateFunction(min, DateTime64(9, 'UTC'))"),
        Column(name="end", type="SimpleAggregateFunction(max, DateTime64(9, 'UTC'))"),
    ),
    engine="AggregatingMergeTree",
    partition_by="day",
    order_by=("project_id", "trace_id"),
    # Each part has a block in which the id could be: the filter tells which do not hold it.
    indices=("INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1",),
    ttl_column="day",
    ttl_days=14,
    shard_by="cityHash64(trace_id)",
    settings=FEW_MERGES,
    impersonal="when each trace was; the spans are erased",
)
"""When each trace was, so that it is found without its time. start, end: starts of its spans."""

FIRST_TABLES = (SAMPLES, SERIES, METADATA, SAMPLES_1H, SAMPLES_1D, ERRORS_1, ERRORS_1H, LOGS_1)
"""What migration 1 makes: a released step, so nothing joins it."""

TABLES = (
    *FIRST_TABLES[:-3],
    ERRORS,
    ERRORS_1H,
    ERRORS_1D,
    ERROR_TOTALS_1H,
    LOGS,
    HISTOGRAMS,
    EXEMPLARS,
    SPANS,
    TRACES,
    *ENVELOPE_TABLES,
    SESSION_STATES,
    SESSIONS_1H,
    *TRACE_TABLES,
    OPERATIONS_1D,
    LOGS_1M,
    LOGS_1H,
    LOG_PATTERNS,
)

ERRORS_1H_VIEW = View(
    name="errors_1h_view",
    source="errors",
    target="errors_1h",
    select="""
SELECT project_id, grouping_hash, toStartOfHour(toDateTime(ts, 'UTC')) AS bucket,
       level, environment, release, handled,
       count() AS events, uniqCombined64State(nullIf(user_key, '')) AS users
FROM {source}
GROUP BY project_id, grouping_hash, bucket, level, environment, release, handled
""",
)

ERRORS_1D_VIEW = View(
    name="errors_1d_view",
    source="errors",
    target="errors_1d",
    select="""
SELECT project_id, grouping_hash, toDate(ts, 'UTC') AS day,
       level, environment, release, handled,
       count() AS events, uniqCombined64State(nullIf(user_key, '')) AS users
FROM {source}
GROUP BY project_id, grouping_hash, day, level, environment, release, handled
""",
)

ERROR_TOTALS_1H_VIEW = View(
    name="error_totals_1h_view",
    source="errors",
    target="error_totals_1h",
    select="""
SELECT project_id, toStartOfHour(toDateTime(ts, 'UTC')) AS bucket,
       level, environment, release, handled,
       count() AS events, uniqCombined64State(nullIf(user_key, '')) AS users
FROM {source}
GROUP BY project_id, bucket, level, environment, release, handled
""",
)

TRACES_VIEW = View(
    name="traces_view",
    source="spans",
    target="traces",
    select="""
SELECT project_id, trace_id, toDate(ts, 'UTC') AS day, min(ts) AS start, max(ts) AS end
FROM {source}
GROUP BY project_id, trace_id, day
""",
)

FIRST_VIEWS = (ERRORS_1H_VIEW,)
"""What migration 1 makes."""

VIEWS = (
    *FIRST_VIEWS,
    ERRORS_1D_VIEW,
    ERROR_TOTALS_1H_VIEW,
    TRACES_VIEW,
    *TRACE_VIEWS,
    SESSION_STATES_VIEW,
    SESSIONS_1H_VIEW,
    OPERATIONS_1D_VIEW,
    LOGS_1M_VIEW,
    LOGS_1H_VIEW,
    LOG_PATTERNS_VIEW,
)
