"""log queries: searches that are counted"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('log_queries',
    sa.Column('id', _ID, autoincrement=True, nullable=False),
    sa.Column('project_id', _ID, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('created_ms', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(length=254), nullable=False),
    sa.Column('matches', sa.BigInteger(), nullable=False),
    sa.Column('told_ms', sa.BigInteger(), nullable=False),
    sa.Column('counted_ms', sa.BigInteger(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name=op.f('fk_log_queries_project_id_projects'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_queries')),
    sa.UniqueConstraint('project_id', 'name', name=op.f('uq_log_queries_project_id_name'))
    )
    op.create_index(op.f('ix_log_queries_project_id'), 'log_queries', ['project_id'], unique=False)
