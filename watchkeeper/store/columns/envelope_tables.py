"""Tables of what Sentry's SDKs send beside errors, spans, logs and metrics."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.store.columns.table import Column, Table, View

_TEXT = "LowCardinality(String)"
_TIMES = (
    Column(name="ts", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
    Column(name="received", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
)

PROFILES = Table(
    name="profiles",
    columns=(
        Column(name="project_id", type="UInt32"),
        *_TIMES,
        Column(name="duration_ns", type="UInt64", codec="ZSTD(1)"),
        Column(name="profile_id", type="String", codec="ZSTD(1)"),
        Column(name="profiler_id", type="String", codec="ZSTD(1)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="span_id", type="String", codec="ZSTD(1)"),
        Column(name="transaction", type=_TEXT),
        Column(name="platform", type=_TEXT),
        Column(name="service", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="release", type=_TEXT),
        Column(name="host", type=_TEXT),
        Column(name="format", type=_TEXT),
        Column(name="payload", type="String", codec="ZSTD(3)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "ts"),
    indices=(
        "INDEX by_profile profile_id TYPE bloom_filter(0.01) GRANULARITY 1",
        "INDEX by_profiler profiler_id TYPE bloom_filter(0.01) GRANULARITY 1",
        "INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1",
    ),
    ttl_column="ts",
    ttl_days=14,
    person=(),
)
"""ts: when sampling began. profile_id: of the profile, or of one chunk of a continuous one, whose
profiler_id then joins the chunks with the spans that name it. format: sentry-1 (`profile`),
sentry-2 (`profile_chunk`), pprof. payload: as sent, scrubbed."""

SESSIONS = Table(
    name="sessions",
    columns=(
        Column(name="project_id", type="UInt32"),
        *_TIMES,
        Column(name="session_id", type="String", codec="ZSTD(1)"),
        Column(name="user_key", type="String", codec="ZSTD(1)"),
        Column(name="seq", type="UInt64", codec="ZSTD(1)"),
        Column(name="status", type=_TEXT),
        Column(name="duration_ms", type="UInt64", codec="ZSTD(1)"),
        Column(name="errors", type="UInt32", codec="ZSTD(1)"),
        Column(name="sessions", type="UInt32", codec="ZSTD(1)"),
        Column(name="errored", type="UInt32", codec="ZSTD(1)"),
        Column(name="abnormal", type="UInt32", codec="ZSTD(1)"),
        Column(name="crashed", type="UInt32", codec="ZSTD(1)"),
        Column(name="release", type=_TEXT),
        Column(name="environment", type=_TEXT),
    ),
    engine="ReplacingMergeTree(seq)",
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "release", "session_id"),
    ttl_column="ts",
    ttl_days=90,
    person=("user_key",),
)
"""Read with FINAL: a session's latest state stands for it. ts: when it began. A row that sums up
several has an id of its own; `sessions` of them, each at most one of errored, abnormal, crashed.
Crash-free sessions: `1 - sum(crashed) / sum(sessions)`."""

SESSION_PERSON = Column(name="user_key", type="String", codec="ZSTD(1)")
SESSION_STATES_1 = Table(
    name="session_states",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="received", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="session", type="UInt64"),
        Column(name="sessions", type="UInt32", codec="ZSTD(1)"),
        Column(name="errored", type="UInt32", codec="ZSTD(1)"),
        Column(name="abnormal", type="UInt32", codec="ZSTD(1)"),
        Column(name="crashed", type="UInt32", codec="ZSTD(1)"),
        Column(name="release", type=_TEXT),
        Column(name="environment", type=_TEXT),
    ),
    partition_by="toYYYYMMDD(received)",
    order_by=("project_id", "received"),
    ttl_column="received",
    ttl_days=3,
    impersonal="states of sessions without whose they are",
)
SESSION_STATES = replace(
    SESSION_STATES_1,
    columns=(*SESSION_STATES_1.columns, SESSION_PERSON),
    impersonal="",
    person=("user_key",),
)
"""Every state of the last days as it came: `sessions` keeps a session's latest alone, from which
nobody can tell when it first was what it is. session: a hash of release and session_id."""

_STATES = """
SELECT project_id, received, cityHash64(release, session_id) AS session, sessions, errored,
       abnormal, crashed, release, environment%s
