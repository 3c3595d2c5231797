"""Tables around issues: comments, changes that can be taken back, searches, rules."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from watchkeeper.store.meta.shape import Id, Ms, id_column, metadata, ref_column

issue_comments = Table(
    "issue_comments",
    metadata,
    id_column(),
    ref_column("issue_id", "issues"),
    Column("at_ms", Ms, nullable=False),
    Column("edited_ms", Ms),
    Column("author", String(254), nullable=False),
    Column("text", Text, nullable=False),
)
issue_ignored_users = Table(
    # People seen since an issue was ignored until so many of them: each once, as 16 hex digits.
    "issue_ignored_users",
    metadata,
    Column("issue_id", Id, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("user_hash", String(16), primary_key=True),
)
issue_undos = Table(
    # What a change of people replaced, so that it can be taken back for a while.
    "issue_undos",
    metadata,
    id_column(),
    ref_column("project_id", "projects"),
    Column("at_ms", Ms, nullable=False, index=True),
    Column("actor", String(254), nullable=False),
    Column("facts", JSON, nullable=False),
)
issue_searches = Table(
    # Searches that people keep. user_id: whose; null: of the whole project.
    "issue_searches",
    metadata,
    id_column(),
    ref_column("project_id", "projects"),
    ref_column("user_id", "users", nullable=True),
    Column("name", String(100), nullable=False),
    Column("query", String(500), nullable=False),
    Column("sort", String(16), nullable=False),
    Column("is_default", Boolean, nullable=False, default=False),
    Column("created_by", String(254), nullable=False),
    Column("created_by_id", Id),
    Column("changed_ms", Ms, nullable=False),
)
severity_rules = Table(
    # The first rule that an event matches says how bad it is.
    "severity_rules",
    metadata,
    id_column(),
    ref_column("project_id", "projects"),
    Column("position", Integer, nullable=False),
    Column("query", String(500), nullable=False),
    Column("severity", String(16), nullable=False),
    UniqueConstraint("project_id", "position"),
)
