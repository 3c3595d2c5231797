"""Every relational table. Times are Unix ms UTC; booleans are native; ids are integers from 1."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from watchkeeper.store.meta import issue_tables, monitor_tables, release_tables, shape
from watchkeeper.store.meta.shape import Id, Ms
from watchkeeper.store.meta.shape import id_column as _id
from watchkeeper.store.meta.shape import ref_column as _ref

metadata = shape.metadata

# Who

organisations = Table(
    "organisations",
    metadata,
    _id(),
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("created_ms", Ms, nullable=False),
)
projects = Table(
    # Ids are handed out by a counter (revisions: project_ids) and never again: rows of the column
    # store know a project by its number only.
    "projects",
    metadata,
    _id(),
    _ref("org_id", "organisations"),
    Column("slug", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("timezone", String(64), nullable=False, server_default="UTC"),
    Column("built_in", Boolean, nullable=False, default=False),
    Column("grouping_version", Integer, nullable=False, default=3),
    Column("settings", JSON, nullable=False, default=dict),
    Column("next_issue_number", Integer, nullable=False, default=1),
    Column("created_ms", Ms, nullable=False),
    UniqueConstraint("org_id", "slug"),
)
environments = Table(
    "environments",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("name", String(64), nullable=False),
    Column("first_seen_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "name"),
)
users = Table(
    "users",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("is_platform_admin", Boolean, nullable=False, default=False),
    Column("is_disabled", Boolean, nullable=False, default=False),
    Column("preferences", JSON, nullable=False, default=dict),
    Column("created_ms", Ms, nullable=False),
    sqlite_autoincrement=True,  # an id that a signed JWT may still name is never given out again
)
members = Table(
    "members",
    metadata,
    _id(),
    _ref("org_id", "organisations"),
    _ref("user_id", "users"),
    Column("role", Integer, nullable=False),
    Column("created_ms", Ms, nullable=False),
    UniqueConstraint("org_id", "user_id"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _ref("user_id", "users"),
    Column("csrf_token", String(64), nullable=False),
    Column("created_ms", Ms, nullable=False),
    Column("expires_ms", Ms, nullable=False, index=True),
    Column("user_agent", String(300), nullable=False, default=""),
)
api_tokens = Table(
    "api_tokens",
    metadata,
    _id(),
    _ref("org_id", "organisations"),
    _ref("project_id", "projects", nullable=True),
    _ref("user_id", "users", nullable=True),
    Column("name", String(200), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("prefix", String(12), nullable=False),
    Column("role", Integer, nullable=False),
    Column("created_ms", Ms, nullable=False),
    Column("expires_ms", Ms),
    Column("last_used_ms", Ms),
    Column("revoked_ms", Ms),
)
ingest_keys = Table(
    "ingest_keys",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("kind", String(8), nullable=False),  # public | server
    Column("key", String(32), nullable=False, unique=True),
    Column("label", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("allowed_origins", JSON, nullable=False, default=list),
    Column("created_ms", Ms, nullable=False),
    Column("last_used_ms", Ms),
)
one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(32), nullable=False),  # first_run
    Column("created_ms", Ms, nullable=False),
    Column("expires_ms", Ms, nullable=False),
    Column("used_ms", Ms),
)
audit_log = Table(
    "audit_log",
    metadata,
    _id(),
    _ref("org_id", "organisations", nullable=True),
    Column("at_ms", Ms, nullable=False, index=True),
    Column("actor", String(254), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(300), nullable=False, default=""),
    Column("facts", JSON, nullable=False, default=dict),
)
revisions = Table(
    # One row a thing that other processes watch (keys, rules, scrape); each change adds 1.
    "revisions",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False, default=0),
)
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("expires_ms", Ms, nullable=False),
)

# The road from spool to store

spool_offsets = Table(
    "spool_offsets",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("segment", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
)
spool_cuts = Table(
    # The cut that is being digested: written before its first insert, gone with the offset's move.
    "spool_cuts",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("segment", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
)
watermarks = Table(
    # Instants up to which something was called complete; no record digested later counts as older.
    "watermarks",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("at_ms", Ms, nullable=False),
)
dead_letters = Table(
    "dead_letters",
    metadata,
    _id(),
    Column("project_id", Id, nullable=False, index=True),
    Column("kind", Integer, nullable=False),
    Column("at_ms", Ms, nullable=False, index=True),
    Column("reason", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

# Issues

issues = Table(
    "issues",
    metadata,
    _id(),
    _ref("project_id", "projects", index=False),
    Column("number", Integer, nullable=False),
    Column("grouping_version", Integer, nullable=False),
    Column("title", String(300), nullable=False),
    Column("type", String(200), nullable=False),
    Column("value", Text, nullable=False),
    Column("culprit", String(300), nullable=False),
    Column("platform", String(32), nullable=False),
    Column("level", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("status", String(16), nullable=False),  # unresolved | resolved | ignored
    Column("is_regressed", Boolean, nullable=False, default=False),
    Column("is_handled", Boolean, nullable=False, default=True),
    Column("assignee_id", Id, ForeignKey("users.id", ondelete="SET NULL")),
    Column("first_seen_ms", Ms, nullable=False),
    Column("last_seen_ms", Ms, nullable=False),
    Column("events", BigInteger, nullable=False, default=0),
    Column("first_release", String(250), nullable=False, default=""),
    Column("last_release", String(250), nullable=False, default=""),
    Column("environment", String(64), nullable=False, default=""),
    Column("status_changed_ms", Ms, nullable=False),
    Column("severity_by", String(8), nullable=False, server_default="events"),  # | rule | person
    Column("resolution", JSON(none_as_null=True)),  # watchkeeper/issues/lapse.py reads it
    Column("ignoring", JSON(none_as_null=True)),  # the same
    Column("ignored_until_ms", Ms),
    Column("merged_into_id", Id),  # an issue that is shown as part of another one
    Column("merged_ms", Ms),
    UniqueConstraint("project_id", "number"),
    Index("ix_issues_listing", "project_id", "status", "last_seen_ms"),
)
issue_hashes = Table(
    "issue_hashes",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("grouping_hash", String(16), primary_key=True),  # 16 hex digits of the UInt64
    _ref("issue_id", "issues"),
    Column("home_issue_id", Id),  # whose it was before a merge
)
issue_activity = Table(
    "issue_activity",
    metadata,
    _id(),
    _ref("issue_id", "issues"),
    Column("at_ms", Ms, nullable=False),
    Column("actor", String(254), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("facts", JSON, nullable=False, default=dict),
)
seen_events = Table(
    # (project, event_id) is unique: the second arrival of an event is a counted duplicate.
    "seen_events",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("event_id", LargeBinary(16), primary_key=True),
    Column("day", Integer, nullable=False, index=True),
    sqlite_with_rowid=False,
)

# Metrics

scrape_configs = Table(
    # One prometheus.yml a project, as text, as its owner wrote it.
    "scrape_configs",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("source", Text, nullable=False),
    Column("changed_ms", Ms, nullable=False),
)

# Alerting

rule_files = Table(
    "rule_files",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("name", String(200), nullable=False),
    Column("source", Text, nullable=False),
    Column("origin", String(8), nullable=False),  # file | ui
    Column("changed_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "name"),
)
alert_states = Table(
    # One row an active or recently resolved alert of one rule.
    "alert_states",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("rule_key", String(64), nullable=False),  # hash of file, group, alert name, expression
    Column("fingerprint", String(16), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("annotations", JSON, nullable=False),
    Column("phase", String(16), nullable=False),  # pending | firing | resolved
    Column("value", Float, nullable=False),
    Column("active_ms", Ms, nullable=False),
    Column("fired_ms", Ms),
    Column("resolved_ms", Ms),
    Column("keep_firing_ms", Ms),
    Column("updated_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "rule_key", "fingerprint"),
)
alert_history = Table(
    "alert_history",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("at_ms", Ms, nullable=False, index=True),
    Column("rule_name", String(200), nullable=False),
    Column("fingerprint", String(16), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("phase", String(16), nullable=False),
    Column("value", Float, nullable=False),
)
signals = Table(
    # Written in the transaction of the change that caused it; claimed by conditional update.
    "signals",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("kind", String(32), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created_ms", Ms, nullable=False),
    Column("claimed_by", String(64)),
    Column("claimed_ms", Ms),
    Column("done_ms", Ms, index=True),
)
channels = Table(
    "channels",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("kind", String(32), nullable=False),  # webhook
    Column("name", String(200), nullable=False),
    Column("options", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("created_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "name"),
)
deliveries = Table(
    # Every attempt to tell somebody, with its outcome; also the queue of what is still to be sent.
    "deliveries",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    _ref("channel_id", "channels"),
    Column("group_key", String(300), nullable=False),
    Column("status", String(16), nullable=False),  # firing | resolved
    Column("payload", JSON, nullable=False),
    Column("state", String(16), nullable=False, index=True),  # waiting | sending | sent | failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_ms", Ms, nullable=False),
    Column("claimed_by", String(64)),
    Column("last_error", Text, nullable=False, default=""),
    Column("created_ms", Ms, nullable=False),
    Column("sent_ms", Ms),
)

# What was refused, for the setup page and Data health

rejections = Table(
    "rejections",
    metadata,
    _id(),
    Column("project_id", Id, nullable=False, index=True),  # 0: the project is unknown
    Column("at_ms", Ms, nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(300), nullable=False),
    Column("status", Integer, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("sender", String(200), nullable=False, default=""),
)

# Metrics of jobs that end: kept until deleted

pushed_groups = Table(
    "pushed_groups",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("grouping_key", String(64), nullable=False),  # hash of the labels
    Column("labels", JSON, nullable=False),
    Column("families", LargeBinary, nullable=False),
    Column("pushed_ms", Ms, nullable=False),
    Column("failed_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "grouping_key"),
)

# Series that each process counts, for the limits and the page about them

series_uses = Table(
    "series_uses",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("project_id", Id, primary_key=True, autoincrement=False),
    Column("metric", String(500), primary_key=True),  # empty: all of the project
    Column("series", BigInteger, nullable=False),
    Column("folded", BigInteger, nullable=False),
    Column("samples", BigInteger, nullable=False),
    Column("label", String(500), nullable=False),
    Column("label_values", BigInteger, nullable=False),
    Column("senders", JSON, nullable=False),
    Column("at_ms", Ms, nullable=False),
)

# How slow the endpoints of each project may be

latency_budgets = Table(
    "latency_budgets",
    metadata,
    Column("project_id", Id, primary_key=True, autoincrement=False),
    Column("preset", String(16), nullable=False),  # a preset's name, or own
    Column("stat", String(8), nullable=False),
    Column("limit_ms", Integer, nullable=False),
    Column("for_minutes", Integer, nullable=False),
    Column("satisfied_ms", Integer, nullable=False),
    Column("slow_query_ms", Integer, nullable=False),
    Column("changed_ms", Ms, nullable=False),
)
# Releases, deploys and source maps

releases = release_tables.releases
release_commits = release_tables.release_commits
deploys = release_tables.deploys
artifact_chunks = release_tables.artifact_chunks
artifact_bundles = release_tables.artifact_bundles
artifact_files = release_tables.artifact_files

# Scheduled jobs that check in

monitors = monitor_tables.monitors
monitor_environments = monitor_tables.monitor_environments

# Around issues

issue_comments = issue_tables.issue_comments
issue_ignored_users = issue_tables.issue_ignored_users
issue_undos = issue_tables.issue_undos
issue_searches = issue_tables.issue_searches
severity_rules = issue_tables.severity_rules
# Searches of logs that are counted, so that a rule can alert on them

log_queries = Table(
    "log_queries",
    metadata,
    _id(),
    _ref("project_id", "projects"),
    Column("name", String(100), nullable=False),
    Column("query", Text, nullable=False),
    Column("created_ms", Ms, nullable=False),
    Column("created_by", String(254), nullable=False),
    Column("matches", BigInteger, nullable=False),
    Column("told_ms", Ms, nullable=False),  # newest sample
    Column("counted_ms", Ms, nullable=False),
    Column("error", Text, nullable=False),
    UniqueConstraint("project_id", "name"),
)
