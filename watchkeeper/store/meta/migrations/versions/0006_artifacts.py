"""releases, deploys and source maps"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = '0005'

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "artifact_chunks",
        sa.Column("org_id", _ID, nullable=False),
        sa.Column("checksum", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organisations.id"],
            name=op.f("fk_artifact_chunks_org_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "checksum", name=op.f("pk_artifact_chunks")),
    )
    op.create_index(
        op.f("ix_artifact_chunks_uploaded_ms"), "artifact_chunks", ["uploaded_ms"], unique=False
    )
    op.create_table(
        "artifact_bundles",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("checksum", sa.String(length=40), nullable=False),
        sa.Column("release", sa.String(length=250), nullable=False),
        sa.Column("dist", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("uploaded_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_artifact_bundles_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifact_bundles")),
        sa.UniqueConstraint(
            "project_id",
            "checksum",
            "release",
            "dist",
            name=op.f("uq_artifact_bundles_project_id_checksum_release_dist"),
        ),
    )
    op.create_index(
        "ix_artifact_bundles_release", "artifact_bundles", ["project_id", "release"], unique=False
    )
    op.create_index("ix_artifact_bundles_used", "artifact_bundles", ["used_ms"], unique=False)
    op.create_table(
        "deploys",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("deployment_id", sa.String(length=100), nullable=False),
        sa.Column("release", sa.String(length=250), nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_ms", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_deploys_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deploys")),
        sa.UniqueConstraint(
            "project_id", "deployment_id", name=op.f("uq_deploys_project_id_deployment_id")
        ),
    )
    op.create_index("ix_deploys_listing", "deploys", ["project_id", "started_ms"], unique=False)
    op.create_table(
        "releases",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("version", sa.String(length=250), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("started_ms", sa.BigInteger(), nullable=True),
        sa.Column("released_ms", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("ref", sa.String(length=250), nullable=False),
        sa.Column("commits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_releases_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("project_id", "version", name=op.f("uq_releases_project_id_version")),
    )
    op.create_index("ix_releases_listing", "releases", ["project_id", "created_ms"], unique=False)
    op.create_table(
        "artifact_files",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("bundle_id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("debug_id", sa.String(length=36), nullable=False),
        sa.Column("map_ref", sa.String(length=1000), nullable=False),
        sa.Column("blob_key", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_id"],
            ["artifact_bundles.id"],
            name=op.f("fk_artifact_files_bundle_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifact_files")),
    )
    op.create_index(
        op.f("ix_artifact_files_blob_key"), "artifact_files", ["blob_key"], unique=False
    )
    op.create_index(
        op.f("ix_artifact_files_bundle_id"), "artifact_files", ["bundle_id"], unique=False
    )
    op.create_index(
        "ix_artifact_files_debug_id", "artifact_files", ["project_id", "debug_id"], unique=False
    )
    op.create_index("ix_artifact_files_url", "artifact_files", ["project_id", "url"], unique=False)
    op.create_table(
        "release_commits",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("release_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("commit_id", sa.String(length=64), nullable=False),
        sa.Column("repository", sa.String(length=200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("author_email", sa.String(length=254), nullable=False),
        sa.Column("committed_ms", sa.BigInteger(), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["releases.id"],
            name=op.f("fk_release_commits_release_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_commits")),
        sa.UniqueConstraint(
            "release_id", "position", name=op.f("uq_release_commits_release_id_position")
        ),
    )
