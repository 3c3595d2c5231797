"""series that each process counts, by metric"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('series_uses',
    sa.Column('lane', sa.String(length=64), nullable=False),
    sa.Column('project_id', _ID, nullable=False),
    sa.Column('metric', sa.String(length=500), nullable=False),
    sa.Column('series', sa.BigInteger(), nullable=False),
    sa.Column('folded', sa.BigInteger(), nullable=False),
    sa.Column('samples', sa.BigInteger(), nullable=False),
    sa.Column('label', sa.String(length=500), nullable=False),
    sa.Column('label_values', sa.BigInteger(), nullable=False),
    sa.Column('senders', sa.JSON(), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('lane', 'project_id', 'metric', name=op.f('pk_series_uses'))
    )
