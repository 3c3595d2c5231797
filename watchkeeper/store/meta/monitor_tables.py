"""Tables of scheduled jobs that check in."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint, text

from watchkeeper.store.meta.shape import Ms, id_column, metadata, ref_column

monitors = Table(
    # config: JSON as the job's SDK told it last; empty: nothing was told.
    "monitors",
    metadata,
    id_column(),
    ref_column("project_id", "projects", index=False),
    Column("slug", String(50), nullable=False),
    Column("config", Text, nullable=False),
    Column("created_ms", Ms, nullable=False),
    Column("changed_ms", Ms, nullable=False),
    UniqueConstraint("project_id", "slug"),
)
monitor_environments = Table(
    # Where a job stands in one environment. run_id, run_ms: of the run that goes on. incident_ms:
    # since when it has an open issue; pending: what is still to be done to that.
    "monitor_environments",
    metadata,
    id_column(),
    ref_column("monitor_id", "monitors", index=False),
    Column("environment", String(250), nullable=False),
    Column("status", String(16), nullable=False),
    Column("last_ms", Ms),
    Column("last_ok_ms", Ms),
    Column("next_ms", Ms),
    Column("run_id", String(32), nullable=False),
    Column("run_ms", Ms),
    Column("failures", Integer, nullable=False),
    Column("incident_ms", Ms),
    Column("incident_event", String(32), nullable=False, server_default=text("''")),
    Column("recoveries", Integer, nullable=False, server_default="0"),
    Column("pending", String(16), nullable=False, server_default=text("''")),
    Column("pending_ms", Ms, nullable=False, server_default="0"),
    UniqueConstraint("monitor_id", "environment"),
)
