"""how slow the endpoints of each project may be"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('latency_budgets',
    sa.Column('project_id', _ID, autoincrement=False, nullable=False),
    sa.Column('preset', sa.String(length=16), nullable=False),
    sa.Column('stat', sa.String(length=8), nullable=False),
    sa.Column('limit_ms', sa.Integer(), nullable=False),
    sa.Column('for_minutes', sa.Integer(), nullable=False),
    sa.Column('satisfied_ms', sa.Integer(), nullable=False),
    sa.Column('slow_query_ms', sa.Integer(), nullable=False),
    sa.Column('changed_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('project_id', name=op.f('pk_latency_budgets'))
    )
