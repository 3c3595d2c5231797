"""Tables of releases, deploys and source maps."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from watchkeeper.store.meta.shape import Id, Ms, id_column, metadata, ref_column

# Releases: what was built, what it was made of, where it went

releases = Table(
    # One version of one project's code; made by tools, or by the first record that names it.
    "releases",
    metadata,
    id_column(),
    ref_column("project_id", "projects", index=False),
    Column("version", String(250), nullable=False),
    Column("created_ms", Ms, nullable=False),
    Column("first_seen_ms", Ms),  # of its records; empty: none came yet
    Column("last_seen_ms", Ms),
    Column("started_ms", Ms),
    Column("released_ms", Ms),
    Column("url", String(1000), nullable=False),
    Column("ref", String(250), nullable=False),
    Column("commits", Integer, nullable=False),
    UniqueConstraint("project_id", "version"),
    Index("ix_releases_listing", "project_id", "created_ms"),
)
release_commits = Table(
    # position: 0 is the newest. files: [[path, A | M | D], …], empty if they were not sent.
    "release_commits",
    metadata,
    id_column(),
    ref_column("release_id", "releases", index=False),
    Column("position", Integer, nullable=False),
    Column("commit_id", String(64), nullable=False),
    Column("repository", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("author_name", String(200), nullable=False),
    Column("author_email", String(254), nullable=False),
    Column("committed_ms", Ms),
    Column("files", JSON, nullable=False, default=list),
    UniqueConstraint("release_id", "position"),
)
deploys = Table(
    "deploys",
    metadata,
    id_column(),
    ref_column("project_id", "projects", index=False),
    Column("deployment_id", String(100), nullable=False),  # ours is written if none was sent
    Column("release", String(250), nullable=False),
    Column("environment", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("status", String(16), nullable=False),  # started | in_progress | success | failure
    Column("started_ms", Ms, nullable=False),
    Column("finished_ms", Ms),
    Column("duration_ms", Ms),
    Column("url", String(1000), nullable=False),
    Column("created_ms", Ms, nullable=False),
    Column("updated_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "deployment_id"),
    Index("ix_deploys_listing", "project_id", "started_ms"),
)

# Source maps

artifact_chunks = Table(
    # Pieces of bundles on their way; the bytes are blobs. A piece is kept for a day.
    "artifact_chunks",
    metadata,
    Column("org_id", Id, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True),
    Column("checksum", String(40), primary_key=True),  # SHA-1 of the bytes
    Column("size_bytes", BigInteger, nullable=False),
    Column("uploaded_ms", Ms, nullable=False, index=True),
)
artifact_bundles = Table(
    # What was uploaded at once. checksum: SHA-1 of the whole; the same bundle is stored once.
    "artifact_bundles",
    metadata,
    id_column(),
    ref_column("project_id", "projects", index=False),
    Column("checksum", String(40), nullable=False),
    Column("release", String(250), nullable=False),
    Column("dist", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("files", Integer, nullable=False),
    Column("uploaded_ms", Ms, nullable=False),
    Column("used_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "checksum", "release", "dist"),
    Index("ix_artifact_bundles_release", "project_id", "release"),
    Index("ix_artifact_bundles_used", "used_ms"),
)
artifact_files = Table(
    # One file of a bundle. map_ref: where a script says that its source map is.
    "artifact_files",
    metadata,
    id_column(),
    ref_column("bundle_id", "artifact_bundles"),
    Column("project_id", Id, nullable=False),
    Column("kind", String(32), nullable=False),  # source | minified_source | source_map | …
    Column("url", String(1000), nullable=False),
    Column("debug_id", String(36), nullable=False),
    Column("map_ref", String(1000), nullable=False),
    Column("blob_key", String(200), nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("headers", JSON, nullable=False, default=dict),
    Index("ix_artifact_files_debug_id", "project_id", "debug_id"),
    Index("ix_artifact_files_url", "project_id", "url"),
)