FROM {source}
"""
SESSION_STATES_VIEW_1 = View(
    name="session_states_view",
    source="sessions",
    target="session_states",
    select=_STATES % "",
)
SESSION_STATES_VIEW = replace(SESSION_STATES_VIEW_1, select=_STATES % ", user_key")

_IDS = "AggregateFunction(uniqCombined64, UInt64)"
_PEOPLE = "AggregateFunction(uniqCombined64, String)"
_SUM = "SimpleAggregateFunction(sum, UInt64)"
SESSIONS_1H = Table(
    name="sessions_1h",
    columns=(
        Column(name="project_id", type="UInt32"),
        Column(name="release", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="bucket", type="DateTime('UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="summed", type=_SUM),
        Column(name="summed_errored", type=_SUM),
        Column(name="summed_abnormal", type=_SUM),
        Column(name="summed_crashed", type=_SUM),
        Column(name="seen", type=_IDS),
        Column(name="failed", type=_IDS),
        Column(name="unwell", type=_IDS),
        Column(name="broken", type=_IDS),
        Column(name="users", type=_PEOPLE),
        Column(name="crashed_users", type=_PEOPLE),
    ),
    engine="AggregatingMergeTree",
    partition_by="toYYYYMM(bucket)",
    order_by=("project_id", "release", "environment", "bucket"),
    ttl_column="bucket",
    ttl_days=90,
    impersonal="counts, made anew where a person is erased",
)
"""Sessions by the hour in which they began. The sums are of rows that sum up several; single ones
are sets of their ids, so that a session's later states change nothing but what it came to. Each set
holds those of the next: `seen` all, `failed` those with errors, `unwell` those that ended
abnormally or crashed, `broken` those that crashed."""

_IS_SUM = "startsWith(session_id, 'sum-')"
_SET = f"uniqCombined64StateIf(cityHash64(session_id), NOT {_IS_SUM}"
_PEOPLE_OF = "uniqCombined64StateIf(user_key, user_key != ''"
SESSIONS_1H_VIEW = View(
    name="sessions_1h_view",
    source="sessions",
    target="sessions_1h",
    select=f"""
SELECT project_id, release, environment, toStartOfHour(toDateTime(ts, 'UTC')) AS bucket,
       sumIf(sessions, {_IS_SUM}) AS summed, sumIf(errored, {_IS_SUM}) AS summed_errored,
       sumIf(abnormal, {_IS_SUM}) AS summed_abnormal, sumIf(crashed, {_IS_SUM}) AS summed_crashed,
       {_SET}) AS seen,
       {_SET} AND errored + abnormal + crashed > 0) AS failed,
       {_SET} AND abnormal + crashed > 0) AS unwell,
       {_SET} AND crashed > 0) AS broken,
       {_PEOPLE_OF}) AS users,
       {_PEOPLE_OF} AND crashed > 0) AS crashed_users
FROM {{source}}
GROUP BY project_id, release, environment, bucket
""",
)

CHECK_INS = Table(
    name="check_ins",
    columns=(
        Column(name="project_id", type="UInt32"),
        *_TIMES,
        Column(name="check_in_id", type="String", codec="ZSTD(1)"),
        Column(name="monitor", type=_TEXT),
        Column(name="status", type=_TEXT),
        Column(name="duration_ms", type="UInt64", codec="ZSTD(1)"),
        Column(name="environment", type=_TEXT),
        Column(name="release", type=_TEXT),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="config", type="String", codec="ZSTD(3)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "monitor", "ts"),
    ttl_column="ts",
    ttl_days=90,
    impersonal="runs of scheduled jobs",
)
"""A row a message: `in_progress` at first, then `ok` or `error` under the same check_in_id.
config: the monitor's schedule and margins as JSON, where the SDK tells them."""

