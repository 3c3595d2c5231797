"""Executed by Alembic for every command; the connection comes from `migrate.alembic_config`."""

from alembic import context

from watchkeeper.store.meta.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
