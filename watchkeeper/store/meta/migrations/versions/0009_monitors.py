"""scheduled jobs that check in"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('monitors',
    sa.Column('id', _ID, autoincrement=True, nullable=False),
    sa.Column('project_id', _ID, nullable=False),
    sa.Column('slug', sa.String(length=50), nullable=False),
    sa.Column('config', sa.Text(), nullable=False),
    sa.Column('created_ms', sa.BigInteger(), nullable=False),
    sa.Column('changed_ms', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name=op.f('fk_monitors_project_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_monitors')),
    sa.UniqueConstraint('project_id', 'slug', name=op.f('uq_monitors_project_id_slug'))
    )
    op.create_table('monitor_environments',
    sa.Column('id', _ID, autoincrement=True, nullable=False),
    sa.Column('monitor_id', _ID, nullable=False),
    sa.Column('environment', sa.String(length=250), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('last_ms', sa.BigInteger(), nullable=True),
    sa.Column('last_ok_ms', sa.BigInteger(), nullable=True),
    sa.Column('next_ms', sa.BigInteger(), nullable=True),
    sa.Column('run_id', sa.String(length=32), nullable=False),
    sa.Column('run_ms', sa.BigInteger(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['monitor_id'], ['monitors.id'], name=op.f('fk_monitor_environments_monitor_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_monitor_environments')),
    sa.UniqueConstraint('monitor_id', 'environment', name=op.f('uq_monitor_environments_monitor_id_environment'))
    )