FEEDBACK = Table(
    name="feedback",
    columns=(
        Column(name="project_id", type="UInt32"),
        *_TIMES,
        Column(name="feedback_id", type="String", codec="ZSTD(1)"),
        Column(name="event_id", type="String", codec="ZSTD(1)"),
        Column(name="replay_id", type="String", codec="ZSTD(1)"),
        Column(name="trace_id", type="String", codec="ZSTD(1)"),
        Column(name="name", type="String", codec="ZSTD(1)"),
        Column(name="email", type="String", codec="ZSTD(1)"),
        Column(name="message", type="String", codec="ZSTD(3)"),
        Column(name="url", type="String", codec="ZSTD(1)"),
        Column(name="source", type=_TEXT),
        Column(name="user_key", type="String", codec="ZSTD(1)"),
        Column(name="environment", type=_TEXT),
        Column(name="release", type=_TEXT),
        Column(name="payload", type="String", codec="ZSTD(3)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "ts"),
    ttl_column="ts",
    ttl_days=90,
    person=("user_key", "email", "name"),
)
"""What people write. event_id: the error that it is about. source: what showed the form."""

ATTACHMENTS = Table(
    name="attachments",
    columns=(
        Column(name="project_id", type="UInt32"),
        *_TIMES,
        Column(name="event_id", type="String", codec="ZSTD(1)"),
        Column(name="attachment_id", type="String", codec="ZSTD(1)"),
        Column(name="name", type="String", codec="ZSTD(1)"),
        Column(name="content_type", type=_TEXT),
        Column(name="type", type=_TEXT),
        Column(name="size_bytes", type="UInt64", codec="ZSTD(1)"),
        Column(name="user_key", type="String", codec="ZSTD(1)"),
        Column(name="blob", type="String", codec="ZSTD(1)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "event_id", "ts"),
    ttl_column="ts",
    ttl_days=30,
    person=("user_key",),
)
"""Files of events. ts: when received. type: Sentry's (`event.attachment`, `event.minidump`, …).
blob: its key in the store of blobs."""

REPLAYS = Table(
    name="replays",
    columns=(
        Column(name="project_id", type="UInt32"),
        *_TIMES,
        Column(name="replay_id", type="String", codec="ZSTD(1)"),
        Column(name="segment_id", type="UInt32", codec="ZSTD(1)"),
        Column(name="part", type=_TEXT),
        Column(name="started", type="DateTime64(3, 'UTC')", codec="DoubleDelta, ZSTD(1)"),
        Column(name="replay_type", type=_TEXT),
        Column(name="platform", type=_TEXT),
        Column(name="environment", type=_TEXT),
        Column(name="release", type=_TEXT),
        Column(name="user_key", type="String", codec="ZSTD(1)"),
        Column(name="urls", type="String", codec="ZSTD(1)"),
        Column(name="error_ids", type="String", codec="ZSTD(1)"),
        Column(name="trace_ids", type="String", codec="ZSTD(1)"),
        Column(name="payload", type="String", codec="ZSTD(3)"),
        Column(name="size_bytes", type="UInt64", codec="ZSTD(1)"),
        Column(name="unpacked_bytes", type="UInt64", codec="ZSTD(1)"),
        Column(name="blob", type="String", codec="ZSTD(1)"),
    ),
    partition_by="toYYYYMMDD(ts)",
    order_by=("project_id", "replay_id", "segment_id", "part"),
    indices=("INDEX by_time ts TYPE minmax GRANULARITY 1",),
    ttl_column="ts",
    ttl_days=30,
    person=("user_key",),
    together="replay_id",
)
"""part: `event` (what a segment is about: payload is its JSON, urls, error_ids and trace_ids are
JSON lists), `recording` (zlib of, or plain, rrweb's JSON) or `video`; the latter two in a blob."""

ENVELOPE_TABLES = (PROFILES, SESSIONS, CHECK_INS, FEEDBACK, ATTACHMENTS, REPLAYS)
"""What migration 5 makes."""
